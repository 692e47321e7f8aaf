"""What a workflow run's job does, and how it ended, as GitHub says it."""

from __future__ import annotations

import pytest

from runner.cli.past.following import Ended, Pace, has_ended, state_of
from runner.errors import ExitCode
from runner.github.answers import Repository, WorkflowJob, WorkflowRun, WorkflowStep
from tests.fake_github.things import START


def of(status: str, conclusion: str | None = None) -> WorkflowRun:
    return WorkflowRun(
        id=1,
        event="workflow_dispatch",
        path="x.yml",
        head_sha="a" * 40,
        repository=Repository(id=1),
        created_at=START,
        status=status,
        conclusion=conclusion,
    )


def leg(
    status: str, conclusion: str | None = None, name: str = "daily", *steps: WorkflowStep
) -> WorkflowJob:
    return WorkflowJob(id=1, name=name, status=status, conclusion=conclusion, steps=steps)


@pytest.mark.parametrize(
    ("run", "jobs", "state"),
    [
        (of("queued"), [], "queued: it waits for a machine"),
        (of("pending"), [], "it waits for its turn"),
        (of("in_progress"), [], "the workflow's plan is in progress"),
        (of("in_progress"), [leg("queued")], "queued: it waits for a machine"),
        (of("in_progress"), [leg("pending")], "it waits for its turn"),
        (of("in_progress"), [leg("waiting")], "it waits until its environment is approved"),
        (of("in_progress"), [leg("in_progress")], "in progress"),
        (
            of("in_progress"),
            [
                leg(
                    "in_progress",
                    None,
                    "daily",
                    WorkflowStep(name="checkout", status="completed"),
                    WorkflowStep(name="dbt", status="in_progress"),
                )
            ],
            "in progress: dbt",
        ),
    ],
)
def test_what_it_does_now(run: WorkflowRun, jobs: list[WorkflowJob], state: str) -> None:
    assert state_of(run, jobs, "daily") == state
    assert has_ended(run, jobs, "daily") is None


@pytest.mark.parametrize(
    ("run", "jobs", "status", "code"),
    [
        (of("in_progress"), [leg("completed", "success")], "success", 0),
        (of("completed", "failure"), [leg("completed", "success")], "success", 0),
        (of("in_progress"), [leg("completed", "failure")], "failure", 1),
        (of("completed", "cancelled"), [leg("completed", "cancelled")], "cancelled", 130),
        (of("completed", "failure"), [leg("completed", "timed_out")], "timed_out", 1),
        (of("completed", "failure"), [leg("completed", "failure", "plan")], "failure", 1),
        (of("completed", "cancelled"), [], "cancelled", 130),
        (of("completed", "success"), [leg("completed", "success", "plan")], "skipped", 0),
    ],
)
def test_how_it_ended(run: WorkflowRun, jobs: list[WorkflowJob], status: str, code: int) -> None:
    ended = has_ended(run, jobs, "daily")
    assert ended
    assert (ended.status, ended.exit_code) == (status, ExitCode(code))


def test_a_job_may_be_called_as_one_of_the_workflows_own() -> None:
    run, own = of("in_progress"), leg("completed", "success", "plan")
    assert has_ended(run, [own], "plan") is None
    assert has_ended(run, [own, leg("in_progress", None, "production plan")], "plan") is None
    ended = has_ended(run, [own, leg("completed", "failure", "production plan")], "plan")
    assert ended == Ended(status="failure")


def test_the_pause_grows_to_its_end() -> None:
    pace, pause, looks = Pace(), Pace().first, 0
    while pause < pace.longest:
        pause, looks = pace.after(pause), looks + 1
    assert (pause, looks) == (30.0, 11)
