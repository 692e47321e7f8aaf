"""What a job does, for people and programs: as text, markdown and JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone

from runner.config.text import printable
from runner.github.fence import defused
from runner.reports.markdown import bullets, code, document, escape, fence, prose, table
from runner.reports.plan import defused_json
from runner.reports.text import clipped

# Where a value is longer, the file is the better place to read it.
LONGEST_VALUE = 90


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A sentence in which `backticks` mark names; ``where`` is ``file:line``, "" where nothing says so."""

    text: str
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """``key`` is its name in JSON."""

    key: str
    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, kw_only=True)
class Command:
    """``argv`` begins with `dbt`; ``note`` says what it is for where the file doesn't have it."""

    argv: tuple[str, ...]
    note: str = ""
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Commands:
    """``when`` is "" for a run as it should be; ``names`` are what stands in angle brackets, and why."""

    commands: tuple[Command, ...]
    when: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Value:
    """A setting as it holds. ``instead_of`` are the places of what it has replaced, each with its layer."""

    key: str
    value: str
    source: str
    where: str = ""
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """``fires`` are the next times, each in the zone of its schedule."""

    job: str
    where: str
    description: str
    fires: tuple[datetime, ...]
    sections: tuple[Section, ...]
    runs: tuple[Commands, ...]
    values: tuple[Value, ...]


def as_text(explained: Explanation) -> str:
    return defused("\n".join(printable(line) for line in _lines(explained)))


def as_json(explained: Explanation) -> str:
    """For programs.

    ``{"job", "where", "description", "next": [{"local", "utc"}], "sections": {key: [{"text", "where"}]},
    "runs": [{"when", "commands": [{"argv", "note", "where"}], "names": {name: meaning}}], "values":
    [{"key", "value", "source", "where", "instead_of"}]}``. Times are ISO 8601, values YAML in one line.
    """
    content = {
        "job": explained.job,
        "where": explained.where,
        "description": explained.description,
        "next": [{"local": at.isoformat(), "utc": _utc(at).isoformat()} for at in explained.fires],
        "sections": {
            each.key: [asdict(fact) for fact in each.facts] for each in explained.sections
        },
        "runs": [asdict(each) for each in explained.runs],
        "values": [asdict(each) for each in explained.values],
    }
    return defused_json(json.dumps(content, indent=2, ensure_ascii=False))


def as_markdown(explained: Explanation) -> str:
    return document(
        [
            f"## {code(explained.job)}",
            escape(explained.where),
            prose(explained.description) if explained.description else "",
            *(part for section in explained.sections for part in _section(section, explained)),
            *(part for run in explained.runs for part in _run(run)),
            "### Where each value comes from",
            _table(explained.values),
        ]
    )


def _section(section: Section, explained: Explanation) -> Iterator[str]:
    yield f"### {escape(section.title)}"
    yield bullets(_bullet(fact) for fact in section.facts)
    if section.key == "schedule" and explained.fires:
        times = explained.fires
        rows = [(escape(_local(at)), escape(f"{_utc(at):%a %d %b %H:%M}")) for at in times]
        yield table(("next", "UTC"), rows, ["left", "left"])


def _run(run: Commands) -> Iterator[str]:
    yield f"### {escape(_title(run))}"
    yield fence("\n".join(shlex.join(each.argv) for each in run.commands), "sh")
    yield bullets(f"{code(name)}: {prose(why)}" for name, why in run.names.items())


def _table(values: Iterable[Value]) -> str:
    rows = [
        (code(each.key), code(each.value, LONGEST_VALUE), escape(_from(each))) for each in values
    ]
    return table(("key", "value", "from"), rows, ["left"] * 3)


def _lines(explained: Explanation) -> Iterator[str]:
    yield f"{explained.job} ({explained.where})"
    yield from (f"  {line}".rstrip() for line in explained.description.strip().splitlines())
    for section in explained.sections:
        yield from ("", section.title)
        yield from (f"  {fact.text} {_bracketed(fact.where)}".rstrip() for fact in section.facts)
        if section.key == "schedule":
            yield from (f"  next: {_in_both(at)}" for at in explained.fires)
    for run in explained.runs:
        yield from ("", _title(run), *_commands(run))
    yield from ("", "Where each value comes from")
    width = max(len(each.key) for each in explained.values)
    for value in explained.values:
        shown = clipped(value.value, LONGEST_VALUE)
        yield f"  {value.key:<{width}}  {shown}  ({_from(value)})"


def _commands(run: Commands) -> Iterator[str]:
    for each in run.commands:
        yield f"  {shlex.join(each.argv)}"
        remark = " ".join(part for part in (each.note, _bracketed(each.where)) if part)
        if remark:
            yield f"    {remark}"
    yield from (f"  {name}: {why}" for name, why in run.names.items())


def _title(run: Commands) -> str:
    return f"The commands {run.when}" if run.when else "The commands, with every flag"


def _bracketed(where: str) -> str:
    return f"[{where}]" if where else ""


def _bullet(fact: Fact) -> str:
    return f"{prose(fact.text)}{f' ({escape(fact.where)})' if fact.where else ''}"


def _from(value: Value) -> str:
    place = f"{value.source} {value.where}".strip()
    return f"{place}, instead of {', '.join(value.instead_of)}" if value.instead_of else place


def _utc(time: datetime) -> datetime:
    return time.astimezone(timezone.utc)


def _local(time: datetime) -> str:
    return f"{time:%a %d %b %Y %H:%M %Z}"


def _in_both(time: datetime) -> str:
    """``Mon 23 Nov 2026 04:17 EST (Mon 23 Nov 09:17 UTC)``."""
    there = _utc(time)
    return f"{_local(time)} ({there:%a %d %b %H:%M} UTC)" if time.utcoffset() else _local(time)
