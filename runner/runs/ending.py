"""What has become of the runs that a workflow run has started: pure, from what they left and GitHub says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from runner.github.answers import WorkflowJob
from runner.history import Entry, Outcome
from runner.record import Run, RunStatus
from runner.runs.outcomes import job_named, outcome_of, outcome_without_record


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt of a workflow run, from 1, and when it began.

    ``jobs`` are its jobs by GitHub's word, which may list those of the attempt before that it hasn't
    run again.
    """

    number: int
    began: datetime
    jobs: Sequence[WorkflowJob] = ()

    def job_of(self, name: str) -> WorkflowJob | None:
        """The leg of this job, where this attempt has run it."""
        job = job_named(self.jobs, name)
        if job is None or self.number == 1:
            return job
        return job if job.started_at and job.started_at >= self.began else None


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An entry, which has the outcome now. ``lost`` where it left no record."""

    entry: Entry
    outcome: Outcome
    lost: bool = False

    @property
    def run_id(self) -> str:
        return self.entry.run_id

    @property
    def job(self) -> str:
        return self.entry.job

    @property
    def status(self) -> RunStatus:
        return self.outcome.status


def endings(
    entries: Sequence[Entry], records: Mapping[str, Run], attempt: Attempt
) -> tuple[tuple[Ended, ...], tuple[str, ...]]:
    """What has ended in this attempt, and why a record was passed over.

    ``entries`` are those of the workflow run, of all its attempts; ``records`` are by job. An attempt
    that was not planned anew, as after "Re-run failed jobs", has entries of its own.
    """
    ended: list[Ended] = []
    strange: list[str] = []
    for job in dict.fromkeys(entry.job for entry in entries):
        its = [entry for entry in entries if entry.job == job]
        told = _told(its, records[job], attempt) if job in records else None
        if job in records and told is None:
            strange.append(f"the record of `{job}` is of another run: {records[job].run_id}")
        if told:
            ended.append(told)
        if not told or told.entry.attempt != attempt.number:
            ended += _untold(its, attempt)
    return tuple(ended), tuple(strange)


def _told(entries: Sequence[Entry], record: Run, attempt: Attempt) -> Ended | None:
    """What its own record says of a run; None where the record belongs to none of these."""
    outcome = outcome_of(record)
    for entry in entries:
        again = f"{entry.run_id}-{attempt.number}"
        if record.run_id == entry.run_id:
            return Ended(entry=replace(entry, outcome=outcome), outcome=outcome)
        if record.run_id == again:
            if entry.attempt != attempt.number:
                entry = _again(entry, attempt)
            return Ended(entry=replace(entry, outcome=outcome), outcome=outcome)
    return None


def _untold(entries: Sequence[Entry], attempt: Attempt) -> list[Ended]:
    """What GitHub says of a run that has left nothing in this attempt."""
    job = attempt.job_of(entries[0].job)
    outcome = outcome_without_record(job)
    planned = [entry for entry in entries if entry.attempt == attempt.number]
    if not planned and job is not None:
        planned = [_again(min(entries, key=lambda entry: entry.attempt), attempt)]
    return [
        Ended(entry=replace(entry, outcome=outcome), outcome=outcome, lost=True)
        for entry in planned
        if entry.untold
    ]


def _again(entry: Entry, attempt: Attempt) -> Entry:
    """Of another attempt: it stands for no fire time of its own."""
    return replace(
        entry,
        run_id=f"{entry.run_id}-{attempt.number}",
        attempt=attempt.number,
        planned_at=attempt.began,
        scheduled_for=None,
        coalesced=0,
        outcome=None,
    )
