"""What a tick of the schedule starts: what fell due since the last one, and what it makes good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runner.durations import format_duration, spell_duration
from runner.history import History, Missed
from runner.history_readings import failures_in_a_row
from runner.model import Job, Schedule
from runner.schedule.cron import github_cron
from runner.schedule.due import CLOCK, Due, Window
from runner.schedule.fires import fires_within
from runner.triggers.plan import NotTriggered, Triggered, Verdict
from runner.triggers.rules import Objection


@dataclass(frozen=True, kw_only=True)
class Ticked:
    """``fired`` is the cron of the workflow that woke us; both mappings are by the job's name."""

    fired: str
    now: datetime
    history: History
    due: Mapping[str, Due]
    missed: Mapping[str, Missed]


def ticked(window: Window, history: History, fired: str, now: datetime) -> Ticked:
    """Of a job's missed times the newest is kept: it says the most."""
    missed = sorted(window.missed, key=lambda each: each.scheduled_for)
    return Ticked(
        fired=fired,
        now=now,
        history=history,
        due={each.job: each for each in window.due},
        missed={each.job: each for each in missed},
    )


def verdict(job: Job, tick: Ticked) -> Verdict:
    """Of a job that is enabled."""
    if not job.triggers.schedule:
        return NotTriggered(job=job.name, code="trigger", reason="it has no schedule")
    due = tick.due.get(job.name)
    objection = failing(job, tick.history) if due else _not_due(job, tick)
    if objection:
        code, why_not = objection
        return NotTriggered(job=job.name, code=code, reason=why_not)
    assert due is not None, "without an objection it is due"
    return Triggered(
        job=job.name,
        trigger="schedule",
        reason=_reason(job, due),
        scheduled_for=due.scheduled_for,
        late=due.late,
        coalesced=due.coalesced,
    )


def failing(job: Job, history: History) -> Objection | None:
    """Its ``disable_after``; never of what a person asks for."""
    if not job.disable_after:
        return None
    failures = failures_in_a_row(history, job.name)
    if failures < job.disable_after:
        return None
    return (
        "disabled_after",
        f"its last {failures} runs have failed, and `disable_after` is {job.disable_after}:"
        f" `dbt-gitops trigger {job.name}` starts it, and a success lets it run again",
    )


def without(window: Window, held_back: frozenset[str], now: datetime) -> Window:
    """What was due of these jobs, which have failed too often, is missed."""
    passed = tuple(
        Missed(job=each.job, scheduled_for=each.scheduled_for, noticed_at=now, why="disabled")
        for each in window.due
        if each.job in held_back
    )
    return replace(
        window,
        due=tuple(each for each in window.due if each.job not in held_back),
        missed=(*window.missed, *passed),
    )


def in_zone(job: Job, moment: datetime) -> datetime:
    """The moment in the zone of the schedule that fires then."""
    return next(_own(job, moment), moment)


def when(job: Job, moment: datetime) -> str:
    """``Mon 23 Nov 2026 04:00 CET``."""
    return f"{in_zone(job, moment):%a %d %b %Y %H:%M %Z}"


def how_late(late: timedelta) -> str:
    """``12m 05s late``; below a minute it is on time."""
    seconds = late.total_seconds()
    return f"{format_duration(seconds)} late" if seconds >= 60 else "on time"


def _own(job: Job, moment: datetime) -> Iterator[datetime]:
    """The moment as each schedule has it that fires then."""
    before = moment - timedelta(seconds=1)
    for schedule in job.triggers.schedule:
        yield from fires_within(schedule, before, moment)


def _reason(job: Job, due: Due) -> str:
    coalesced = ""
    if due.coalesced:
        times = "time" if due.coalesced == 1 else "times"
        coalesced = f"; stands for {due.coalesced} earlier {times} too"
    return f"scheduled for {when(job, due.scheduled_for)}, {how_late(due.late)}{coalesced}"


def _not_due(job: Job, tick: Ticked) -> Objection:
    missed = tick.missed.get(job.name)
    if missed:
        return "missed", missed_text(job, missed)
    mine = [one for one in job.triggers.schedule if _fires_it(one, tick.fired)]
    crons = ", ".join(schedule.cron for schedule in job.triggers.schedule)
    if not mine:
        return "schedule", f"{tick.fired} fired, and its schedule is {crons}"
    return _handled(job, mine, tick) or (
        "schedule",
        f"no time of its schedule has come since the last tick: {crons}",
    )


def missed_text(job: Job, missed: Missed) -> str:
    """Why a fire time started no run of its own."""
    scheduled = when(job, missed.scheduled_for)
    if missed.why == "coalesced":
        return f"{scheduled} was missed: a newer time of its schedule runs for it"
    if missed.why == "disabled":
        return f"{scheduled} passed by: its last runs have failed"
    late = format_duration((missed.noticed_at - missed.scheduled_for).total_seconds())
    grace = spell_duration(job.grace)
    return f"{scheduled} was missed: noticed {late} late, and its grace is {grace}"


def _handled(job: Job, schedules: list[Schedule], tick: Ticked) -> Objection | None:
    """By whom the newest time of the cron that fired was dealt with before."""
    span = (tick.now - job.grace, tick.now + CLOCK)
    latest = max((time for one in schedules for time in fires_within(one, *span)), default=None)
    if latest is None:
        return None
    for entry in tick.history.of(job.name):
        if entry.scheduled_for and entry.scheduled_for >= latest:
            return "handled", f"{when(job, latest)} is handled already by run {entry.run_id}"
    for missed in tick.history.missed:
        if missed.job == job.name and missed.scheduled_for == latest:
            return "handled", f"{missed_text(job, missed)}; that was noticed already"
    return None


def _fires_it(schedule: Schedule, fired: str) -> bool:
    return github_cron(schedule.cron) == " ".join(fired.split())
