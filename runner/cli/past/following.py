"""A workflow run that is followed from elsewhere, until a job of it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.blocks import runs_job
from runner.errors import ExitCode, GitHubFailed
from runner.github.answers import WorkflowJob, WorkflowRun

if TYPE_CHECKING:
    from runner.github.client import GitHub

COMPLETED = "completed"
# GitHub's words for what hasn't begun.
WAITING = {
    "queued": "queued: it waits for a machine",
    "requested": "queued: it waits for a machine",
    "pending": "it waits for its turn",
    "waiting": "it waits until its environment is approved",
}
CODES = {
    "success": ExitCode.SUCCESS,
    "skipped": ExitCode.SUCCESS,
    "cancelled": ExitCode.INTERRUPTED,
}


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds between two looks: at first, and at most; each is longer than the one before."""

    first: float = 2.0
    longest: float = 30.0
    growth: float = 1.3

    def after(self, seconds: float) -> float:
        return min(self.longest, seconds * self.growth)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """``status`` in GitHub's words, and why where that isn't plain."""

    status: str
    why: str = ""

    @property
    def exit_code(self) -> ExitCode:
        return CODES.get(self.status, ExitCode.STEP_FAILED)


def follow(
    github: GitHub, run_id: int, job: str, say: Callable[[str], None], pace: Pace | None = None
) -> Ended:
    """Says each change until the job has ended; two requests a look.

    Where it stops early, by Ctrl-C or as GitHub can't be reached, it says that the run goes on.
    """
    pace = pace or Pace()
    pause, said = pace.first, ""
    try:
        while True:
            run = github.run(run_id)
            jobs = list(github.actions.jobs(run_id, run.run_attempt))
            if ended := has_ended(run, jobs, job):
                return ended
            if (now := state_of(run, jobs, job)) != said:
                say(f"{job}: {now}")
                said = now
            time.sleep(pause)
            pause = pace.after(pause)
    except (KeyboardInterrupt, GitHubFailed):
        say(f"the run goes on without us; to end it: dbt-gitops cancel {run_id}")
        raise


def has_ended(run: WorkflowRun, jobs: Iterable[WorkflowJob], job: str) -> Ended | None:
    """How the job ended, None where it hasn't yet. The workflow's run may go on, to report."""
    legs = legs_of(jobs, job)
    if legs and all(leg.status == COMPLETED for leg in legs):
        statuses = [leg.conclusion or "failure" for leg in legs]
        bad = (each for each in statuses if CODES.get(each) is not ExitCode.SUCCESS)
        return Ended(status=next(bad, statuses[0]))
    if run.status != COMPLETED:
        return None
    if run.conclusion == "success":
        why = "the workflow's run ended without a run of it: its page says why"
        return Ended(status="skipped", why=why)
    return Ended(status=run.conclusion or "failure", why="the workflow's run ended before it began")


def state_of(run: WorkflowRun, jobs: Iterable[WorkflowJob], job: str) -> str:
    """What it does now, in a few words."""
    legs = [leg for leg in legs_of(jobs, job) if leg.status != COMPLETED]
    if not legs:
        return WAITING.get(run.status or "", "the workflow's plan is in progress")
    steps = [step for step in legs[0].steps if step.status == "in_progress"]
    if legs[0].status in WAITING:
        return WAITING[legs[0].status]
    return f"in progress: {steps[0].name}" if steps else "in progress"


def legs_of(jobs: Iterable[WorkflowJob], job: str) -> list[WorkflowJob]:
    """Those of the workflow's jobs that run a job of ours."""
    return [each for each in jobs if runs_job(each.name, job)]
