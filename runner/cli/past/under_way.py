"""Which runs of the workflow run a job, as far as the history and GitHub say it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.blocks import runs_job
from runner.cli.past.following import COMPLETED
from runner.github.answers import WorkflowJob, WorkflowRun

if TYPE_CHECKING:
    from runner.github.client import GitHub

PLAN = "plan"
# Their checks are somebody's pull request's.
CHECKS = ("pull_request", "pull_request_target", "merge_group")


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """Workflow runs that haven't ended, newest first.

    ``checks`` run the job for a pull request or a merge queue. ``perhaps`` haven't said yet which
    jobs they run: GitHub's API doesn't tell what a dispatch asks for.
    """

    runs: tuple[WorkflowRun, ...] = ()
    checks: tuple[WorkflowRun, ...] = ()
    perhaps: tuple[WorkflowRun, ...] = ()


def under_way(github: GitHub, workflow: str, job: str, planned: Collection[int]) -> UnderWay:
    """``planned`` are the ids of workflow runs in which the history knows an unfinished run of the job.

    A request for each status that is none of an end, and for each run that the history doesn't know.
    Raises GitHubFailed.
    """
    found: dict[str, list[WorkflowRun]] = {"runs": [], "checks": [], "perhaps": [], "": []}
    for run in sorted(github.actions.open_runs(workflow), key=lambda run: -run.id):
        where = "runs"
        if run.id not in planned:
            where = place(run, tuple(github.actions.jobs(run.id, run.run_attempt)), job)
        found[where].append(run)
    return UnderWay(
        runs=tuple(found["runs"]), checks=tuple(found["checks"]), perhaps=tuple(found["perhaps"])
    )


def place(run: WorkflowRun, jobs: Iterable[WorkflowJob], job: str) -> str:
    """The member of :class:`UnderWay` that an open run belongs to, "" where to none."""
    known = list(jobs)
    legs = [each for each in known if runs_job(each.name, job)]
    if any(leg.status != COMPLETED for leg in legs):
        return "checks" if run.event in CHECKS else "runs"
    told = any(_plans(each.name) and each.status == COMPLETED for each in known)
    return "" if legs or told or run.event in CHECKS else "perhaps"


def _plans(name: str) -> bool:
    return name.rpartition(" / ")[2] == PLAN
