"""What a plan starts, as the summary of its step on the page of the workflow's run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from runner.durations import format_duration
from runner.model import Job
from runner.reports.chains import chains
from runner.reports.markdown import bullets, code, details, document, escape, fence, prose, table
from runner.reports.plan import Planned, all_notes
from runner.reports.text import counted
from runner.schedule.fires import next_fires
from runner.triggers import Code, NotTriggered, Triggered
from runner.triggers.ticks import in_zone

# Of the jobs that aren't started, those that somebody may have expected.
SHOWN: frozenset[Code] = frozenset(
    {"missed", "handled", "disabled_after", "waits", "off-default", "depth", "override"}
)
# Rows of a table: a summary of more than a megabyte isn't shown at all.
MOST_ROWS = 300
HEADINGS = ("job", "why", "scheduled for", "late by", "next")


def plan_summary(planned: Planned, now: datetime) -> str:
    """Markdown that ends with a line's end."""
    plan = planned.plan
    jobs = _jobs(planned)
    expected = [each for each in plan.not_triggered if each.code in SHOWN]
    others = len(plan.not_triggered) - len(expected)
    parts = [
        f"### dbt: {counted(len(plan.triggered), 'job')} started",
        _started(plan.triggered, jobs, now),
        _not_started(expected),
        f"{counted(others, 'other job')} {'has' if others == 1 else 'have'} nothing to do here."
        if others
        else "",
        _warned(planned.warnings),
        bullets(prose(note) for note in all_notes(planned)),
        _chains(plan.triggered, jobs),
    ]
    return f"{document(parts)}\n"


def _jobs(planned: Planned) -> dict[str, Job]:
    files = (part.config for part in planned.parts if part.config)
    return {name: job for config in files for name, job in config.jobs.items()}


def _started(triggered: tuple[Triggered, ...], jobs: Mapping[str, Job], now: datetime) -> str:
    if not triggered:
        return ""
    rows = [_row(each, jobs[each.job], now) for each in triggered[:MOST_ROWS]]
    return document([table(HEADINGS, rows, ["left"] * 5), _more(len(triggered))])


def _row(each: Triggered, job: Job, now: datetime) -> tuple[str, ...]:
    scheduled = late = "–"
    if each.scheduled_for:
        scheduled = escape(f"{in_zone(job, each.scheduled_for):%a %d %b %H:%M %Z}")
        late = format_duration(each.late.total_seconds())
    following = next_fires(job.triggers.schedule, now, 1)
    next_time = escape(f"{following[0]:%a %d %b %H:%M %Z}") if following else "–"
    return code(job.name), prose(each.reason), scheduled, late, next_time


def _not_started(expected: list[NotTriggered]) -> str:
    if not expected:
        return ""
    rows = [(code(each.job), prose(each.reason)) for each in expected[:MOST_ROWS]]
    heading = ("not started", "why")
    return document([table(heading, rows, ["left", "left"]), _more(len(expected))])


def _more(count: int) -> str:
    return f"… and {count - MOST_ROWS:,} more" if count > MOST_ROWS else ""


def _warned(warnings: Iterable[str]) -> str:
    lines = [f"⚠️ {prose(warning)}" for warning in warnings]
    more = [_more(len(lines))] if len(lines) > MOST_ROWS else []
    return bullets([*lines[:MOST_ROWS], *more])


def _chains(triggered: tuple[Triggered, ...], jobs: Mapping[str, Job]) -> str:
    drawn = chains(jobs.values(), [each.job for each in triggered])
    return details("What they start when they end", fence(drawn, "mermaid")) if drawn else ""
