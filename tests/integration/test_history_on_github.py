"""The history on GitHub: a workflow's last job writes it, and people read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from runner.history import LEFT_NO_WORD, Entry, History, Outcome
from runner.history_json import history_from_json, history_to_json
from runner.history_readings import failures_in_a_row
from runner.record import Run
from runner.record_json import run_from_json, run_to_json
from tests.conftest import Done, Project
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github import Run as WorkflowRun
from tests.fake_github.states import zipped as packed
from tests.fake_github.things import WORKFLOW, Artifact, Job, Status, Step
from tests.on_github import OnGitHub, zipped
from tests.processes import ENDLESS, running, wait_for
from tests.unit.history_samples import ended, entry, history

NOW = datetime.now(timezone.utc).replace(microsecond=0)
PLANNED = NOW - timedelta(minutes=10)
NUMBER = 77
HISTORY = "dbt-gitops-history"
ALARM = """
  alarm:
    environment: production
    triggers: { job: { name: daily, on: [error] } }
    steps: [dbt build]
"""
NEXT = """
  next:
    environment: production
    triggers: { job: { name: daily } }
    steps: [dbt build]
"""


@pytest.fixture
def there(built: Project, tmp_path: Path) -> Iterator[OnGitHub]:
    """Production has run on main; a push has begun workflow run 77, of which a plan has started some."""
    jobs = (built.path / "dbt_jobs.yml").read_text()
    built.write("dbt_jobs.yml", jobs.replace("version: 1\n", "version: 1\nstate: github\n"))
    built.commit("state on GitHub")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with FakeGitHub() as fake:
        on_github = OnGitHub(project=built, fake=fake, scratch=scratch)
        on_github.push()
        fake.add_run(id=NUMBER, event="push", head_sha=on_github.head, conclusion=None)
        yield on_github


def planned(job: str = "daily", **changes: Any) -> Entry:
    return entry(job, **{"planned_at": PLANNED, "scheduled_for": None, **changes})


def plan(there: OnGitHub, *entries: Entry, **more: Any) -> Artifact:
    """What a plan has written, as the workflow uploads it."""
    text = history_to_json(history(*entries, **more))
    run = there.fake.runs[NUMBER]
    return there.fake.add_artifact(HISTORY, packed({"history.json": text.encode()}), run=run)


def record(there: OnGitHub, its: Entry, **changes: Any) -> Run:
    """Of a real run, as that of this entry."""
    run = run_from_json((there.project.runs[0] / "run.json").read_text())
    return replace(run, **{"run_id": its.run_id, "job": its.job, **changes})


def leave(there: OnGitHub, its: Entry, **changes: Any) -> Artifact:
    """What the leg of this entry uploads: a whole run folder."""
    text = run_to_json(record(there, its, **changes))
    content = zipped(there.project.runs[0], run_json=text)
    run = there.fake.runs[its.workflow_run]
    return there.fake.add_artifact(f"dbt-gitops-run.{its.job}", content, run=run)


def job(there: OnGitHub, name: str, attempt: int = 1, **changes: Any) -> None:
    jobs = there.fake.runs[NUMBER].jobs.setdefault(attempt, [])
    jobs.append(Job(name=f"production {name}", **changes))


def written(there: OnGitHub) -> History:
    """What the report has left to be uploaded."""
    outputs = there.outputs()
    assert outputs["history-artifact"] == f"{HISTORY}-ended"
    [file] = Path(outputs["history-folder"]).iterdir()
    return history_from_json(file.read_text())


def outcomes(told: History) -> dict[str, tuple[str, str]]:
    return {
        each.run_id: (each.outcome.status, each.outcome.reason)
        for each in told.entries
        if each.outcome
    }


def test_how_each_run_ended_is_written(there: OnGitHub, record_property: Any) -> None:
    daily, hourly, exports = planned(), planned("hourly"), planned("exports")
    other = ended("older")
    plan(there, daily, hourly, exports, other)
    leave(there, daily, queued_at=PLANNED)
    job(there, "daily")
    lost = [Step(name="Set up job"), Step(name="Run dbt", status="in_progress", conclusion=None)]
    job(there, "hourly", conclusion="failure", steps=lost)
    job(there, "exports", conclusion="cancelled", began=False)
    done = there.cli("report")
    assert done.code == 0, done.err
    told = written(there)
    assert len(told.entries) == 4
    found = outcomes(told)
    assert found[daily.run_id][0] == "success"
    assert found[hourly.run_id] == ("error", "the runner was lost: no record")
    assert found[exports.run_id] == ("cancelled", "cancelled before it began")
    [outcome] = [each.outcome for each in told.entries if each.run_id == daily.run_id]
    real = record(there, daily)
    assert outcome
    assert (outcome.seconds, outcome.execution_seconds) == (real.seconds, real.execution_seconds)
    assert sum(outcome.nodes.values()) == len(real.nodes)
    lines = there.summary().splitlines()
    assert lines[0] == "### ❌ 3 jobs: 1 failed, 1 cancelled and 1 succeeded"
    assert "  section daily" in lines
    assert "daily: success" in done.out
    record_property("API requests of a report of 3 runs", there.fake.count(host="api"))
    assert there.fake.count(host="api") <= 7


def test_from_the_plan_to_the_page(there: OnGitHub) -> None:
    text = (there.project.path / "dbt_jobs.yml").read_text()
    merges = "    triggers: { merge: {} }\n"
    again = f"  nightly:\n    environment: production\n{merges}    steps: [dbt build]\n"
    there.project.write("dbt_jobs.yml", text.replace("  daily:\n", f"  daily:\n{merges}") + again)
    there.project.commit("merges start both")
    there.push()
    run = there.fake.runs[NUMBER]
    run.head_sha = there.head
    assert there.cli("plan").code == 0
    decided = there.outputs()
    content = zipped(Path(decided["history-folder"]))
    there.fake.add_artifact(decided["history-artifact"], content, run=run)
    legs = {leg["job"]: leg for leg in json.loads(decided["legs"])["production"]["include"]}
    assert there.cli("run", "daily", "--start", legs["daily"]["start"]).code == 0
    left = there.outputs()
    there.fake.add_artifact(left["artifact"], zipped(Path(left["folder"])), run=run)
    job(there, "daily")
    job(there, "nightly", conclusion="cancelled", began=False)
    done = there.cli("report")
    assert done.code == 0, done.err
    told = {each.job: each for each in written(there).entries}
    assert told["daily"].outcome
    assert told["daily"].run_id == Path(left["folder"]).name
    assert told["daily"].outcome.status == "success"
    assert told["daily"].wait_seconds > 0
    assert told["nightly"].outcome
    assert told["nightly"].outcome.reason == "cancelled before it began"


def test_a_second_attempt_is_told_apart(there: OnGitHub) -> None:
    first = replace(ended(status="error", planned_at=PLANNED), workflow_run=NUMBER)
    plan(there, first)
    there.fake.runs[NUMBER].started_at = NOW
    again = replace(first, run_id=f"{first.run_id}-2")
    leave(there, again)
    job(there, "daily", attempt=2, started_at=NOW)
    done = there.cli("report", GITHUB_RUN_ATTEMPT="2")
    assert done.code == 0, done.err
    told = written(there)
    assert {each.run_id: each.attempt for each in told.entries} == {
        again.run_id: 2,
        first.run_id: 1,
    }
    assert outcomes(told)[first.run_id][0] == "error"
    assert outcomes(told)[again.run_id][0] == "success"


def test_a_record_that_is_damaged_gives_way_to_githubs_word(there: OnGitHub) -> None:
    daily = planned()
    plan(there, daily)
    artifact = leave(there, daily)
    artifact.content = artifact.content[:100]
    job(there, "daily")
    done = there.cli("report")
    assert done.code == 0, done.err
    assert outcomes(written(there))[daily.run_id][0] == "success"
    assert "::warning title=dbt-gitops::the record of `daily` can't be used: its digest" in done.err
    assert "> ⚠️ the record of `daily` can't be used" in there.summary()


def test_a_record_that_cant_be_fetched_is_looked_for_later(there: OnGitHub) -> None:
    daily, hourly = planned(), planned("hourly")
    plan(there, daily, hourly)
    broken, _ = leave(there, daily), leave(there, hourly)
    there.fake.denied = set()
    fault = Fault(path=f"/actions/artifacts/{broken.id}/zip", status=403, message="No", times=100)
    there.fake.faults.append(fault)
    done = there.cli("report")
    assert done.code == 4, done.err
    told = written(there)
    assert set(outcomes(told)) == {hourly.run_id}
    assert "the record of `daily` can't be had" in done.err


def test_what_a_report_could_not_tell_the_next_one_does(there: OnGitHub) -> None:
    daily = planned("hourly")
    old = planned(workflow_run=70, planned_at=NOW - timedelta(hours=3))
    gone = planned("exports", workflow_run=60, planned_at=NOW - timedelta(hours=4))
    running = planned("slow", workflow_run=71, planned_at=NOW - timedelta(hours=2))
    there.fake.runs[70] = WorkflowRun(id=70)
    there.fake.runs[71] = WorkflowRun(id=71, conclusion=None)
    plan(there, daily, old, gone, running)
    leave(there, daily)
    leave(there, old)
    done = there.cli("report")
    assert done.code == 0, done.err
    found = outcomes(written(there))
    assert {name for name, (status, _) in found.items() if status == "success"} == {
        daily.run_id,
        old.run_id,
    }
    assert found[gone.run_id][0] == "cancelled"
    assert running.run_id not in found


def test_what_starts_after_a_lost_run_is_started(there: OnGitHub) -> None:
    there.project.append("dbt_jobs.yml", ALARM + NEXT)
    daily = planned()
    plan(there, daily)
    job(there, "daily", conclusion="failure")
    done = there.cli("report")
    assert done.code == 0, done.err
    [(workflow, asked)] = there.fake.dispatched
    assert workflow == Path(WORKFLOW).name
    assert (asked["ref"], asked["inputs"]["job"]) == ("main", "alarm")
    upstream = json.loads(asked["inputs"]["upstream"])
    assert upstream == {"job": "daily", "ending": "error", "run_id": daily.run_id, "depth": 1}
    assert "`alarm` is started: https://github.com/octo-org/shop/actions/runs/" in done.err


def test_what_a_plan_has_given_up_is_told_all_the_same(there: OnGitHub) -> None:
    """A leg that waited for long, and whose machine was then lost; and one of a workflow before."""
    there.project.append("dbt_jobs.yml", ALARM)
    given_up = Outcome(status="cancelled", reason=LEFT_NO_WORD)
    daily = planned(outcome=given_up)
    old = planned("exports", workflow_run=70, planned_at=NOW - timedelta(hours=9), outcome=given_up)
    late = planned("slow", workflow_run=71, planned_at=NOW - timedelta(days=8), outcome=given_up)
    there.fake.runs[70] = WorkflowRun(
        id=70, jobs={1: [Job(name="production exports", conclusion="failure")]}
    )
    plan(there, daily, old, late)
    job(there, "daily", conclusion="failure")
    done = there.cli("report")
    assert done.code == 0, done.err
    [(_, asked)] = there.fake.dispatched
    assert asked["inputs"]["job"] == "alarm"
    told = written(there)
    found = outcomes(told)
    assert found[daily.run_id][0] == found[old.run_id][0] == "error"
    assert found[late.run_id][1] == LEFT_NO_WORD
    assert failures_in_a_row(told, "daily") == 1


LOST = "its GitHub job ended without a word: the runner was lost: no record"


def merged(there: OnGitHub, name: str = "daily", **changes: Any) -> Entry:
    return planned(name, **{"trigger": "merge", "commit": there.head, **changes})


def pending(there: OnGitHub, its: Entry, state: str = "pending") -> None:
    """What a run sets on its merged commit when it starts, or when it ends."""
    number = len(there.fake.statuses) + 1
    page = f"https://github.com/octo-org/shop/actions/runs/{its.workflow_run}"
    status = Status(id=number, sha=its.commit, context=f"dbt / {its.job}", state=state)
    there.fake.statuses.append(replace(status, description="as it was", target_url=page))


def test_a_merged_commit_that_a_killed_run_left_pending_gets_its_end(there: OnGitHub) -> None:
    there.project.write("models/two.sql", ENDLESS)
    daily = merged(there)
    plan(there, daily)
    process = there.project.start("run", "daily", **there.environ)
    wait_for(
        lambda: len(there.project.runs) == 2 and running(there.project, "model analytics.two")()
    )
    process.kill()
    process.communicate()
    assert [state for state, _ in there.statuses()] == ["pending"]
    job(there, "daily", conclusion="failure")
    done = there.cli("report")
    assert done.code == 0, done.err
    assert there.statuses()[1:] == [("error", LOST)]
    before, after = there.fake.statuses
    assert (after.context, after.target_url) == (before.context, before.target_url)
    assert outcomes(written(there))[daily.run_id][0] == "error"


def test_only_what_the_lost_run_itself_left_pending_is_ended(there: OnGitHub) -> None:
    daily, hourly, exports = merged(there), merged(there, "hourly"), merged(there, "exports")
    other, slow = planned("other", commit=there.head), merged(there, "slow")
    plan(there, daily, hourly, exports, other, slow)
    pending(there, daily)
    pending(there, hourly)
    pending(there, hourly, "success")  # it said so itself, and then couldn't upload its record
    pending(there, replace(exports, workflow_run=78))  # of another run, which goes on
    pending(there, other)  # no merge's
    for each in (daily, hourly, exports, other):
        job(there, each.job, conclusion="failure")
    job(there, "slow", conclusion="cancelled", began=False)
    done = there.cli("report")
    assert done.code == 0, done.err
    [ended] = there.fake.statuses[5:]
    assert (ended.context, ended.state, ended.description) == ("dbt / daily", "error", LOST)
    asked = [each.route for each in there.fake.exchanges if "status" in each.route]
    assert asked == ["list_statuses", "create_status"]


def test_a_commit_of_a_workflow_that_never_reported_is_told_by_the_next(there: OnGitHub) -> None:
    old = merged(there, workflow_run=70, planned_at=NOW - timedelta(hours=3), commit="a" * 40)
    there.fake.runs[70] = WorkflowRun(
        id=70, jobs={1: [Job(name="production daily", conclusion="failure")]}
    )
    hourly = planned("hourly")
    plan(there, hourly, old)
    leave(there, hourly)
    pending(there, old)
    done = there.cli("report")
    assert done.code == 0, done.err
    [before, after] = there.fake.statuses
    assert (after.sha, after.state, after.target_url) == ("a" * 40, "error", before.target_url)


@pytest.mark.parametrize("denied", ["statuses: read", "statuses: write"])
def test_a_status_that_github_refuses_to_end_is_said(there: OnGitHub, denied: str) -> None:
    daily = merged(there)
    plan(there, daily)
    pending(there, daily)
    there.fake.denied = {denied}
    job(there, "daily", conclusion="failure")
    done = there.cli("report")
    assert done.code == 0, done.err
    assert [state for state, _ in there.statuses()] == ["pending"]
    assert outcomes(written(there))[daily.run_id][0] == "error"
    said = f"the status of `daily` on {there.head[:7]} may stay pending: GitHub refused"
    assert f"::warning title=dbt-gitops::{said}" in done.err
    assert denied in done.err
    assert "may stay pending" in there.summary()


def released(there: OnGitHub) -> Entry:
    """A merge on a branch that isn't the default one, for which no history is written."""
    there.project.git("checkout", "--quiet", "-b", "release")
    there.push("release")
    return merged(there)


def test_what_a_lost_run_of_another_branch_left_pending_is_ended(there: OnGitHub) -> None:
    daily = released(there)
    there.project.write("models/two.sql", ENDLESS)
    process = there.project.start("run", "daily", **there.environ)
    wait_for(
        lambda: len(there.project.runs) == 2 and running(there.project, "model analytics.two")()
    )
    process.kill()
    process.communicate()
    assert [state for state, _ in there.statuses()] == ["pending"]
    pending(there, replace(daily, job="hourly"), "success")  # it has ended as it should
    pending(there, replace(daily, job="exports", workflow_run=78))  # of another run, which goes on
    pending(there, replace(daily, job="other"))
    there.fake.statuses[-1] = replace(there.fake.statuses[-1], context="lint")  # none of ours
    done = there.cli("report")
    assert (done.code, there.outputs().get("history-artifact")) == (0, None), done.err
    [ended] = there.fake.statuses[4:]
    said = "its GitHub job ended without a word: see the log"
    assert (ended.sha, ended.context) == (daily.commit, "dbt / daily")
    assert (ended.state, ended.description) == ("error", said)
    assert ended.target_url == there.fake.statuses[0].target_url
    assert f"`dbt / daily` was left pending on {daily.commit[:7]}: {said}" in done.err
    assert "nothing to report" in there.cli("report").out


def test_what_github_refuses_to_end_on_another_branch_is_said(there: OnGitHub) -> None:
    pending(there, released(there))
    there.fake.denied = {"statuses: write"}
    done = there.cli("report")
    assert done.code == 0, done.err
    assert f"the statuses of {there.head[:7]} may stay pending: GitHub refused" in done.err


def test_several_jobs_files_have_one_history(there: OnGitHub) -> None:
    jobs = (there.project.path / "dbt_jobs.yml").read_text().partition("jobs:\n")[0]
    loads = """jobs:
  load: { environment: production, steps: [dbt build] }
  alarm:
    environment: production
    triggers: { job: { name: load, on: [cancelled] } }
    steps: [dbt build]
"""
    there.project.write("other.yml", jobs + loads)
    daily, load = planned(), planned("load")
    plan(there, daily, load)
    leave(there, daily)
    job(there, "load", conclusion="cancelled", began=False)
    done = there.cli("report", "--config", "dbt_jobs.yml", "--config", "other.yml")
    assert done.code == 0, done.err
    assert set(outcomes(written(there))) == {daily.run_id, load.run_id}
    [(_, asked)] = there.fake.dispatched
    assert asked["inputs"]["job"] == "alarm"


def test_what_left_a_record_has_started_its_own(there: OnGitHub) -> None:
    alarm = """
  alarm:
    environment: production
    triggers: { job: { name: daily, on: [success, error, cancelled] } }
    steps: [dbt build]
"""
    there.project.append("dbt_jobs.yml", alarm)
    daily = planned()
    plan(there, daily)
    leave(there, daily)
    assert there.cli("report").code == 0
    assert not there.fake.dispatched


def test_a_workflow_that_planned_nothing_has_nothing_to_report(there: OnGitHub) -> None:
    plan(there, planned(workflow_run=70))
    done = there.cli("report")
    assert (done.code, there.outputs()) == (0, {})
    assert "nothing to report" in done.out


def test_there_is_nothing_to_report_on_ones_own_machine(there: OnGitHub) -> None:
    done = there.project.cli("report")
    assert done.code == 2
    assert "there is no run to report" in done.err


def runs(there: OnGitHub, *arguments: str) -> Done:
    """On somebody's machine, who has a token."""
    env = {"GITHUB_REPOSITORY": "octo-org/shop", "GITHUB_API_URL": there.fake.api_url}
    cache = str(there.scratch / "cache")
    before = there.fake.count(host="api")
    done = there.project.cli(
        "runs", *arguments, GH_TOKEN=there.fake.token, DBT_GITOPS_CACHE=cache, **env
    )
    there.event["asked"] = str(there.fake.count(host="api") - before)
    return done


def test_runs_are_listed_with_two_requests_the_second_time(
    there: OnGitHub, record_property: Any
) -> None:
    plan(there, planned(), ended(number=1), ended("hourly", 2, "error"))
    first = runs(there)
    assert first.code == 0, first.err
    cold = there.event["asked"]
    second = runs(there)
    assert "under way" in second.out
    assert listed(second) == listed(first)
    record_property("API requests of `runs`, then again", f"{cold}, {there.event['asked']}")
    assert int(there.event["asked"]) <= 2
    plan(there, ended(number=0))
    newer = runs(there)
    assert "under way" not in newer.out
    assert len(newer.out.splitlines()) < len(first.out.splitlines())


def listed(done: Done) -> list[str]:
    return [line.split()[0] for line in done.out.splitlines() if line]


def test_a_plan_on_ones_own_machine_knows_what_was_read_last(there: OnGitHub) -> None:
    plan(there, ended())
    cache = {"DBT_GITOPS_CACHE": str(there.scratch / "cache")}
    here = {"GITHUB_REPOSITORY": "octo-org/shop", "GITHUB_API_URL": there.fake.api_url, **cache}
    push = ("plan", "--event", "push", "--event-path", there.event["GITHUB_EVENT_PATH"])
    assert "the history isn't read" in there.project.cli(*push, **here).out
    runs(there)
    before = there.fake.count()
    done = there.project.cli(*push, **here)
    assert "the history is GitHub's as `dbt-gitops runs` read it last" in done.out
    assert there.fake.count() == before


def test_a_damaged_cache_is_fetched_again(there: OnGitHub) -> None:
    plan(there, ended())
    first = runs(there)
    [kept] = (there.scratch / "cache").rglob("*.kept")
    kept.write_bytes(kept.read_bytes().replace(b'"daily"', b'"dairy"'))
    again = runs(there)
    assert again.out == first.out
    assert int(there.event["asked"]) > 2
    runs(there)
    assert int(there.event["asked"]) <= 2


def test_a_run_is_shown_and_then_again_without_a_request(there: OnGitHub) -> None:
    daily = replace(ended(planned_at=PLANNED), workflow_run=NUMBER)
    plan(there, daily)
    leave(there, daily, notes=("deferring to nothing",), schemas=("analytics",))
    first = runs(there, "show", daily.run_id[-6:])
    assert first.code == 0, first.err
    for part in (daily.run_id, "dbt build", "note: deferring to nothing", "analytics", "success"):
        assert part in first.out
    assert f"https://github.com/octo-org/shop/actions/runs/{NUMBER}" in first.out
    again = runs(there, "show", daily.run_id[-6:])
    assert (again.out, there.event["asked"]) == (first.out, "0")
    assert json.loads(runs(there, "show", daily.run_id, "--json").out)["run_id"] == daily.run_id


def test_what_comes_after_other_jobs_says_how_they_ended(there: OnGitHub) -> None:
    daily = replace(ended(), workflow_run=NUMBER)
    hourly = replace(ended("hourly", status="error"), workflow_run=NUMBER)
    both = planned(
        "slow",
        trigger="job",
        actor="github-actions[bot]",
        cause="`hourly` has ended: error",
        upstream={"daily": daily.run_id, "hourly": hourly.run_id},
        attempt=1,
    )
    # The history has forgotten what it comes after, or hasn't heard yet of its second attempt.
    late = replace(
        both, run_id="20261120T000000Z-slow-fedcba", upstream={"daily": f"{daily.run_id}-2"}
    )
    plan(there, daily, hourly, both, late)
    assert "after `daily` (success) and `hourly` (error)\n" in runs(there, "show", both.run_id).out
    assert "started by  `hourly` has ended: error\n" in runs(there, "show", late.run_id).out


def test_what_has_no_record_is_shown_as_the_history_has_it(there: OnGitHub) -> None:
    lost = replace(ended("hourly", status="error"), workflow_run=NUMBER)
    other = replace(ended(), workflow_run=NUMBER)
    plan(there, lost, other, planned("slow", run_id="20261120T000000Z-slow-abcdef", attempt=2))
    leave(there, other, run_id="20261120T000000Z-daily-000000")
    done = runs(there, "show", lost.run_id)
    assert done.code == 0, done.err
    assert (
        "its record isn't among the artifacts of its run; this is what the history says" in done.out
    )
    assert "hourly: error" in done.out
    assert (
        "given way to that of 20261120T000000Z-daily-000000"
        in runs(there, "show", other.run_id).out
    )
    assert runs(there, "show", lost.run_id, "--json").code == 2
    under_way = runs(there, "show", "abcdef").out
    assert "it waits or runs" in under_way
    assert "slow: under way" in under_way
    assert f"/runs/{NUMBER}/attempts/2" in under_way


def test_a_run_that_nobody_knows_is_a_mistake(there: OnGitHub) -> None:
    one, two = planned(), planned("hourly")
    plan(there, one, two)
    done = runs(there, "show", one.run_id[-6:-1] + "x")
    assert done.code == 2
    assert f"did you mean {one.run_id}" in done.err
    several = runs(there, "show", "0000Z-")
    assert several.code == 2
    assert "is in the ids of 2 runs" in several.err
    assert "there is no job `dayly`" in runs(there, "dayly").err


def test_without_a_token_it_says_so(there: OnGitHub) -> None:
    done = there.project.cli("runs", GITHUB_REPOSITORY="octo-org/shop")
    assert done.code == 3
    assert "there is no token for GitHub" in done.err
