"""What starts each job of the jobs files, and when: as text and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from runner.config.text import printable
from runner.github.fence import defused
from runner.history import History
from runner.model import OVERRIDES, Config, Job
from runner.reports.plan import defused_json
from runner.reports.text import counted
from runner.schedule.due import Due, due
from runner.schedule.fires import next_fires
from runner.schedule.words import in_words
from runner.triggers.ticks import how_late, when

NEXT = 3


@dataclass(frozen=True, kw_only=True)
class Overview:
    """``history`` is what is at hand, None where there is none or none is known."""

    files: tuple[Config, ...]
    now: datetime
    history: History | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def as_text(overview: Overview) -> str:
    lines: list[str] = []
    for config in overview.files:
        lines.append(f"{config.path}: {counted(len(config.jobs), 'job')}")
        waits = _due(config, overview)
        for job in config.jobs.values():
            lines += [
                f"  {job.name}",
                *(f"    {line}" for line in _lines(job, waits.get(job.name), overview.now)),
            ]
    lines += [f"warning: {warning}" for warning in overview.warnings]
    lines += [f"note: {note}" for note in overview.notes]
    return defused("\n".join(printable(line) for line in lines))


def as_json(overview: Overview) -> str:
    """For programs.

    ``{"jobs": [{"job", "config", "enabled", "schedules": [{"cron", "timezone", "words"}], "next":
    [times], "pull_request": bool, "merge": bool, "after": [{"jobs", "on"}], "dispatch": {"overrides"} |
    null, "due": {"scheduled_for", "late", "coalesced"} | null}], "warnings": […], "notes": […]}``. Times
    are ISO 8601, each in the zone of its schedule; late is in seconds.
    """
    jobs = [
        _job(config, job, waits.get(job.name), overview.now)
        for config in overview.files
        for waits in [_due(config, overview)]
        for job in config.jobs.values()
    ]
    document = {"jobs": jobs, "warnings": overview.warnings, "notes": overview.notes}
    return defused_json(json.dumps(document, indent=2))


def _due(config: Config, overview: Overview) -> dict[str, Due]:
    """By what the history knows; without one nothing is said to be due."""
    window = due(config.jobs.values(), overview.history, overview.now, "")
    return {each.job: each for each in window.due}


def _lines(job: Job, waits: Due | None, now: datetime) -> Iterator[str]:
    if not job.enabled:
        yield "disabled: nothing starts it"
    for schedule in job.triggers.schedule:
        yield in_words(schedule)
    if job.triggers.schedule and job.enabled:
        times = next_fires(job.triggers.schedule, now, NEXT)
        yield f"next: {'; '.join(_in_both(time) for time in times)}"
    yield from _others(job)
    if waits:
        yield f"due now: scheduled for {when(job, waits.scheduled_for)}, {how_late(waits.late)}"


def _others(job: Job) -> Iterator[str]:
    triggers = job.triggers
    if triggers.pull_request:
        into = ", ".join(triggers.pull_request.branches) or "the default branch"
        yield f"pull requests into {into}"
    if triggers.merge:
        yield f"merges into {', '.join(triggers.merge.branches) or 'the default branch'}"
    for trigger in triggers.job:
        names = " and ".join(f"`{name}`" for name in trigger.names)
        yield f"after {names}: {' or '.join(trigger.on)}"
    if triggers.dispatch:
        allowed = triggers.dispatch.overrides
        may = ", ".join(allowed) if allowed else "nothing"
        yield f"by hand or the API, which may override {'everything' if allowed == OVERRIDES else may}"
    if not any((triggers.schedule, *_any(job))):
        yield "by hand alone: `dbt-gitops run`"


def _any(job: Job) -> tuple[object, ...]:
    triggers = job.triggers
    return triggers.pull_request, triggers.merge, triggers.job, triggers.dispatch


def _in_both(time: datetime) -> str:
    """``Mon 23 Nov 2026 04:17 EST (09:17 UTC)``; with the day where that is another one."""
    here, there = f"{time:%a %d %b %Y %H:%M %Z}", time.astimezone(timezone.utc)
    if time.utcoffset() == there.utcoffset():
        return here
    day = "" if there.date() == time.date() else f"{there:%a %d %b} "
    return f"{here} ({day}{there:%H:%M} UTC)"


def _job(config: Config, job: Job, waits: Due | None, now: datetime) -> dict[str, object]:
    triggers = job.triggers
    times = next_fires(triggers.schedule, now, NEXT) if job.enabled else ()
    return {
        "job": job.name,
        "config": str(config.path),
        "enabled": job.enabled,
        "schedules": [
            {"cron": each.cron, "timezone": each.timezone, "words": in_words(each)}
            for each in triggers.schedule
        ],
        "next": [time.isoformat() for time in times],
        "pull_request": triggers.pull_request is not None,
        "merge": triggers.merge is not None,
        "after": [{"jobs": each.names, "on": each.on} for each in triggers.job],
        "dispatch": {"overrides": triggers.dispatch.overrides} if triggers.dispatch else None,
        "due": {
            "scheduled_for": waits.scheduled_for.isoformat(),
            "late": waits.late.total_seconds(),
            "coalesced": waits.coalesced,
        }
        if waits
        else None,
    }
