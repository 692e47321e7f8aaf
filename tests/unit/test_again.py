"""What a record says of how a run was asked for, and what stands of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.cli.config_file import load_config
from runner.cli.launch.again import newer_here, recorded_overrides
from runner.cli.launch.overrides import asked_overrides
from runner.errors import ConfigInvalid, StateUnresolved
from runner.events import DispatchOverrides
from runner.execution.deferral import decide_again
from runner.execution.former import Former, carried, check_again, failed_in_a_step, notes
from runner.execution.same_place import elsewhere
from runner.execution.sequence import Planned
from runner.history import same_run
from runner.model import Config
from runner.record import PublishedState, Run, StepResult
from runner.record_json import run_from_json, run_to_json
from runner.steps import parse_step
from tests.conftest import TINY
from tests.fake_github.things import START

ID = "20260131T040000Z-daily-3f2a9c"


def run_of(**changes: Any) -> Run:
    plain: dict[str, Any] = {
        "run_id": ID,
        "job": "daily",
        "environment": "production",
        "status": "error",
        "reason": "`dbt build` failed",
        "trigger": "schedule",
        "cause": "",
        "actor": "",
        "commit": "a" * 40,
        "branch": "main",
        "queued_at": START,
        "started_at": START,
        "finished_at": START,
        "preparation_seconds": 0.0,
        "execution_seconds": 0.0,
    }
    return Run(**{**plain, **changes})


def step(index: int, text: str, status: str, attempt: int = 1, **changes: Any) -> StepResult:
    argv = () if status == "skipped" else tuple(text.split())
    kind = "deps" if text == "dbt deps" else "step"
    plain: dict[str, Any] = {"kind": kind, "status": status, "exit_code": int(status != "success")}
    return StepResult(index=index, text=text, argv=argv, attempt=attempt, **{**plain, **changes})


def state_of(**changes: Any) -> PublishedState:
    plain: dict[str, Any] = {
        "run_id": "r",
        "job": "daily",
        "environment": "production",
        "commit": "b" * 40,
        "sha256": "c" * 64,
        "published_at": START,
        "dbt_version": "1.11.0",
        "project": "tiny",
        "dbt_schema_version": "v12",
    }
    return PublishedState(**{**plain, **changes})


@pytest.fixture
def config(tmp_path: Path) -> Config:
    for name, text in TINY.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return load_config(tmp_path / "dbt_jobs.yml")


EVERYTHING = DispatchOverrides(
    target="ci",
    threads=3,
    vars={"day": "2026-01-31", "most": [1, {"x": None}]},
    env={"DBT_X": "1"},
    steps=("dbt run --select one", "dbt test"),
    schema="other",
    defer_to="production",
    full=False,
    git_ref="v1",
    dbt="1.10.*",
    timeout=timedelta(minutes=90),
    generate_docs=False,
)


def test_what_a_run_was_asked_for_is_asked_for_again(config: Config) -> None:
    job = config.jobs["daily"]
    first = asked_overrides(config, job, EVERYTHING)
    record = run_from_json(run_to_json(run_of(overrides=first.given())))
    again = asked_overrides(config, job, recorded_overrides(record, {"DBT_X": "1"}))
    assert again == first


@pytest.mark.parametrize(
    ("overrides", "env", "said"),
    [
        ({"env": ["A", "B"]}, {"A": "1"}, "was given B by --env"),
        ({}, {"A": "1"}, "wasn't given A"),
        ({"vars": {"x": "***"}}, {}, "its vars held a secret"),
        ({"threads": "many"}, {}, "can't be read"),
    ],
)
def test_what_the_record_does_not_have_is_said(
    overrides: dict[str, Any], env: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        recorded_overrides(run_of(overrides=overrides), env)
    assert said in str(refused.value)


def test_a_pull_requests_run_is_not_run_again_here() -> None:
    with pytest.raises(ConfigInvalid, match="is of pull request 7"):
        check_again(Former(run=run_of(pr_number=7)))


def test_which_run_is_newer(tmp_path: Path) -> None:
    names = (
        *(ID, "20260131T035959Z-daily-ffffff", "20260131T050000Z-daily-2-ffffff"),
        *("20260131T060000Z-weekly-ffffff", "notes"),
    )
    for name in names:
        (tmp_path / ".dbt-gitops/runs" / name).mkdir(parents=True)
    assert newer_here(tmp_path, run_of()) == ""
    (tmp_path / ".dbt-gitops/runs/20260131T040001Z-daily-000000").mkdir()
    assert newer_here(tmp_path, run_of()) == "20260131T040001Z-daily-000000"


@pytest.mark.parametrize(
    ("found", "expected"), [(ID, True), (f"{ID}-2", True), (f"{ID}-x", False), ("x", False)]
)
def test_a_later_attempt_is_the_same_run(found: str, expected: bool) -> None:
    assert same_run(found, ID) is expected


PLAN = tuple(
    Planned(kind="deps" if text == "dbt deps" else "step", step=parse_step(text))
    for text in ("dbt deps", "dbt seed", "dbt build", "dbt test")
)


def test_what_stands_is_carried_to_where_it_is_now() -> None:
    former = run_of(
        steps=(
            step(1, "dbt seed", "success", log="steps/01/console.log"),
            step(2, "dbt build", "error", from_run="older"),
            step(2, "dbt build --select x", "error", attempt=2),
            step(3, "dbt test", "skipped"),
        )
    )
    found = carried(PLAN, former)
    assert {place: [each.attempt for each in results] for place, results in found.items()} == {
        2: [1],
        3: [1, 2],
        4: [],
    }
    assert [each.from_run for each in found[3]] == ["older", ID]
    assert (found[2][0].index, found[2][0].log) == (2, "")
    assert failed_in_a_step(former)


def test_a_run_without_steps_leaves_nothing_and_is_said_so() -> None:
    former = run_of(steps=(step(1, "dbt deps", "success"),))
    assert carried(PLAN, former) == {}
    assert not failed_in_a_step(former)
    said = list(notes(Former(run=former, from_failure=True), "a" * 40))
    assert said == [f"no step of run {ID} had begun, so all are run"]


@pytest.mark.parametrize(
    ("former", "job", "action"),
    [
        (run_of(deferred_to=state_of()), "ci", "defer"),
        (run_of(steps=(step(1, "dbt build", "error"),)), "ci", "full"),
        (run_of(steps=(step(1, "dbt build", "error"),)), "daily", "none"),
    ],
)
def test_it_defers_as_the_former_run_did(
    config: Config, former: Run, job: str, action: str
) -> None:
    decision = decide_again(config.jobs[job], Former(run=former), config, START)
    assert decision
    assert decision.action == action


def test_what_had_not_been_decided_is_decided_now(config: Config) -> None:
    assert decide_again(config.jobs["ci"], Former(run=run_of()), config, START) is None


@pytest.mark.parametrize("changes", [{"job": "gone"}, {"environment": "ci"}])
def test_state_of_no_job_of_the_file_is_not_used(config: Config, changes: dict[str, str]) -> None:
    former = Former(run=run_of(deferred_to=state_of(**changes)))
    with pytest.raises(StateUnresolved, match="deferred to job"):
        decide_again(config.jobs["ci"], former, config, START)


@pytest.mark.parametrize(
    ("recorded", "target", "said"),
    [
        ("prod", "prod", ""),
        ("", None, ""),
        (None, "prod", ""),
        ("prod", "ci", "on target 'prod', and this one would be on target 'ci'"),
        ("prod", None, "on target 'prod', and this one would be on the profile's default target"),
        ("", "prod", "on the profile's default target, and this one would be on target 'prod'"),
    ],
)
def test_where_it_built_is_where_this_one_builds(
    recorded: str | None, target: str | None, said: str
) -> None:
    former = run_of(target=recorded)
    assert elsewhere(former, "production", target) == (said and f"run {ID} was {said}")
    assert "was in environment 'production'" in elsewhere(former, "ci", target)


def test_a_record_without_a_target_and_a_schema_is_noted() -> None:
    failed = run_of(steps=(step(1, "dbt build", "error"),))
    [_, *found] = notes(Former(run=failed, from_failure=True), "a" * 40)
    assert [note.split(", ")[0] for note in found] == [
        f"the record of run {ID} doesn't say its target",
        f"the record of run {ID} doesn't say its schema",
    ]
    told = run_of(steps=failed.steps, target="", target_schema="")
    assert len(list(notes(Former(run=told, from_failure=True), "a" * 40))) == 1
