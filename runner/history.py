"""What was started and how it ended: what a schedule proves that it ran with.

One history is kept for a repository, in its state store. ``plan`` writes into it what it starts before
anything starts, and ``report`` how that ended. Times are aware datetimes in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from runner.record import RunStatus

# What a plan says of a run whose end it has waited for in vain.
LEFT_NO_WORD = "it left no word of its end"
# So begins the reason of a run that failed and left no record, as one does that was refused.
NO_RECORD = "no record:"
# Why a fire time started nothing of its own.
MissedWhy = Literal["late", "coalesced", "disabled"]
# So begins the reason of a run that ended at once in favour of a newer one, whose id follows.
REPLACED = "over-scheduled, replaced by"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended. ``started_at`` is None where it never began.

    ``nodes`` counts the nodes by dbt's status.
    """

    status: RunStatus
    reason: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    preparation_seconds: float = 0.0
    execution_seconds: float = 0.0
    steps: int = 0
    nodes: Mapping[str, int] = field(default_factory=dict)
    exit_code: int = 0

    @property
    def seconds(self) -> float:
        """From start to end; 0 where it never began."""
        if self.started_at is None or self.finished_at is None:
            return 0.0
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def replaced(self) -> bool:
        """Whether it left its work to a newer run."""
        return self.status == "cancelled" and self.reason.startswith(REPLACED)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One run of a job, from the moment that it was planned; ``outcome`` is None until it has ended.

    ``scheduled_for`` is the newest fire time that it stands for, None where no schedule started it,
    and ``coalesced`` counts the earlier ones. ``workflow_run`` is GitHub's id and ``attempt`` counts
    its attempts from 1; both are 0 on one's own machine. ``slot`` is one of the ``run_slots``, from 1.
    ``upstream`` names the runs whose ends started it, each by its job. ``rerun_of`` is the id of the run
    that it was asked to run again, "" without one.
    """

    run_id: str
    job: str
    environment: str
    trigger: str
    cause: str
    planned_at: datetime
    actor: str = ""
    commit: str = ""
    branch: str = ""
    scheduled_for: datetime | None = None
    coalesced: int = 0
    workflow_run: int = 0
    attempt: int = 0
    slot: int | None = None
    upstream: Mapping[str, str] = field(default_factory=dict)
    rerun_of: str = ""
    outcome: Outcome | None = None

    @property
    def untold(self) -> bool:
        """Whether nobody has said how it ended: it has no outcome, or only a plan's impatience."""
        return self.outcome is None or self.outcome.reason == LEFT_NO_WORD

    @property
    def rerun_in_vain(self) -> bool:
        """Whether it was to run another again and failed without a record: the other still can be."""
        outcome = self.outcome
        return bool(self.rerun_of and outcome and outcome.reason.startswith(NO_RECORD))

    @property
    def wait_seconds(self) -> float:
        """From the plan to the start; 0 where it hasn't begun."""
        if self.outcome is None or self.outcome.started_at is None:
            return 0.0
        return max(0.0, (self.outcome.started_at - self.planned_at).total_seconds())

    @property
    def late_seconds(self) -> float:
        """From the time of the schedule to the plan; 0 without one."""
        if self.scheduled_for is None:
            return 0.0
        return max(0.0, (self.planned_at - self.scheduled_for).total_seconds())


@dataclass(frozen=True, kw_only=True)
class Missed:
    """A fire time that started no run of its own.

    ``late``: older than the job's grace when it was noticed. ``coalesced``: a newer one ran instead.
    ``disabled``: the job had failed too often.
    """

    job: str
    scheduled_for: datetime
    noticed_at: datetime
    why: MissedWhy


@dataclass(frozen=True, kw_only=True)
class History:
    """``entries`` and ``missed`` are newest first.

    Every fire time until ``handled_until`` has been dealt with, of the jobs in ``schedules``, each
    with its schedule as it was then; None and empty before the first tick. ``waiting`` says, for each
    job that starts after several, which of them have ended since it last ran: name and run id.
    """

    entries: tuple[Entry, ...] = ()
    missed: tuple[Missed, ...] = ()
    handled_until: datetime | None = None
    schedules: Mapping[str, str] = field(default_factory=dict)
    waiting: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, job: str) -> tuple[Entry, ...]:
        """The entries of one job, newest first."""
        return self._of_jobs.get(job, ())

    def latest(self, job: str) -> Entry | None:
        """The run of a job that can be run again: the newest but for reruns in vain."""
        return next((entry for entry in self.of(job) if not entry.rerun_in_vain), None)

    @cached_property
    def on_github(self) -> bool:
        """Whether any of its runs is one of GitHub's."""
        return any(entry.workflow_run for entry in self.entries)

    @cached_property
    def _of_jobs(self) -> Mapping[str, tuple[Entry, ...]]:
        # A plan asks for each of a thousand jobs.
        jobs: dict[str, list[Entry]] = {}
        for entry in self.entries:
            jobs.setdefault(entry.job, []).append(entry)
        return {job: tuple(entries) for job, entries in jobs.items()}


def same_run(found: str, planned: str) -> bool:
    """Whether a run's id is the planned one, or of a later attempt at the same."""
    return bool(re.fullmatch(rf"{re.escape(planned)}(-\d+)?", found))
