"""What a run on GitHub starts when it ends, from the event to the requests."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from runner.chain import inputs
from runner.events import MAX_DEPTH, Upstream
from runner.history import Entry, History
from runner.history_changes import started as started_in
from runner.history_json import entry_from_json, entry_to_json, history_to_json
from tests.conftest import Project
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.things import OWN, WORKFLOW
from tests.on_github import OnGitHub, zipped
from tests.processes import ENDLESS, record_of, running, wait_for

MARTS = "octo-org/marts"
TOKEN = "github_pat_" + "B2c3" * 8
JOBS = """\
version: 1
environments:
  production:
    target: prod
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
  ci:
    target: ci
    schema: "pr_{pr_number}"
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
defaults: { environment: production, steps: [dbt parse] }
jobs:
  ingest:
    triggers: { schedule: { cron: "0 4 * * *" } }
    steps: [dbt seed]
    dispatches: [{ repository: octo-org/marts, job: load, token: $MARTS_TOKEN }]
  marts: { triggers: { job: { name: ingest } } }
  repair: { triggers: { job: { name: ingest, on: [error] } } }
  tidy: { triggers: { job: { name: ingest, on: [cancelled] } } }
  ci:
    environment: ci
    triggers: { pull_request: {}, schedule: { cron: "0 5 * * *" } }
    dispatches: [{ repository: octo-org/marts, job: load, token: $MARTS_TOKEN }]
"""


@pytest.fixture
def there(tiny: Project, tmp_path: Path) -> Iterator[OnGitHub]:
    tiny.write("dbt_jobs.yml", JOBS)
    tiny.commit()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with FakeGitHub(elsewhere={MARTS: TOKEN}) as fake:
        on_github = OnGitHub(project=tiny, fake=fake, scratch=scratch)
        on_github.tick()
        yield on_github


def started(there: OnGitHub) -> list[str]:
    return [asked["inputs"]["job"] for _, asked in there.fake.dispatched]


def left(there: OnGitHub) -> str:
    return str(there.project.runs[-1])


def test_a_success_starts_what_waits_for_it_here_and_elsewhere(there: OnGitHub) -> None:
    done = there.cli("run", "ingest", MARTS_TOKEN=TOKEN)
    assert done.code == 0, done.err
    record = record_of(there.project)
    [(workflow, asked)] = there.fake.dispatched
    assert (workflow, asked["ref"]) == (WORKFLOW.rpartition("/")[2], "main")
    upstream = {"job": "ingest", "ending": "success", "run_id": record["run_id"], "depth": 1}
    assert asked["inputs"].keys() == {"job", "cause", "upstream"}
    assert asked["inputs"]["job"] == "marts"
    assert asked["inputs"]["cause"] == "`ingest` has ended: success"
    assert json.loads(asked["inputs"]["upstream"]) == upstream
    far = {
        "job": "load",
        "cause": f"`ingest` of {OWN.full_name} has ended: success",
        "upstream": {**upstream, "repository": OWN.full_name},
    }
    sent = {"event_type": "dbt-job", "client_payload": far}
    assert there.fake.repository_dispatched == [(MARTS, sent)]
    [run] = there.fake.runs
    assert record["notes"][-2:] == [
        f"`marts` is started: https://github.com/{OWN.full_name}/actions/runs/{run}",
        f"`load` of {MARTS} is dispatched: https://github.com/{MARTS}/actions",
    ]
    assert TOKEN not in done.err + done.out
    assert "MARTS_TOKEN is withheld from dbt" in done.err


def test_a_failure_and_what_it_starts(there: OnGitHub) -> None:
    there.project.append("seeds/people.csv", "3,Joan,too many\n")
    assert there.cli("run", "ingest").code == 1
    assert started(there) == ["repair"]
    assert not there.fake.repository_dispatched


def test_what_github_refuses_is_said_and_the_run_stays_a_success(there: OnGitHub) -> None:
    there.fake.denied = {"actions: write"}
    done = there.cli("run", "ingest")
    assert done.code == 4
    warnings = [line for line in done.err.splitlines() if line.startswith("::warning")]
    assert "`marts` isn't started: GitHub refused" in warnings[0]
    assert "actions: write" in warnings[0]
    assert f"`load` of {MARTS} isn't started: $MARTS_TOKEN isn't set" in warnings[1]
    assert "gh secret set MARTS_TOKEN" in warnings[1]
    record = record_of(there.project)
    assert (record["status"], record["state_published"]) == ("success", True)
    assert record["exit_code"] == 0
    assert len([note for note in record["notes"] if "isn't started" in note]) == 2


def test_a_dispatch_that_may_have_come_is_never_sent_again(there: OnGitHub) -> None:
    there.fake.faults.append(Fault(method="POST", path="dispatches", status=502, committed=True))
    done = there.cli("run", "ingest", MARTS_TOKEN=TOKEN)
    assert done.code == 4
    assert "whether `marts` is started isn't known" in done.err
    assert there.cli("report", "--unfinished", "ingest", "--left", left(there)).code == 0
    assert started(there) == ["marts"]


def test_a_run_that_died_starts_what_waits_for_its_end_once(there: OnGitHub) -> None:
    there.project.write("models/two.sql", ENDLESS)
    process = there.project.start("run", "ingest", "--steps", "dbt build", **there.environ)
    wait_for(running(there.project, "START sql"))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert there.fake.dispatched == []
    for _ in range(2):
        done = there.cli("report", "--unfinished", "ingest", "--left", left(there))
        assert done.code == 0, done.err
    assert started(there) == ["repair"]
    record = record_of(there.project)
    assert record["status"] == "error"
    assert record["notes"][-1].startswith("`repair` is started: https://github.com/")


def test_a_cancelled_workflow_starts_what_waits_for_that(there: OnGitHub) -> None:
    there.project.write("models/two.sql", ENDLESS)
    process = there.project.start("run", "ingest", "--steps", "dbt build", **there.environ)
    wait_for(running(there.project, "START sql"))
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert started(there) == ["tidy"]
    assert record_of(there.project)["status"] == "cancelled"
    there.fake.dispatched.clear()
    folder = there.project.runs[-1]
    early = {
        **record_of(there.project),
        "status": "error",
        "reason": "the run ended without a word",
    }
    (folder / "run.json").write_text(json.dumps(early))
    (folder / "started.txt").unlink()
    arguments = ("report", "--unfinished", "ingest", "--left", str(folder), "--cancelled")
    assert there.cli(*arguments).code == 0
    assert started(there) == ["tidy"]
    assert record_of(there.project)["exit_code"] == 130


def test_a_run_that_left_nothing_is_left_to_the_job_that_reports(there: OnGitHub) -> None:
    assert there.cli("report", "--unfinished", "ingest").code == 0
    assert there.cli("report", "--unfinished", "ingest", "--left", "").code == 0
    assert there.cli("report", "--unfinished", "ingest", "--left", "nowhere").code == 3
    assert started(there) == []


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("refs/heads/main", ["marts", "both", "either"]),
        ("refs/heads/topic", ["marts", "either"]),
        ("refs/tags/main", ["marts", "either"]),
    ],
)
def test_what_waits_for_several_is_started_on_the_default_branch(
    there: OnGitHub, ref: str, expected: list[str]
) -> None:
    jobs = """\
  both: { triggers: { job: { all_of: [ingest, marts] } } }
  either: { triggers: { job: [{ all_of: [ingest, marts] }, { name: ingest }] } }
"""
    there.project.append("dbt_jobs.yml", jobs)
    there.dispatch({"job": "ingest"})
    workflow = f"{OWN.full_name}/{WORKFLOW}@{ref}"
    here = {"GITHUB_REF": ref, "GITHUB_WORKFLOW_REF": workflow, "MARTS_TOKEN": TOKEN}
    done = there.project.cli("run", "ingest", **{**there.environ, **here})
    assert done.code == 0, done.err
    assert started(there) == expected
    assert {asked["ref"] for _, asked in there.fake.dispatched} == {ref.rpartition("/")[2]}
    notes = [note for note in record_of(there.project)["notes"] if note.startswith("`both` isn't")]
    said = (
        "`both` isn't started: it can't be completed off the default branch: only there is it kept"
        " which of `ingest`, `marts` have ended"
    )
    assert notes == ([] if "both" in expected else [said])
    assert (said in done.err) == bool(notes)


def asked_by(depth: int) -> dict[str, str]:
    return inputs("ingest", Upstream(job="before", ending="success", depth=depth))


def test_a_chain_gets_deeper_and_ends(there: OnGitHub) -> None:
    jobs = (there.project.path / "dbt_jobs.yml").read_text()
    there.project.write(
        "dbt_jobs.yml", jobs.replace("dispatches: [{ repo", "dispatches: []  # [{ repo", 1)
    )
    there.project.commit()
    there.dispatch(asked_by(MAX_DEPTH - 1))
    assert there.cli("run", "ingest").code == 0
    [(_, asked)] = there.fake.dispatched
    assert json.loads(asked["inputs"]["upstream"])["depth"] == MAX_DEPTH
    assert record_of(there.project)["cause"] == "`before` has ended: success"
    there.fake.dispatched.clear()
    there.dispatch(asked_by(MAX_DEPTH))
    done = there.cli("run", "ingest")
    assert done.code == 4
    assert (
        "16 jobs have started each other, which must be a loop; next would be `marts`" in done.err
    )
    assert there.fake.dispatched == []


def test_what_starts_nothing(there: OnGitHub) -> None:
    done = there.cli("run", "ci", "--schema", "dbt_ci_local")
    assert done.code == 0, done.err
    assert "nothing is started after `ci`: it is a job of pull requests" in done.err
    assert there.project.cli("run", "ingest").code == 0  # on one's own machine
    there.project.git("branch", "change")
    there.pull_request()
    done = there.cli("run", "ci")
    assert done.code == 0, done.err
    assert there.fake.dispatched == []
    assert there.fake.repository_dispatched == []


START: dict[str, Any] = {
    "run_id": "20261120T040000Z-ingest-abcdef",
    "job": "ingest",
    "environment": "production",
    "trigger": "schedule",
    "cause": "the schedule 0 4 * * * fired, 3m late",
    "planned_at": "2026-11-20T04:03:00Z",
}


def test_a_planned_run_is_the_one_that_was_planned(there: OnGitHub) -> None:
    there.dispatch({})  # as the run of a plan that something else has woken
    done = there.cli("run", "ingest", "--start", json.dumps(START), MARTS_TOKEN=TOKEN)
    assert done.code == 0, done.err
    record = record_of(there.project)
    assert record["run_id"] == START["run_id"] == there.project.runs[-1].name
    assert record["queued_at"] == START["planned_at"]
    assert (record["trigger"], record["cause"]) == ("schedule", START["cause"])
    assert record["started_at"] > "2026-11-20T05"
    assert there.outputs()["run-id"] == START["run_id"]
    second = {"MARTS_TOKEN": TOKEN, "GITHUB_RUN_ATTEMPT": "2"}
    again = there.cli("run", "ingest", "--start", json.dumps(START), **second)
    assert again.code == 0, again.err
    assert there.project.runs[-1].name == f"{START['run_id']}-2"
    record = record_of(there.project)
    assert record["queued_at"] > START["planned_at"]


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("{", "--start can't be read"),
        ("[]", "--start can't be read"),
        (json.dumps({**START, "planned_at": "soon"}), "planned_at is"),
        (json.dumps({**START, "job": "marts"}), "--start is of job 'marts', not of `ingest`"),
        (json.dumps({**START, "run_id": "../../x"}), "can't name a folder"),
    ],
)
def test_a_malformed_start_is_refused(there: OnGitHub, start: str, said: str) -> None:
    done = there.cli("run", "ingest", "--start", start)
    assert (done.code, said in done.err) == (2, True), done.err
    assert there.project.runs == []


def planned(there: OnGitHub, *before: Entry, **changes: Any) -> str:
    """The history has a run that waits since long, and a newer one; the start of the first."""
    old = entry_from_json(json.dumps({**START, **changes}))
    new = replace(old, run_id="20261120T041000Z-ingest-000002", trigger="schedule",
                  planned_at=old.planned_at + timedelta(minutes=7),
                  workflow_run=old.workflow_run + 1)  # fmt: skip
    history = started_in(History(), [*before, old, new])
    there.project.write(".dbt-gitops/state/history.json", history_to_json(history))
    return entry_to_json(old)


def test_a_newer_run_takes_the_place_of_one_that_has_waited(there: OnGitHub) -> None:
    done = there.cli("run", "ingest", "--start", planned(there))
    assert done.code == 0, done.err
    record = record_of(there.project)
    assert (record["status"], record["steps"]) == ("cancelled", [])
    assert record["reason"] == (
        "over-scheduled, replaced by 20261120T041000Z-ingest-000002: slow the schedule down or speed"
        " the job up"
    )
    assert record["versions"].keys() == {"dbt-gitops"}
    assert "::warning title=dbt-gitops::ingest: over-scheduled, replaced by" in done.err
    outputs = there.outputs()
    assert (outputs["status"], outputs["reported"]) == ("cancelled", "true")
    assert outputs["artifact"] == "dbt-gitops-run.ingest"
    assert "nothing is started after `ingest`: 20261120T041000Z-ingest-000002 runs in" in done.err
    assert there.cli("report", "--unfinished", "ingest", "--left", left(there)).code == 0
    assert started(there) == []


@pytest.mark.parametrize(
    ("changes", "env"),
    [
        ({"trigger": "dispatch"}, {}),
        ({"trigger": "job"}, {}),
        ({}, {"GITHUB_RUN_ATTEMPT": "2"}),
        ({"planned_at": "now"}, {}),
    ],
)
def test_what_is_asked_for_or_has_not_waited_is_never_replaced(
    there: OnGitHub, changes: dict[str, str], env: dict[str, str]
) -> None:
    env = {**env, "MARTS_TOKEN": TOKEN}
    if "planned_at" in changes:
        changes = {"planned_at": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"}
    done = there.cli("run", "ingest", "--start", planned(there, **changes), **env)
    assert done.code == 0, done.err
    assert record_of(there.project)["status"] == "success"


def test_a_queue_runs_all_and_an_unreadable_history_holds_nobody_up(there: OnGitHub) -> None:
    start = planned(there)
    there.project.write(".dbt-gitops/state/history.json", "nonsense")
    done = there.cli("run", "ingest", "--start", start, MARTS_TOKEN=TOKEN)
    assert done.code == 0, done.err
    assert "warning: whether a newer run takes this one's place isn't known, so it runs" in done.err
    jobs = (there.project.path / "dbt_jobs.yml").read_text()
    there.project.write(
        "dbt_jobs.yml", jobs.replace("[dbt seed]", "[dbt seed]\n    concurrency: queue")
    )
    done = there.cli("run", "ingest", "--start", planned(there, run_id="other"), MARTS_TOKEN=TOKEN)
    assert done.code == 0, done.err
    assert record_of(there.project)["status"] == "success"


BEFORE = entry_from_json(
    json.dumps({**START, "run_id": "20261120T030000Z-ingest-000000", "workflow_run": 60})
)
SLOTTED: dict[str, Any] = {"slot": 1, "workflow_run": 61, "attempt": 1}


def leave(there: OnGitHub, reason: str) -> None:
    """What the run before has uploaded, of which nobody has told the history: the last run's folder."""
    folder = there.project.runs[-1]
    record = {**record_of(there.project), "reason": reason}
    run = there.fake.add_run(id=BEFORE.workflow_run)
    content = zipped(folder, run_json=json.dumps(record))
    there.fake.add_artifact("dbt-gitops-run.ingest", content, run=run)


def test_in_a_slot_no_two_in_a_row_leave_their_work(there: OnGitHub) -> None:
    first = there.cli("run", "ingest", "--start", planned(there, BEFORE, **SLOTTED))
    assert first.code == 0, first.err
    record = record_of(there.project)
    assert record["status"] == "cancelled"  # the one before has left nothing: it isn't replaced
    leave(there, "cancelled on GitHub")
    second = planned(there, BEFORE, **SLOTTED, run_id="20261120T040000Z-ingest-b00004")
    assert there.cli("run", "ingest", "--start", second).code == 0
    assert record_of(there.project)["status"] == "cancelled"
    leave(there, record["reason"])
    third = planned(there, BEFORE, **SLOTTED, run_id="20261120T040000Z-ingest-b00005")
    done = there.cli("run", "ingest", "--start", third, MARTS_TOKEN=TOKEN)
    assert done.code == 0, done.err
    assert record_of(there.project)["status"] == "success"


def test_a_record_out_of_reach_holds_nobody_up(there: OnGitHub) -> None:
    there.fake.faults.append(Fault(path="/runs/60/artifacts", status=403, times=9))
    start = planned(there, BEFORE, **SLOTTED)
    done = there.cli("run", "ingest", "--start", start, MARTS_TOKEN=TOKEN)
    assert done.code == 0, done.err
    assert "warning: whether a newer run takes this one's place isn't known, so it runs" in done.err
    assert record_of(there.project)["status"] == "success"


def test_a_merge_that_is_replaced_ends_its_status(there: OnGitHub) -> None:
    there.push()
    done = there.cli("run", "ingest", "--start", planned(there, trigger="merge"))
    assert done.code == 0, done.err
    state, description = there.statuses()[-1]
    assert state == "error"
    assert description.startswith("cancelled: over-scheduled, replaced by 20261120T041000Z-ingest")
