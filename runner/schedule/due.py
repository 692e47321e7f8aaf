"""Which scheduled jobs are due: every fire time since the last tick that the history knows of.

A window and never the cron that GitHub says it fired, because GitHub is late and drops ticks. Of
several times of one job the newest runs; the others are said to be missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from runner.history import History, Missed, MissedWhy
from runner.history_changes import MISSED
from runner.model import Job
from runner.schedule.cron import github_cron
from runner.schedule.fires import fires_within

# A runner's clock may be behind GitHub's.
CLOCK = timedelta(seconds=60)
# How far back fire times are looked for one by one; GitHub ends schedules of 60 idle days.
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Due:
    """A job to run for its newest fire time, which also stands for ``coalesced`` earlier ones."""

    job: str
    scheduled_for: datetime
    late: timedelta
    coalesced: int = 0


@dataclass(frozen=True, kw_only=True)
class Window:
    """What one tick finds, and what the history has to know afterwards.

    ``schedules`` has each scheduled job with its crons and zones.
    """

    due: tuple[Due, ...]
    missed: tuple[Missed, ...]
    handled_until: datetime
    schedules: dict[str, str]


def due(jobs: Iterable[Job], history: History | None, now: datetime, fired: str) -> Window:
    """Which of these jobs to run at ``now``, when GitHub says that it fired the cron ``fired``.

    A job that the history doesn't know, or with another schedule, has no window yet: only ``fired``
    can start it, and it has one from then on. ``fired`` is "" where no schedule started this.
    """
    history = history or History()
    scheduled = [job for job in jobs if job.triggers.schedule]
    found = [(job, _times(job, history, now, fired)) for job in scheduled if job.enabled]
    until = now + CLOCK
    return Window(
        due=tuple(each for job, times in found if (each := _due(job, times, now))),
        missed=tuple(each for job, times in found for each in _missed(job, times, now)),
        handled_until=max(until, history.handled_until or until),
        # Of disabled jobs too: once they are enabled, what passed by meanwhile has passed.
        schedules={job.name: fingerprint(job) for job in scheduled},
    )


def fingerprint(job: Job) -> str:
    """A job's crons and zones, in any order: text that changes when its fire times do."""
    return ", ".join(sorted(f"{each.cron} {each.timezone}" for each in job.triggers.schedule))


def _times(job: Job, history: History, now: datetime, fired: str) -> list[datetime]:
    """The fire times that nothing has dealt with yet, in UTC, earliest first."""
    after, until = history.handled_until, now + CLOCK
    if after is not None and history.schedules.get(job.name) == fingerprint(job):
        times = _fires(job, max(after, until - LOOK_BACK), until)
    else:
        # The moment that its grace ends is still in time.
        times = _fires(job, now - job.grace - timedelta.resolution, until, fired)[-1:]
    # Its schedule may have changed after this time was dealt with, or been away for a while.
    ran = max(
        (each for entry in history.of(job.name) if (each := entry.scheduled_for)), default=None
    )
    return [time for time in times if ran is None or time > ran]


def _fires(job: Job, after: datetime, until: datetime, fired: str | None = None) -> list[datetime]:
    times: set[datetime] = set()
    for schedule in job.triggers.schedule:
        if fired is None or github_cron(schedule.cron) == " ".join(fired.split()):
            fires = fires_within(schedule, after, until)
            times.update(time.astimezone(timezone.utc) for time in fires)
    return sorted(times)


def _due(job: Job, times: list[datetime], now: datetime) -> Due | None:
    if not times or now - times[-1] > job.grace:
        return None
    late = max(timedelta(0), now - times[-1])
    return Due(job=job.name, scheduled_for=times[-1], late=late, coalesced=len(times) - 1)


def _missed(job: Job, times: list[datetime], now: datetime) -> list[Missed]:
    """The times that start no run of their own, no more of them than a history keeps."""
    runs = _due(job, times, now) is not None
    why: MissedWhy = "coalesced" if runs else "late"
    return [
        Missed(job=job.name, scheduled_for=time, noticed_at=now, why=why)
        for time in (times[:-1] if runs else times)[-MISSED:]
    ]
