"""trigger, cancel and rerun on GitHub, from the command line over HTTP."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from runner.cli.past.following import Pace, follow
from runner.errors import ExitCode
from runner.events.dispatch import read_inputs
from runner.history import Entry, History, Outcome
from runner.history_json import HISTORY, history_to_json
from tests.conftest import Done, Project, write_tiny
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.clients import client
from tests.fake_github.things import OWN, START, Job, Run, Step

ID = "20260131T040000Z-daily-00000{}"
HURRY = Pace(first=0.01, longest=0.05)
JOBS = """\
version: 1
environments:
  production: { target: prod, secrets: [DBT_ENV_SECRET_PASSWORD] }
jobs:
  daily:
    environment: production
    triggers: { dispatch: true }
    steps: [dbt build]
  weekly:
    environment: production
    triggers: { dispatch: { overrides: [threads, schema] } }
    steps: [dbt build]
  monthly: { environment: production, steps: [dbt build] }
  plan: { environment: production, triggers: { dispatch: true }, steps: [dbt build] }
  never: { environment: production, enabled: false, triggers: { dispatch: true }, steps: [dbt build] }
"""


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, fake: FakeGitHub) -> Project:
    project = write_tiny(tmp_path / "tiny")
    project.write("dbt_jobs.yml", JOBS)
    project.env = {
        "GITHUB_API_URL": fake.api_url,
        "GITHUB_TOKEN": fake.token,
        "GITHUB_REPOSITORY": OWN.full_name,
    }
    return project


def entry(number: int, **changes: object) -> Entry:
    plain = Entry(
        run_id=ID.format(number),
        job="daily",
        environment="production",
        trigger="schedule",
        cause="",
        planned_at=START + timedelta(minutes=number),
        workflow_run=500 + number,
        attempt=1,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def with_history(project: Project, *entries: Entry) -> None:
    project.write(f".dbt-gitops/state/{HISTORY}", history_to_json(History(entries=entries)))


FAILED = Outcome(status="error", reason="`dbt build` failed")


def test_a_trigger_sends_what_is_said_and_prints_the_address(
    project: Project, fake: FakeGitHub
) -> None:
    done = project.cli(
        *("trigger", "daily", "--cause", "late data", "--vars", "{day: 2026-01-31}"),
        *("--steps", "dbt run --select one", "--steps", "dbt test", "--timeout", "90m"),
        *("--no-generate-docs", "--env", "DBT_X=1", "--full"),
    )
    assert done.code == 0, done.err
    [(workflow, asked)] = fake.dispatched
    assert (workflow, asked["ref"]) == ("dbt-jobs.yml", "main")
    sent = read_inputs(asked["inputs"])
    assert (sent.job, sent.cause) == ("daily", "late data")
    assert sent.overrides.steps == ("dbt run --select one", "dbt test")
    assert sent.overrides.vars == {"day": "2026-01-31"}
    assert sent.overrides.timeout == timedelta(minutes=90)
    assert sent.overrides.given() == (
        *("steps", "timeout", "generate_docs", "vars", "env", "full"),
    )
    assert done.out == f"https://github.com/{OWN.full_name}/actions/runs/100\n"


def test_another_branch_and_another_workflow(project: Project, fake: FakeGitHub) -> None:
    done = project.cli(
        *("trigger", "weekly", "--cause", "x", "--ref", "change", "--threads", "2"),
        DBT_GITOPS_WORKFLOW=".github/workflows/mine.yml",
    )
    assert done.code == 0, done.err
    [(workflow, asked)] = fake.dispatched
    assert (workflow, asked["ref"]) == ("mine.yml", "change")
    assert fake.count(method="GET", path="/repos/octo-org/shop") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dayly",), "did you mean `daily`?"),
        (
            ("monthly",),
            "`monthly` can't be started by a dispatch\nit doesn't have `dispatch: true`",
        ),
        (("never",), "it is disabled in the jobs file"),
        (("weekly", "--full", "--target", "x"), "can't override target, full"),
        (("daily", "--steps", "rm -rf /"), "is not a step"),
        (("daily", "--env", "DBT_ENV_SECRET_PASSWORD=x"), "can't be set with --env"),
        (("daily", "--cause", "two\nlines"), "this can't be sent in a dispatch"),
        (("daily", "--defer-to", "nowhere"), "is not one environment or job"),
    ],
)
def test_what_the_workflow_would_refuse_is_not_sent(
    project: Project, fake: FakeGitHub, arguments: tuple[str, ...], said: str
) -> None:
    done = project.cli("trigger", "--cause", "x", *arguments)
    assert done.code == 2, done.err
    assert said in done.err
    assert fake.requests == []


def test_a_cause_has_to_be_given(project: Project, fake: FakeGitHub) -> None:
    assert "--cause" in project.cli("trigger", "daily").err
    assert fake.requests == []


@pytest.mark.parametrize(("status", "hint"), [(404, "dbt-gitops sync"), (422, "dbt-gitops sync")])
def test_a_workflow_that_is_not_there(
    project: Project, fake: FakeGitHub, status: int, hint: str
) -> None:
    fake.faults.append(Fault(path="/dispatches", status=status, message="Unexpected inputs"))
    done = project.cli("trigger", "daily", "--cause", "x")
    assert done.code == 4
    assert f".github/workflows/dbt-jobs.yml can't be started on main\n{status}" in done.err
    assert hint in done.err


@pytest.mark.parametrize(
    ("conclusion", "code"), [("success", 0), ("failure", 1), ("cancelled", 130)]
)
def test_to_wait_is_to_end_as_the_job_does(
    project: Project, fake: FakeGitHub, conclusion: str, code: int
) -> None:
    ended = {1: [Job(name="plan"), Job(name="daily", conclusion=conclusion)]}
    process = project.start("trigger", "daily", "--cause", "x", "--wait")
    wait_for(lambda: fake.count(path="/jobs") > 0)
    fake.runs[100].jobs = ended
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert out.splitlines()[-1] == f"daily: {conclusion}"
    assert "daily: the workflow's plan is in progress" in err


def test_a_job_called_plan_has_not_ended_as_the_workflow_has_planned(
    project: Project, fake: FakeGitHub
) -> None:
    process = project.start("trigger", "plan", "--cause", "x", "--wait")
    wait_for(lambda: fake.count(path="/jobs") > 0)
    leg = Job(name="production plan", status="in_progress", conclusion=None)
    fake.runs[100].jobs = {1: [Job(name="plan"), leg]}
    seen = fake.count(path="/jobs")
    wait_for(lambda: fake.count(path="/jobs") > seen + 1)
    leg.status, leg.conclusion = "completed", "failure"
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert out.splitlines()[-1] == "plan: failure"


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_changes_of_state_are_said_once(fake: FakeGitHub) -> None:
    leg = Job(name="daily", status="pending", conclusion=None)
    run = fake.add_run(conclusion=None, status="queued")
    said: list[str] = []

    def said_by_now(count: int) -> None:
        wait_for(lambda: len(said) == count)

    def live() -> None:
        said_by_now(1)
        run.status = "in_progress"
        said_by_now(2)
        run.jobs[1] = [leg]
        said_by_now(3)
        leg.status = "in_progress"
        said_by_now(4)
        leg.steps.append(Step(name="dbt", status="in_progress", conclusion=None))
        said_by_now(5)
        leg.status, leg.conclusion = "completed", "failure"

    github = client(fake)
    thread = threading.Thread(target=live)
    thread.start()
    ended = follow(github, run.id, "daily", said.append, HURRY)
    thread.join()
    github.close()
    assert ended.exit_code == ExitCode.STEP_FAILED
    assert said == [
        "daily: queued: it waits for a machine",
        "daily: the workflow's plan is in progress",
        "daily: it waits for its turn",
        "daily: in progress",
        "daily: in progress: dbt",
    ]


def test_ctrl_c_stops_following_and_not_the_run(project: Project, fake: FakeGitHub) -> None:
    process = project.start("trigger", "daily", "--cause", "x", "--wait")
    wait_for(lambda: fake.count(path="/jobs") > 0)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the run goes on without us; to end it: dbt-gitops cancel 100" in err
    assert fake.runs[100].cancelled == ""


def test_githubs_trouble_while_following_is_said(project: Project, fake: FakeGitHub) -> None:
    fake.faults.append(Fault(path="/attempts/", status=403, times=99, message="Forbidden"))
    done = project.cli("trigger", "daily", "--cause", "x", "--wait")
    assert done.code == 4
    assert "the run goes on without us" in done.err


# Cancel


def under_way(fake: FakeGitHub, number: int, *names: str) -> Run:
    jobs = [Job(name="plan"), *(Job(name=n, status="in_progress", conclusion=None) for n in names)]
    return fake.add_run(id=500 + number, conclusion=None, jobs={1: jobs})


def cancelled(project: Project, name: str, *options: str) -> Done:
    return project.cli("cancel", name, *options)


def test_a_run_a_job_and_a_number_are_cancelled(project: Project, fake: FakeGitHub) -> None:
    with_history(project, entry(2), entry(1), entry(0, outcome=FAILED))
    one, two = under_way(fake, 1, "daily"), under_way(fake, 2, "daily", "report")
    done = cancelled(project, ID.format(1))
    assert done.code == 0, done.err
    assert (one.cancelled, two.cancelled) == ("cancel", "")
    assert "dbt-gitops cancel 501 --force" in done.err
    assert cancelled(project, "daily", "--force").code == 0
    assert (one.cancelled, two.cancelled) == ("force-cancel", "force-cancel")
    assert cancelled(project, "502").code == 0
    assert two.cancelled == "cancel"


def test_other_jobs_are_not_cancelled_unasked(project: Project, fake: FakeGitHub) -> None:
    with_history(project, entry(1))
    run = under_way(fake, 1, "daily", "weekly")
    done = cancelled(project, "daily")
    assert (done.code, run.cancelled) == (2, "")
    assert "actions/runs/501 runs weekly too" in done.err
    assert "hint: --yes does it" in done.err
    assert cancelled(project, "daily", "--yes").code == 0
    assert run.cancelled == "cancel"


def test_somebody_at_a_terminal_is_asked(project: Project, fake: FakeGitHub) -> None:
    with_history(project, entry(1))
    run = under_way(fake, 1, "daily", "weekly")
    assert at_a_terminal(project, b"n\n", "cancel", "daily") == 130
    assert run.cancelled == ""
    assert at_a_terminal(project, b"y\n", "cancel", "daily") == 0
    assert run.cancelled == "cancel"


def at_a_terminal(project: Project, answer: bytes, *arguments: str) -> int:
    """The exit code of a command whose standard input is a terminal, on which this is typed."""
    import pty
    import subprocess
    import sys

    from tests.conftest import clean_environ

    ours, theirs = pty.openpty()
    os.write(ours, answer)
    try:
        return subprocess.run(
            [sys.executable, "-m", "runner", *arguments],
            cwd=project.path,
            env={**clean_environ(os.environ), **project.env},
            stdin=theirs,
            capture_output=True,
            timeout=60,
            check=False,
        ).returncode
    finally:
        for end in (ours, theirs):
            with suppress(OSError):
                os.close(end)


def test_what_has_ended_needs_no_cancelling(project: Project, fake: FakeGitHub) -> None:
    with_history(project, entry(1, outcome=FAILED), entry(3, job="weekly"))
    assert "has ended: error" in cancelled(project, ID.format(1)).err
    assert "`daily` has nothing under way" in cancelled(project, "daily").err
    fake.add_run(id=503, conclusion="success")
    done = cancelled(project, "weekly")
    assert (done.code, "`weekly` has nothing under way" in done.err) == (0, True)
    assert fake.count(method="POST") == 0


def test_what_is_not_on_github_or_nowhere(project: Project, fake: FakeGitHub) -> None:
    with_history(project, entry(1, workflow_run=0))
    done = cancelled(project, ID.format(1))
    assert (done.code, "Ctrl-C ends it where it runs" in done.err) == (0, True)
    done = cancelled(project, "dayly")
    assert done.code == 2
    assert "there is no run and no job 'dayly'" in done.err
    assert fake.requests == []


def test_what_github_runs_of_a_job_is_cancelled_though_the_history_has_no_word_of_it(
    project: Project, fake: FakeGitHub
) -> None:
    run = under_way(fake, 1, "production daily")
    other, check = under_way(fake, 2, "production weekly"), under_way(fake, 3, "ci-checks daily")
    check.event = "pull_request"
    done = cancelled(project, "daily")
    assert (done.code, run.cancelled) == (0, "cancel"), done.err
    assert (other.cancelled, check.cancelled) == ("", "")
    assert "runs/503 runs it for a pull request: dbt-gitops cancel 503" in done.err
    assert "nothing under way" not in done.err


@pytest.mark.parametrize("status", ["queued", "in_progress", "waiting", "pending", "requested"])
def test_a_run_that_has_not_planned_is_named_and_left_alone(
    project: Project, fake: FakeGitHub, status: str
) -> None:
    assert project.cli("trigger", "daily", "--cause", "x").code == 0
    [run] = fake.dispatched_runs
    run.status = status
    done = cancelled(project, "daily")
    assert (done.code, run.cancelled) == (2, "")
    said = f"actions/runs/100 (workflow dispatch, {status.replace('_', ' ')}) hasn't said yet"
    assert said in done.err
    assert "hint: dbt-gitops cancel 100" in done.err
    with_history(project, entry(1))
    known = under_way(fake, 1, "production daily")
    done = cancelled(project, "daily")
    assert (done.code, known.cancelled, run.cancelled) == (0, "cancel", "")
    assert said in done.err


def test_where_github_can_not_be_asked_nothing_is_said_of_a_job(
    project: Project, fake: FakeGitHub
) -> None:
    fake.faults.append(Fault(path="/workflows/", status=403, times=9, message="Forbidden"))
    done = cancelled(project, "daily")
    assert done.code == 4
    assert "nothing under way" not in done.err


def test_a_run_is_named_as_runs_shows_it(project: Project, fake: FakeGitHub) -> None:
    with_history(project, entry(2), entry(1, run_id=f"{ID.format(2)}-2", job="weekly"))
    one = under_way(fake, 2, "daily")
    assert "000002 " in project.cli("runs").out
    done = cancelled(project, "000002")
    assert (done.code, one.cancelled) == (0, "cancel"), done.err
    fake.add_run(id=2, conclusion="success")
    done = cancelled(project, "000002")
    assert f"000002 is in the id of run {ID.format(2)}, which is meant, and not https" in done.err
    done = cancelled(project, "0000")
    assert (done.code, "is in the ids of 2 runs" in done.err) == (2, True)


def test_githubs_number_needs_no_history(project: Project, fake: FakeGitHub) -> None:
    project.write(f".dbt-gitops/state/{HISTORY}", "{")
    run = under_way(fake, 1, "daily")
    done = cancelled(project, "501")
    assert (done.code, run.cancelled) == (0, "cancel")
    assert "the history can't be read, so 501 is GitHub's number" in done.err


# Rerun


def test_a_run_of_the_history_is_dispatched_again(project: Project, fake: FakeGitHub) -> None:
    with_history(project, entry(1, outcome=FAILED), entry(0, outcome=FAILED))
    done = project.cli(
        "rerun", f"{ID.format(1)}-2", "--from-failure", "--cause", "fixed", "--env", "DBT_X=1"
    )
    assert done.code == 0, done.err
    [(_, asked)] = fake.dispatched
    assert asked["inputs"] == {
        "job": "daily",
        "cause": "fixed",
        "rerun": ID.format(1),
        "from_failure": "true",
        "env": '{"DBT_X": "1"}',
    }
    assert done.out == f"https://github.com/{OWN.full_name}/actions/runs/100\n"


def test_a_part_of_an_id_does_to_run_it_again(project: Project, fake: FakeGitHub) -> None:
    with_history(project, entry(1, outcome=FAILED), entry(3, job="weekly", outcome=FAILED))
    done = project.cli("rerun", "000001")
    assert done.code == 0, done.err
    assert fake.dispatched[0][1]["inputs"]["rerun"] == ID.format(1)
    done = project.cli("rerun", "00000")
    assert (done.code, "is in the ids of 2 runs" in done.err) == (2, True)


IN_VAIN = Outcome(status="error", reason="no record: its step Run dbt failed")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_rerun_in_vain_leaves_the_run_that_it_was_of(
    project: Project, fake: FakeGitHub, number: int
) -> None:
    again = [entry(n, rerun_of=ID.format(1), outcome=IN_VAIN) for n in (3, 2)]
    with_history(project, *again, entry(1, outcome=FAILED), entry(0, outcome=FAILED))
    done = project.cli("rerun", ID.format(number), "--from-failure")
    assert done.code == 0, done.err
    assert fake.dispatched[0][1]["inputs"]["rerun"] == ID.format(1)
    older = project.cli("rerun", ID.format(0))
    assert (older.code, f"run {ID.format(1)} is newer" in older.err) == (2, True)


def test_the_history_may_have_forgotten_what_was_run_again_in_vain(
    project: Project, fake: FakeGitHub
) -> None:
    with_history(project, entry(2, rerun_of=ID.format(1), outcome=IN_VAIN))
    assert project.cli("rerun", ID.format(2)).code == 0
    assert fake.dispatched[0][1]["inputs"]["rerun"] == ID.format(1)


def test_a_rerun_in_vain_of_an_older_run_is_not_run_again(
    project: Project, fake: FakeGitHub
) -> None:
    vain = entry(2, rerun_of=ID.format(1), outcome=IN_VAIN)
    with_history(project, entry(3, outcome=FAILED), vain, entry(1, outcome=FAILED))
    done = project.cli("rerun", ID.format(2))
    assert (done.code, f"run {ID.format(3)} is newer" in done.err) == (2, True)
    assert fake.requests == []


def test_what_was_built_in_another_environment_is_not_dispatched(
    project: Project, fake: FakeGitHub
) -> None:
    built = replace(FAILED, steps=1)
    with_history(project, entry(1, environment="live", outcome=built))
    done = project.cli("rerun", ID.format(1), "--from-failure")
    assert done.code == 2
    assert "was in environment 'live', and the job is in 'production'" in done.err
    assert fake.requests == []
    assert project.cli("rerun", ID.format(1)).code == 0


@pytest.mark.parametrize(
    ("number", "options", "said"),
    [
        (0, (), f"run {ID.format(3)} is newer"),
        (3, (), "hasn't ended yet"),
        (7, (), "there is no run"),
        (8, ("--from-failure",), "has no failure to go on from\nit ended as success"),
        (9, (), "can't be run again here"),
    ],
)
def test_what_can_not_be_run_again(
    project: Project, fake: FakeGitHub, number: int, options: tuple[str, ...], said: str
) -> None:
    well = Outcome(status="success", reason="1 step")
    with_history(
        project,
        entry(9, job="monthly", workflow_run=0, outcome=FAILED),
        entry(8, job="weekly", outcome=well),
        entry(3),
        entry(0, outcome=FAILED),
    )
    done = project.cli("rerun", ID.format(number), *options)
    assert done.code == 2
    assert said in done.err
    assert fake.requests == []
