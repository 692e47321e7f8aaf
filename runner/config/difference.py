"""What differs between two jobs files, as data: what is added, removed, or changed field by field."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from runner.config.widening import Widening, widenings
from runner.durations import spell_duration
from runner.model import (
    Config,
    Deferral,
    DispatchTrigger,
    Environment,
    Job,
    JobTrigger,
    Schedule,
    Triggers,
)
from runner.schedule.fires import next_fires
from runner.steps import Step

# Where the jobs file calls it otherwise than the model.
_KEYS = {"grace": "catch_up.grace"}
Kind = Literal["file", "environment", "job", "channel"]
FIRES_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """``field`` is a dotted name; ``before`` and ``after`` are YAML, None where there is no value."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing of the jobs file. ``name`` is "" of the file itself.

    The next fire times, in the schedule's zone, are there where a job's schedule changes.
    """

    kind: Kind
    name: str
    change: Literal["added", "removed", "changed"]
    fields: tuple[FieldChange, ...]
    fires_before: tuple[datetime, ...] = ()
    fires_after: tuple[datetime, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Difference:
    """``warnings`` are about what widens access, for those who review the change."""

    changes: tuple[Change, ...]
    warnings: tuple[Widening, ...]


def difference(base: Config | None, head: Config, now: datetime) -> Difference:
    """From base to head; None is no jobs file at all. ``now`` is aware: fire times come after it."""
    changes = [
        *_changes("file", _file(base) if base else {}, _file(head)),
        *_changes("environment", _flats(base, "environments"), _flats(head, "environments")),
        *_changes("channel", _flats(base, "notifications"), _flats(head, "notifications")),
        *_jobs(base, head, now),
    ]
    return Difference(changes=tuple(changes), warnings=tuple(widenings(base, head)))


def _jobs(base: Config | None, head: Config, now: datetime) -> Iterator[Change]:
    before: Mapping[str, Job] = base.jobs if base else {}
    for change in _changes("job", _flats(base, "jobs"), _flats(head, "jobs")):
        old, new = _schedules(before.get(change.name)), _schedules(head.jobs.get(change.name))
        unchanged = old == new
        yield Change(
            kind=change.kind,
            name=change.name,
            change=change.change,
            fields=change.fields,
            fires_before=() if unchanged else next_fires(old, now, FIRES_SHOWN),
            fires_after=() if unchanged else next_fires(new, now, FIRES_SHOWN),
        )


def _schedules(job: Job | None) -> tuple[Schedule, ...]:
    return job.triggers.schedule if job and job.enabled else ()


Flat = Mapping[str, str]


def _changes(kind: Kind, before: Mapping[str, Flat], after: Mapping[str, Flat]) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in before:
            told = _told(kind, after[name])
            yield Change(kind=kind, name=name, change="added", fields=tuple(_fields({}, told)))
        elif name not in after:
            told = _told(kind, before[name])
            yield Change(kind=kind, name=name, change="removed", fields=tuple(_fields(told, {})))
        elif changed := tuple(_fields(before[name], after[name])):
            yield Change(kind=kind, name=name, change="changed", fields=changed)


def _told(kind: Kind, flat: Flat) -> Flat:
    """What a whole thing is told by: all that isn't as it would be anyway."""
    return {name: text for name, text in flat.items() if _defaults(kind).get(name) != text}


@lru_cache(maxsize=4)
def _defaults(kind: Kind) -> Flat:
    nothing: Mapping[Kind, object] = {
        "job": Job(name="", environment="", steps=()),
        "environment": Environment(name=""),
    }
    return dict(_flat(_plain(nothing.get(kind, {}), Path())))


def _fields(before: Flat, after: Flat) -> Iterator[FieldChange]:
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old != new:
            yield FieldChange(field=name, before=old, after=new)


def _file(config: Config) -> dict[str, Flat]:
    """What the file says of itself, as the one thing without a name."""
    project = _plain(config.project, config.root)
    said = {"project": project, "state": config.state}
    for name in ("action", "run_slots", "watch", "rules"):
        if value := getattr(config, name):
            said[name] = _plain(value, config.root)
    return {"": dict(_flat(said))}


def _flats(config: Config | None, key: str) -> dict[str, Flat]:
    if config is None:
        return {}
    things: Mapping[str, object] = getattr(config, key)
    return {name: dict(_flat(_plain(each, config.root))) for name, each in things.items()}


def _flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Each (dotted name, YAML) of nested mappings; a list is one value."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, _yaml(value)


def _plain(value: object, root: Path) -> object:
    """The model in the words of the jobs file, without what isn't set. Paths start at its folder."""
    if isinstance(value, Deferral):
        return {"to": value.to.replace(" ", ":"), "on_missing": value.on_missing}
    if isinstance(value, Step):
        return value.text
    if isinstance(value, DispatchTrigger):
        return value == DispatchTrigger() or {"overrides": list(value.overrides)}
    if isinstance(value, JobTrigger):
        names: dict[str, object] = {"all_of": list(value.names)}
        named = {"name": value.names[0]} if len(value.names) == 1 else names
        return {**named, "on": list(value.on)}
    if isinstance(value, timedelta):
        return spell_duration(value)
    if isinstance(value, Path):
        return Path(os.path.relpath(value, root.resolve())).as_posix()
    if is_dataclass(value):
        given = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {
            _KEYS.get(name, name): _plain(inner, root)
            for name, inner in given
            if name != "name" and not _unset(inner)
        }
    if isinstance(value, Mapping):
        return {name: _plain(inner, root) for name, inner in value.items()}
    return [_plain(inner, root) for inner in value] if isinstance(value, (tuple, list)) else value


def _unset(value: object) -> bool:
    return value in (None, "", (), {}) or value == Triggers()


def _yaml(value: object) -> str:
    """One line of YAML."""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("...\n").strip()
