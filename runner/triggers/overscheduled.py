"""Jobs that take longer than the pause between two of their times, as history knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from runner.durations import format_duration, spell_duration
from runner.history import History
from runner.history_readings import usual_seconds
from runner.model import Concurrency, Job
from runner.schedule.cron import MIN_GAP, smallest_gap
from runner.schedule.fires import next_fires

# Fire times of several schedules together that are looked at.
SAMPLE = 100
A_DAY = timedelta(days=1)
EFFECTS: dict[Concurrency, str] = {
    "replace": "a run that has to wait is replaced by the next",
    "queue": "its runs wait for each other, and ever longer",
    "cancel": "each run is cancelled by the next before it ends",
}


@dataclass(frozen=True, kw_only=True)
class OverScheduled:
    """``usual`` is what a run takes, ``gap`` the least time between two of its starts."""

    job: Job
    usual: timedelta
    gap: timedelta

    @property
    def what(self) -> str:
        minutes = self.gap // timedelta(minutes=1)
        gap = f"{minutes} minutes" if minutes <= 60 else spell_duration(self.gap)
        usual = format_duration(self.usual.total_seconds())
        return f"`{self.job.name}` usually takes {usual} and is scheduled every {gap}"

    @property
    def why(self) -> str:
        return EFFECTS[self.job.concurrency]

    @property
    def hint(self) -> str:
        return "slow the schedule down or speed the job up"

    def __str__(self) -> str:
        return f"{self.what}: {self.why}; {self.hint}"


def over_scheduled(jobs: Iterable[Job], history: History, now: datetime) -> Iterator[OverScheduled]:
    for job in jobs:
        if not job.triggers.schedule or not job.enabled:
            continue
        usual = timedelta(seconds=usual_seconds(history, job.name) or 0)
        least = _least(job)
        if usual <= least:
            continue
        exact = len(job.triggers.schedule) == 1 and least < A_DAY
        gap = least if exact else _sampled(job, now)
        if usual > gap:
            yield OverScheduled(job=job, usual=usual, gap=gap)


def _least(job: Job) -> timedelta:
    """No two of its times are closer; of one schedule within a day it is the gap itself."""
    schedules = job.triggers.schedule
    minutes = smallest_gap(schedules[0].cron) if len(schedules) == 1 else MIN_GAP
    return timedelta(minutes=minutes)


def _sampled(job: Job, now: datetime) -> timedelta:
    times = next_fires(job.triggers.schedule, now, SAMPLE)
    return min(later - earlier for earlier, later in pairwise(times))
