"""One run of the history for a terminal: what it was, and all that its record says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from io import StringIO
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from runner.durations import format_duration
from runner.history import Entry
from runner.record import Run
from runner.reports.ended import nodes_text
from runner.reports.runs import status_of
from runner.reports.summary import LOG_WIDTH, STYLES, summary
from runner.reports.text import clean, clipped, one_line

# More than this nobody reads in a table's cell.
LONGEST = 500


@dataclass(frozen=True, kw_only=True)
class Found:
    """A run by its id: ``entry`` of the history, ``run`` its record; either may be missing, not both.

    ``endings`` are those of the runs that started it, each by its job, "" where it isn't known.
    ``place`` says where the record is, ``trouble`` why it can't be had, or says no end; ``page`` is on
    GitHub.
    """

    run_id: str
    entry: Entry | None = None
    run: Run | None = None
    endings: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    trouble: str = ""
    page: str = ""


def found_text(found: Found, stream: TextIO) -> str:
    """As wide and as colourful as ``stream`` is."""
    terminal = stream.isatty()
    console = Console(
        file=stream if terminal else StringIO(),
        width=None if terminal else LOG_WIDTH,
        highlight=False,
    )
    with console.capture() as captured:
        for part in _parts(found):
            console.print(part, soft_wrap=not isinstance(part, Table))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _parts(found: Found) -> Iterator[RenderableType]:
    facts = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    rows = {**(_of_entry(found.entry) if found.entry else {}), **_of_run(found.run)}
    rows["started by"] = _started_by(found)
    for name, value in {"run": found.run_id, **rows, "page": found.page}.items():
        if value:
            facts.add_row(name, Text(clipped(one_line(value), LONGEST)))
    yield facts
    if found.run and found.trouble:
        yield Text()
        yield Text(f"{found.trouble}, {found.place}")
    elif found.run:
        for note in found.run.notes:
            yield Text(f"note: {clean(note).strip()}", style="yellow")
        yield from summary(found.run, found.place)
    elif found.entry:
        yield Text()
        yield Text(f"{found.trouble}; this is what the history says")
        yield _verdict(found.entry)


def _of_entry(entry: Entry) -> dict[str, str]:
    late = f", {format_duration(entry.late_seconds)} late" if entry.late_seconds else ""
    scheduled = f"{_time(entry.scheduled_for)}{late}" if entry.scheduled_for else ""
    return {
        "job": f"{entry.job} in {entry.environment}",
        "target": "",
        "started by": "",
        "scheduled for": scheduled,
        "planned": _time(entry.planned_at),
        "waited": format_duration(entry.wait_seconds) if entry.wait_seconds else "",
        "began": "",
        "commit": f"{entry.commit[:7]} of {entry.branch}" if entry.commit else "",
        "nodes": nodes_text(entry.outcome) if entry.outcome else "",
    }


def _of_run(run: Run | None) -> dict[str, str]:
    """More of the same, from the record; it has the last word."""
    if run is None:
        return {}
    state, compared = run.deferred_to, run.compared_with
    return {
        "job": f"{run.job} in {run.environment}",
        "target": run.target or "",
        "started by": "",
        "commit": f"{run.commit[:7]} of {run.branch}" if run.commit else "",
        "began": _time(run.started_at),
        "deferred to": f"run {state.run_id} of commit {state.commit[:7]}" if state else "",
        "compared with": compared.how if compared else "",
        "schemas": ", ".join(run.schemas),
        "overrides": ", ".join(f"{name}: {value}" for name, value in run.overrides.items()),
        "versions": ", ".join(f"{name} {version}" for name, version in run.versions.items()),
    }


def _verdict(entry: Entry) -> Text:
    status = status_of(entry)
    text = Text(f"{entry.job}: {status}", style=f"bold {STYLES.get(status, '')}".strip())
    if entry.outcome is None:
        return text
    times = f" in {format_duration(entry.outcome.seconds)}" if entry.outcome.seconds else ""
    reason = f": {one_line(entry.outcome.reason)}" if entry.outcome.reason else ""
    return text.append(f"{times}{reason}", style="not bold default")


def _started_by(found: Found) -> str:
    """The jobs that it comes after, where it does; the account that passed that on says nothing."""
    told = found.run or found.entry
    assert told is not None, "one of them is there"
    if told.trigger == "job" and told.cause:
        return _after(found.endings) or told.cause
    who = f" by {told.actor}" if told.actor else ""
    return f"{told.trigger}{who}: {told.cause}" if told.cause else f"{told.trigger}{who}"


def _after(endings: Mapping[str, str]) -> str:
    """``after `ingest` (success) and `users` (error)``; "" where no ending is known."""
    if not any(endings.values()):
        return ""
    jobs = (f"`{job}`{f' ({ending})' if ending else ''}" for job, ending in endings.items())
    return f"after {' and '.join(jobs)}"


def _time(time: datetime) -> str:
    return f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
