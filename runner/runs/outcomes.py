"""How a run ended, for the history: by its record, or by GitHub's word where it left none. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from runner.blocks import runs_job
from runner.errors import ExitCode
from runner.github.answers import WorkflowJob
from runner.history import NO_RECORD, Entry, Outcome
from runner.record import Run, RunStatus
from runner.reports.text import clipped, one_line

# The history is read by every tick: the record has the whole story.
LONGEST_REASON = 200
# What GitHub says of a job that didn't come to its own end.
CANCELLED = ("cancelled", "stale")


def outcome_of(run: Run) -> Outcome:
    """``nodes`` with the most frequent status first, without those that an earlier run ran."""
    last = {node.unique_id: node for step in run.steps if not step.from_run for node in step.nodes}
    counts = Counter(node.status for node in last.values())
    return Outcome(
        status=run.status,
        reason=_brief(run.reason),
        started_at=run.started_at,
        finished_at=run.finished_at,
        preparation_seconds=run.preparation_seconds,
        execution_seconds=run.execution_seconds,
        steps=len(run.steps),
        nodes=dict(counts.most_common()),
        exit_code=run.exit_code,
    )


def entry_of(run: Run) -> Entry:
    """Of a run on one's own machine, which nobody planned: it was planned when it was asked for."""
    return Entry(
        run_id=run.run_id,
        job=run.job,
        environment=run.environment,
        trigger=run.trigger,
        cause=_brief(run.cause),
        planned_at=run.queued_at,
        actor=run.actor,
        commit=run.commit,
        branch=run.branch,
        rerun_of=run.rerun_of,
        outcome=outcome_of(run),
    )


def job_named(jobs: Iterable[WorkflowJob], leg: str) -> WorkflowJob | None:
    """The leg of a matrix that runs this job."""
    return next((job for job in jobs if runs_job(job.name, leg)), None)


def outcome_without_record(job: WorkflowJob | None) -> Outcome:
    """Of a leg whose machine left nothing; ``job`` is what GitHub says of it, None where nothing."""
    if job is None:
        return _never("cancelled", "cancelled before it began: GitHub lists no job for it")
    if not job.began:
        return _unbegun(job)
    if job.conclusion in CANCELLED:
        return _begun(job, "cancelled", "cancelled: it left no record", ExitCode.INTERRUPTED)
    if job.conclusion == "success":
        return _begun(job, "success", "its job succeeded, but left no record", ExitCode.SUCCESS)
    if job.conclusion == "timed_out":
        return _begun(job, "error", "GitHub stopped it at its time limit", ExitCode.TIMED_OUT)
    failed = next((step.name for step in job.steps if step.conclusion == "failure"), "")
    lost = f"{NO_RECORD} its step {one_line(failed)} failed" if failed else ""
    reason = lost or "the runner was lost: no record"
    return _begun(job, "error", reason, ExitCode.STEP_FAILED)


def _unbegun(job: WorkflowJob) -> Outcome:
    if job.conclusion in CANCELLED:
        return _never("cancelled", "cancelled before it began")
    if job.conclusion == "skipped":
        return _never("skipped", "the workflow skipped it")
    reason = "no machine took it: its runs_on, or a rule of its environment on GitHub"
    return Outcome(status="error", reason=reason, exit_code=int(ExitCode.STEP_FAILED))


def _never(status: Literal["cancelled", "skipped"], reason: str) -> Outcome:
    code = ExitCode.INTERRUPTED if status == "cancelled" else ExitCode.SUCCESS
    return Outcome(status=status, reason=reason, exit_code=int(code))


def _begun(job: WorkflowJob, status: RunStatus, reason: str, code: ExitCode) -> Outcome:
    return Outcome(
        status=status,
        reason=_brief(reason),
        started_at=job.started_at,
        finished_at=job.completed_at,
        exit_code=int(code),
    )


def _brief(text: str) -> str:
    return clipped(one_line(text), LONGEST_REASON)
