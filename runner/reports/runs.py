"""The runs of the history for a terminal: each in a row, and below what each job's say together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from io import StringIO
from typing import Literal, TextIO, TypeAlias

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from runner.durations import format_duration
from runner.history import Entry, Missed
from runner.record import FAILED_STATUSES
from runner.reports.columns import (
    BETWEEN,
    Column,
    fitting,
    numbers,
    table_of,
    width_of,
    with_short_names,
)
from runner.reports.ended import nodes_text
from runner.reports.figures import JobFigures
from runner.reports.summary import STYLES
from runner.reports.text import clipped, counted, one_line, short_id

UNFINISHED = "under way"
# Columns of a file or a pipe: nothing is ever as wide.
UNBOUNDED = 1000
# A machine's clock is not GitHub's; and what is late by less than this nobody notices.
LATE = 60
MISSED_SHOWN = 10
LONGEST_NAME = 40
LONGEST_REASON = 120
SHORTEST_REASON = 20
SPARKS = "▁▂▃▄▅▆▇█"
# A change of the usual time that is worth a colour.
SLOWER, FASTER = 0.25, -0.1
# Two forms of one time: the second where there is little room.
TIME, DAY = "planned", "day"
JOB, REASON = "job", "reason"


def runs(
    entries: Sequence[Entry],
    jobs: Sequence[JobFigures],
    missed: Sequence[Missed],
    now: datetime,
    width: int,
) -> Iterator[RenderableType]:
    """The parts, in order. ``width`` counts columns; 0 is as wide as it gets, for a file or a pipe."""
    if entries:
        yield _runs(entries, now, width)
    if jobs:
        yield Text()
        yield _jobs(jobs, width)
    if missed:
        yield Text()
        yield from _missed(missed)


def runs_text(
    entries: Sequence[Entry],
    jobs: Sequence[JobFigures],
    missed: Sequence[Missed],
    now: datetime,
    *,
    more: int,
    stream: TextIO,
) -> str:
    """As wide and as colourful as ``stream`` is; ``more`` counts the runs that aren't among these."""
    terminal = stream.isatty()
    width = shutil.get_terminal_size().columns if terminal else 0
    console = Console(
        file=stream if terminal else StringIO(),
        width=width or UNBOUNDED,
        highlight=False,
        soft_wrap=True,
    )
    with console.capture() as captured:
        for part in runs(entries, jobs, missed, now, width):
            console.print(part)
        if more > 0:
            console.print(Text(f"\nand {counted(more, 'older run')}: --limit", style="dim"))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def status_of(entry: Entry) -> str:
    return entry.outcome.status if entry.outcome else UNFINISHED


def _runs(entries: Sequence[Entry], now: datetime, width: int) -> Table:
    columns = {
        name: Column(title=title, justify=justify, cells=[cell(each, now) for each in entries])
        for name, (title, justify, cell) in COLUMNS.items()
    }
    day, reason = columns.pop(DAY), columns.pop(REASON)
    shown = fitting(columns, width, ("environment", "commit", "preparation", "trigger", "wait"))
    if width and width_of(shown) > width:
        shown = [day if column is columns[TIME] else column for column in shown]
    shown = with_short_names(shown, JOB, width)
    room = width - width_of(shown) - BETWEEN if width else LONGEST_REASON
    if reason.known and room >= SHORTEST_REASON:
        cut = [Text(clipped(cell.plain, room)) for cell in reason.cells]
        shown.append(replace(reason, cells=cut))
    return table_of(shown)


def _jobs(jobs: Sequence[JobFigures], width: int) -> Table:
    columns = {
        JOB: Column(title=JOB, cells=[Text(_name(job.job)) for job in jobs]),
        "runs": numbers("runs", [Text(str(job.runs)) for job in jobs]),
        "success": numbers("success", [_rate(job.success_rate) for job in jobs]),
        "wait": numbers("wait", [_seconds(job.wait) for job in jobs]),
        "preparation": numbers("preparation", [_seconds(job.preparation) for job in jobs]),
        "execution": numbers("execution", [_seconds(job.execution) for job in jobs]),
        "trend": Column(title="trend", cells=[_trend(job) for job in jobs]),
    }
    shown = fitting(columns, width, ("preparation", "wait"))
    return table_of(with_short_names(shown, JOB, width))


def _missed(missed: Sequence[Missed]) -> Iterator[RenderableType]:
    shown = missed[:MISSED_SHOWN]
    yield table_of(
        [
            Column(title="missed, UTC", cells=[Text(_time(each.scheduled_for)) for each in shown]),
            Column(title=JOB, cells=[Text(_name(each.job)) for each in shown]),
            Column(title="why", cells=[Text(WHYS[each.why]) for each in shown]),
        ]
    )
    if len(missed) > len(shown):
        yield Text(f"and {counted(len(missed) - len(shown), 'more fire time')}", style="dim")


def _status(entry: Entry, _now: datetime) -> Text:
    status = status_of(entry)
    return Text(status, style=STYLES.get(status, "bold"))


def _trigger(entry: Entry, _now: datetime) -> Text:
    text = Text(clipped(one_line(entry.trigger), LONGEST_NAME))
    if entry.late_seconds >= LATE:
        text.append(f" {format_duration(entry.late_seconds)} late", style="yellow")
    return text


def _wait(entry: Entry, now: datetime) -> Text:
    if entry.outcome is None:
        return Text(f"{format_duration(max(0.0, (now - entry.planned_at).total_seconds()))}…")
    return Text(format_duration(entry.wait_seconds) if entry.outcome.started_at else "")


def _preparation(entry: Entry, _now: datetime) -> Text:
    return _seconds(entry.outcome.preparation_seconds or None if entry.outcome else None)


def _execution(entry: Entry, _now: datetime) -> Text:
    return _seconds(entry.outcome.execution_seconds or None if entry.outcome else None)


def _nodes(entry: Entry, _now: datetime) -> Text:
    outcome = entry.outcome
    if outcome is None:
        return Text()
    failed = bool(FAILED_STATUSES & outcome.nodes.keys())
    return Text(nodes_text(outcome), style="red" if failed else "")


def _reason(entry: Entry, _now: datetime) -> Text:
    if entry.outcome is None or entry.outcome.status == "success":
        return Text()
    return Text(clipped(one_line(entry.outcome.reason), LONGEST_REASON))


def _rate(rate: float | None) -> Text:
    if rate is None:
        return Text()
    # Never 100 where one failed.
    return Text(
        f"{int(rate * 100)}%", style="" if rate == 1 else "yellow" if rate >= 0.5 else "red"
    )


def _trend(job: JobFigures) -> Text:
    text = Text(_sparkline(job.executions))
    if job.trend is not None:
        style = "red" if job.trend >= SLOWER else "green" if job.trend <= FASTER else ""
        text.append(f" {job.trend:+.0%}", style=style)
    return text


def _sparkline(values: Sequence[float]) -> str:
    """From nothing to the longest: bars from a base that isn't 0 would make noise into a change."""
    longest = max(values, default=0.0)
    if len(values) < 2 or not longest:
        return ""
    return "".join(SPARKS[round(value / longest * (len(SPARKS) - 1))] for value in values)


def _seconds(seconds: float | None) -> Text:
    return Text("" if seconds is None else format_duration(seconds))


def _time(time: datetime) -> str:
    return f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M}"


def _name(name: str) -> str:
    return clipped(one_line(name), LONGEST_NAME)


WHYS = {
    "late": "late: noticed after the job's grace",
    "coalesced": "coalesced: a newer one ran instead",
    "disabled": "disabled: the job had failed too often",
}
Cell: TypeAlias = Callable[[Entry, datetime], Text]
COLUMNS: Mapping[str, tuple[str, Literal["left", "right"], Cell]] = {
    "run": ("run", "left", lambda entry, _: Text(short_id(entry.run_id), style="cyan")),
    TIME: ("planned, UTC", "left", lambda entry, _: Text(_time(entry.planned_at))),
    DAY: ("UTC", "left", lambda entry, _: Text(_time(entry.planned_at)[len("2026-") :])),
    JOB: (JOB, "left", lambda entry, _: Text(_name(entry.job))),
    "status": ("status", "left", _status),
    "trigger": ("trigger", "left", _trigger),
    "commit": ("commit", "left", lambda entry, _: Text(one_line(entry.commit)[:7])),
    "environment": ("environment", "left", lambda entry, _: Text(_name(entry.environment))),
    "wait": ("wait", "right", _wait),
    "preparation": ("preparation", "right", _preparation),
    "execution": ("execution", "right", _execution),
    "nodes": ("nodes", "left", _nodes),
    REASON: ("reason", "left", _reason),
}
