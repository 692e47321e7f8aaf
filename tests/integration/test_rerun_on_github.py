"""On GitHub a run is run again as a dispatch asks, or by GitHub's own re-run of what failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from runner.history import Entry, History, Outcome
from runner.history_json import HISTORY, entry_to_json, history_from_json, history_to_json
from tests.conftest import Done, Project, copy_of
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.things import FORK, OWN, START, Job, Step
from tests.integration.test_rerun import shape, write_broken
from tests.on_github import OnGitHub


@pytest.fixture(scope="module")
def after_daily(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("failed")
    scratch = folder / "scratch"
    scratch.mkdir()
    with FakeGitHub() as fake:
        there = OnGitHub(project=write_broken(folder / "tiny"), fake=fake, scratch=scratch)
        there.dispatch({"job": "daily"})
        assert there.cli("run", "daily").code == 1
    return folder


@pytest.fixture
def there(after_daily: Path, tmp_path: Path) -> Iterator[OnGitHub]:
    """A run of the job has failed in the second of its three steps, and left its folder."""
    folder = copy_of(after_daily, tmp_path).path
    output = folder / "scratch" / "output"
    output.write_text(output.read_text().replace(str(after_daily), str(folder)))
    project = Project(path=folder / "tiny")
    with FakeGitHub() as fake:
        on_github = OnGitHub(project=project, fake=fake, scratch=output.parent)
        on_github.dispatch({"job": "daily"})
        on_github.upload(id=77)
        yield on_github


def first(there: OnGitHub) -> str:
    return there.project.runs[0].name


def fixed(there: OnGitHub) -> None:
    there.project.append("dbt_project.yml", "vars: { most: 1 }\n")
    there.project.commit("fixed")


def again(there: OnGitHub, **env: str) -> Done:
    """On another machine, which has nothing of the first run."""
    for path in there.project.runs[1:]:
        path.rename(there.scratch / path.name)
    return there.cli("run", "daily", "--json", **env)


def asked(there: OnGitHub, run_id: str, **inputs: str) -> Done:
    there.dispatch({"job": "daily", "rerun": run_id, "cause": "it is fixed", **inputs})
    return again(there, GITHUB_RUN_ID="78")


def test_a_dispatch_goes_on_from_the_failure(there: OnGitHub) -> None:
    fixed(there)
    done = asked(there, first(there), from_failure="true")
    assert done.code == 0, done.err
    record = done.record
    assert [step[0] for step in shape(record) if not step[3]] == ["run", "test"]
    assert record["rerun_of"] == first(there)
    assert record["cause"] == f"it is fixed: run {first(there)} again, from its failure"
    assert record["trigger"] == "dispatch"
    assert "a retry publishes none" in record["state_reason"]


def test_a_dispatch_runs_all_of_it_again(there: OnGitHub) -> None:
    fixed(there)
    done = asked(there, first(there))
    assert done.code == 0, done.err
    assert [step[3] for step in shape(done.record)] == [False, False, False]
    assert done.record["state_published"]
    assert done.record["rerun_of"] == first(there)


def test_only_the_latest_is_run_again(there: OnGitHub) -> None:
    assert again(there).code == 1
    newer = there.project.runs[-1].name
    there.upload()
    done = asked(there, first(there), from_failure="true")
    assert done.code == 2
    assert f"run {newer} is newer" in done.err
    assert asked(there, newer, from_failure="true").code == 1


def test_what_can_not_be_believed_is_not_gone_on_from(there: OnGitHub) -> None:
    there.fake.artifacts[0].run.head_repository = FORK
    done = asked(there, first(there), from_failure="true")
    assert done.code == 3
    assert "there is no record of run" in done.err
    assert "it is from a fork" in done.err
    assert "hint: `daily` begins anew with its next start" in done.err
    jobs = (there.project.path / "dbt_jobs.yml").read_text()
    dispatched = jobs.replace("  daily:\n", "  daily:\n    triggers: { dispatch: true }\n")
    there.project.write("dbt_jobs.yml", dispatched)
    done = asked(there, first(there), from_failure="true")
    assert "hint: start the job anew: dbt-gitops trigger daily --cause …" in done.err


def test_githubs_own_rerun_goes_on_from_the_failure(there: OnGitHub) -> None:
    done = again(there, GITHUB_RUN_ATTEMPT="2")
    assert done.code == 1, done.err
    assert done.record["rerun_of"] == first(there)
    assert shape(done.record)[1:3] == [("run", 1, "error", True), ("run", 2, "error", False)]


def test_a_rerun_that_left_nothing_is_asked_for_once_more(there: OnGitHub) -> None:
    fixed(there)
    inputs = {"job": "daily", "rerun": first(there), "from_failure": "true"}
    there.dispatch(inputs)
    done = again(there, GITHUB_RUN_ID="78", GITHUB_RUN_ATTEMPT="2")
    assert done.code == 0, done.err
    assert done.record["rerun_of"] == first(there)
    assert [step[0] for step in shape(done.record) if not step[3]] == ["run", "test"]


PLANNED = Entry(
    run_id="20991231T040000Z-daily-3f2a9c",
    job="daily",
    environment="production",
    trigger="dispatch",
    cause="asked for",
    planned_at=START,
    workflow_run=77,
)


def write_history(there: OnGitHub, *entries: Entry) -> None:
    there.project.write(f".dbt-gitops/state/{HISTORY}", history_to_json(History(entries=entries)))


def plan(there: OnGitHub, run_id: str, **inputs: str) -> Entry:
    """What the workflow starts for a dispatch of this rerun, by the history that the project has."""
    there.dispatch({"job": "daily", "rerun": run_id, **inputs})
    done = there.cli("plan", GITHUB_RUN_ID="78")
    assert done.code == 0, done.err
    file = there.project.path / f".dbt-gitops/state/{HISTORY}"
    return history_from_json(file.read_text()).entries[0]


@pytest.mark.parametrize(("planned_in", "goes_on"), [(1, True), (2, False)])
def test_who_plans_anew_runs_all_of_it(there: OnGitHub, planned_in: int, goes_on: bool) -> None:
    """ "Re-run failed jobs" keeps the plan of the first attempt, "Re-run all jobs" makes another."""
    planned = replace(PLANNED, attempt=planned_in)
    for path in there.project.runs[1:]:
        path.rename(there.scratch / path.name)
    start = entry_to_json(planned)
    done = there.cli("run", "daily", "--json", "--start", start, GITHUB_RUN_ATTEMPT="2")
    assert done.code == 1, done.err
    assert done.record["run_id"] == "20991231T040000Z-daily-3f2a9c-2"
    assert done.record["rerun_of"] == (first(there) if goes_on else "")


def record_with(there: OnGitHub, **changes: Any) -> None:
    """The former attempt's record says something else."""
    from tests.on_github import zipped

    folder = there.project.runs[0]
    record = {**json.loads((folder / "run.json").read_text()), **changes}
    there.fake.artifacts.clear()
    content = zipped(folder, run_json=json.dumps(record))
    there.fake.add_artifact("dbt-gitops-run.daily", content, run=there.fake.runs[77])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"steps": []}, "ended as error and failed in no step"),
        ({"job": "weekly"}, "its record is of job 'weekly'"),
        ({"schema": "x"}, "its schema is"),
        ({"target": "ci"}, "was on target 'ci', and this one would be on target 'prod'"),
        ({"environment": "ci"}, "was in environment 'ci', and the job is in 'production'"),
    ],
)
def test_githubs_own_rerun_runs_in_full_where_there_is_no_failure_to_go_on_from(
    there: OnGitHub, changes: dict[str, Any], why: str
) -> None:
    record_with(there, **changes)
    done = again(there, GITHUB_RUN_ATTEMPT="2")
    assert (done.code, done.record["rerun_of"]) == (1, "")
    assert done.record["notes"][0].startswith("GitHub runs this again, in full: ")
    assert why in done.record["notes"][0]


@pytest.mark.parametrize("attempt", ["1", "2"])
def test_what_was_built_elsewhere_is_not_gone_on_from(there: OnGitHub, attempt: str) -> None:
    """A dispatch has asked for the failure alone, so all isn't run in its place."""
    record_with(there, target="ci")
    there.dispatch({"job": "daily", "rerun": first(there), "from_failure": "true"})
    done = again(there, GITHUB_RUN_ID="78", GITHUB_RUN_ATTEMPT=attempt)
    assert done.code == 2
    assert f"the failure of run {first(there)} can't be gone on from" in done.err
    assert f"dbt-gitops rerun {first(there)}, without --from-failure" in done.err
    assert len(there.project.runs) == 1


@pytest.mark.parametrize("named", ["the refused one", "the original"])
def test_what_was_refused_for_its_place_is_run_again_in_full(there: OnGitHub, named: str) -> None:
    """The job has no `dispatch: true`, so nothing else starts it on GitHub."""
    record_with(there, target="ci")
    ran = Outcome(status="error", reason="`dbt run` failed", steps=3)
    now = datetime.now(timezone.utc)
    original = replace(PLANNED, run_id=first(there), outcome=ran, attempt=1, planned_at=now)
    write_history(there, original)
    planned = plan(there, first(there), from_failure="true")
    refused = there.cli("run", "daily", "--start", entry_to_json(planned), GITHUB_RUN_ID="78")
    assert (refused.code, planned.rerun_of) == (2, first(there)), refused.err
    steps = [Step(name="Run dbt", conclusion="failure")]
    jobs = [Job(name="production daily", conclusion="failure", steps=steps)]
    there.fake.runs[78] = replace(there.fake.runs[77], id=78, jobs={1: jobs})
    assert there.cli("report", GITHUB_RUN_ID="78").code == 0
    for path in there.project.runs:
        path.rename(there.scratch / path.name)
    asked_for = planned.run_id if named == "the refused one" else original.run_id
    env = {"GITHUB_REPOSITORY": OWN.full_name, "GITHUB_API_URL": there.fake.api_url}
    done = there.project.cli("rerun", asked_for, **env, GH_TOKEN=there.fake.token)
    assert done.code == 0, done.err
    assert ("left no record, so run" in done.err) == (named == "the refused one")
    [(_, dispatched)] = there.fake.dispatched
    assert dispatched["inputs"]["rerun"] == original.run_id
    fixed(there)
    start = entry_to_json(plan(there, original.run_id))
    done = there.cli("run", "daily", "--json", "--start", start, GITHUB_RUN_ID="79")
    assert done.code == 0, done.err
    assert done.record["rerun_of"] == original.run_id
    assert [step[3] for step in shape(done.record)] == [False, False, False]


def test_githubs_own_rerun_of_a_run_on_another_target_goes_on_there(there: OnGitHub) -> None:
    record_with(there, target="ci", overrides={"target": "ci"})
    done = again(there, GITHUB_RUN_ATTEMPT="2")
    assert (done.record["rerun_of"], done.record["target"]) == (first(there), "ci")


def test_githubs_own_rerun_runs_in_full_where_nothing_was_left(there: OnGitHub) -> None:
    there.fake.artifacts.clear()
    done = again(there, GITHUB_RUN_ATTEMPT="2")
    assert "the former attempt has left no record" in done.record["notes"][0]
    there.fake.faults.append(Fault(path="/artifacts", status=404, message="Not Found"))
    done = again(there, GITHUB_RUN_ATTEMPT="3")
    assert "can't be used: GitHub refused" in done.record["notes"][0]


def test_a_pull_requests_job_always_runs_in_full(there: OnGitHub) -> None:
    there.project.git("checkout", "--quiet", "-b", "change")
    there.project.append("models/one.sql", "-- changed\n")
    there.project.commit("change one")
    there.pull_request()
    jobs = (there.project.path / "dbt_jobs.yml").read_text()
    assert "on_missing" not in jobs
    done = there.cli("run", "ci", "--json", "--full", GITHUB_RUN_ATTEMPT="2")
    assert done.record["rerun_of"] == ""
    assert there.fake.count(path="/artifacts") == 0
