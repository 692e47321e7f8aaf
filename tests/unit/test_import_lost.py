"""Imports: a job that has lost a step which builds isn't run as if it were whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.errors import ConfigInvalid
from runner.importing import bolt, dbt_cloud, hand_written, terraform
from runner.importing.draft import Draft
from runner.importing.hand_written.literals import literals_of, resolved
from runner.reports.losses import to_do

BEGIN = """\
name: dbt
on: workflow_dispatch
env:
  TARGET: ci
  TOKEN: ${{ secrets.TOKEN }}
jobs:
  one:
    runs-on: ubuntu-latest
    env: {DBT_TARGET: prod, SELECT: "state:modified+ tag:a"}
    steps:
      - run: dbt deps
"""


def imported(tmp_path: Path, steps: str, begin: str = BEGIN) -> Draft:
    file = tmp_path / "workflow.yml"
    file.write_text(begin + steps)
    return hand_written.read([file])


@pytest.mark.parametrize(
    ("step", "target"),
    [
        ("- run: dbt build --target $DBT_TARGET", "prod"),
        ('- run: dbt build --target "${DBT_TARGET}"', "prod"),
        ("- run: dbt build --target ${{ env.TARGET }}", "ci"),
        ("- run: dbt build --target $OWN\n        env: {OWN: dev, DBT_TARGET: x}", "dev"),
        ("- run: dbt build --target $DBT_TARGET\n        env: {DBT_TARGET: dev}", "dev"),
    ],
)
def test_literals_of_env_stand_in_the_step(step: str, target: str, tmp_path: Path) -> None:
    job = imported(tmp_path, f"      {step}\n").jobs["dbt"]
    assert job["steps"] == ["dbt deps", "dbt build"]
    assert job["target"] == target
    assert "enabled" not in job


@pytest.mark.parametrize(
    "command",
    [
        "dbt build --target ${{ inputs.target }}",
        "dbt build --target prod ${{ inputs.full && '--full-refresh' || '' }}",
        "dbt --no-use-colors run --target $OTHER",
        "dbt test --select $(cat models.txt)",
        "dbt seed || true",
        "docker run dbt-image dbt snapshot",
        "for m in a b; do dbt run --select $m; done",
    ],
)
def test_a_job_that_lost_a_build_is_off(command: str, tmp_path: Path) -> None:
    draft = imported(
        tmp_path, f"      - run: |\n          {command}\n      - run: dbt docs generate\n"
    )
    assert draft.jobs["dbt"]["steps"] == ["dbt deps", "dbt docs generate"]
    assert draft.jobs["dbt"]["enabled"] is False
    assert "Off: " in draft.comments["jobs", "dbt"]
    assert any(command in hint for hint, _, _ in to_do(draft.rows))
    # The other steps come from the workflow at each import, so it stays off with them.
    assert ("jobs", "dbt", "enabled") not in draft.proposed


@pytest.mark.parametrize(
    "step",
    [
        "- run: dbt deps --target ${{ inputs.target }}",
        "- run: dbt ls --select $MODELS",
        "- run: echo dbt build",
        "- {run: dbt retry, if: failure()}",
    ],
)
def test_what_builds_nothing_may_be_lost(step: str, tmp_path: Path) -> None:
    draft = imported(tmp_path, f"      {step}\n")
    assert "enabled" not in draft.jobs["dbt"]


def test_a_variable_that_a_script_sets_is_not_known(tmp_path: Path) -> None:
    steps = '      - run: echo "DBT_TARGET=$(cat target)" >> "$GITHUB_ENV"\n'
    draft = imported(tmp_path, f"{steps}      - run: dbt build --target $DBT_TARGET\n")
    assert draft.jobs["dbt"]["enabled"] is False


def test_a_job_of_nothing_else_is_refused_with_its_line(tmp_path: Path) -> None:
    begin = "on: workflow_dispatch\njobs:\n  one:\n    steps:\n"
    with pytest.raises(ConfigInvalid, match=r"workflow\.yml:5 has .*inputs\.t ") as raised:
        imported(tmp_path, "    - run: dbt build --target ${{ inputs.t }}\n", begin)
    assert "hand" in (raised.value.hint or "")


def test_values_are_put_where_a_shell_and_github_put_them() -> None:
    literals = {"A": "ci", "B": "x y"}
    said, names = resolved("""dbt $A '$A ${{ env.A }}' "${B} \\$A" \\$A ${C} $AB""", literals)
    assert said == """dbt ci '$A ci' "x y \\$A" \\$A ${C} $AB"""
    assert names == ["A", "B"]


def test_what_is_no_literal() -> None:
    given = {
        "PLAIN": "ci", "NUMBER": 4, "FLAG": True, "SECRET": "${{ secrets.X }}", "PASSWORD": "x",
        "QUOTED": "'a'", "SET": "a", "NONE": None, "GLOB": "a;b",
    }  # fmt: skip
    assert literals_of(given, "SET=b dbt build") == {"PLAIN": "ci", "NUMBER": "4", "FLAG": "true"}


@pytest.mark.parametrize(
    ("step", "flag"),
    [
        ("- run: dbt source freshness || true", "source_freshness"),
        ('- run: "dbt source freshness --target $DBT_TARGET || :"', "source_freshness"),
        ("- {run: dbt source freshness, continue-on-error: true}", "source_freshness"),
        ("- {run: dbt docs generate --target prod, continue-on-error: true}", "generate_docs"),
        ("- run: |\n          dbt docs generate || true\n          echo done", "generate_docs"),
    ],
)
def test_what_may_fail_becomes_a_flag(step: str, flag: str, tmp_path: Path) -> None:
    draft = imported(tmp_path, f"      {step}\n      - run: dbt build --target prod\n")
    job = draft.jobs["dbt"]
    assert job["steps"] == ["dbt deps", "dbt build"]
    assert (job[flag], job["target"]) == (True, "prod")
    assert "enabled" not in job
    assert f"jobs.dbt.{flag}" in {row.to for row in draft.rows}
    assert not to_do(draft.rows)


@pytest.mark.parametrize(
    "step",
    [
        "dbt source freshness",
        "dbt source freshness --select source:a || true",
        "dbt source freshness --target dev || true",
    ],
)
def test_freshness_that_a_flag_doesnt_say(step: str, tmp_path: Path) -> None:
    draft = imported(tmp_path, f"      - run: {step}\n      - run: dbt build --target prod\n")
    assert "source_freshness" not in draft.jobs["dbt"]


def test_a_job_of_flags_alone_keeps_its_steps(tmp_path: Path) -> None:
    begin = "on: workflow_dispatch\njobs:\n  one:\n    steps:\n"
    draft = imported(tmp_path, "    - run: dbt source freshness || true\n", begin)
    assert draft.jobs["workflow"]["steps"] == ["dbt source freshness"]
    assert any("ends the job when it fails" in row.why for row in draft.rows)


def test_other_steps_that_may_fail_are_left_to_do(tmp_path: Path) -> None:
    draft = imported(tmp_path, "      - {run: dbt test, continue-on-error: true}\n")
    assert draft.jobs["dbt"]["steps"] == ["dbt deps", "dbt test"]
    assert any("`dbt test`" in hint for hint, _, _ in to_do(draft.rows))


def test_a_schedule_of_bolt_that_lost_a_build_is_off(tmp_path: Path) -> None:
    file = tmp_path / "paradime_schedules.yml"
    file.write_text(
        "schedules:\n  - name: daily\n    schedule: 0 6 * * *\n    commands:\n"
        "      - dbt deps && dbt build --select $MODELS\n      - dbt run | tee log\n"
        "      - dbt docs generate\n      - dbt compile $ARGS\n"
    )
    draft = bolt.read([file])
    assert draft.jobs["daily"]["steps"] == ["dbt deps", "dbt docs generate"]
    assert draft.jobs["daily"]["enabled"] is False
    hints = " ".join(hint for hint, _, _ in to_do(draft.rows) if "enabled: false" in hint)
    assert "dbt build --select $MODELS" in hints
    assert "dbt run | tee log" in hints
    assert "dbt compile" not in hints


@pytest.mark.parametrize(
    ("command", "enabled"),
    [
        ("dbt build --select $MODELS", False),
        ("dbt build --select state:modified", False),
        ("dbt ls --select state:modified", True),
        ("dbt ls $ARGS", True),
    ],
)
def test_a_job_of_dbt_cloud_that_lost_a_build_is_off(
    command: str, enabled: bool, tmp_path: Path
) -> None:
    file = tmp_path / "jobs.json"
    triggers = {"schedule": True, "github_webhook": True}
    steps = ["dbt deps", command]
    job = {"id": 1, "name": "a", "triggers": triggers, "execute_steps": steps}
    file.write_text(json.dumps({"data": [job]}))
    draft = dbt_cloud.read([file])
    assert {name: job.get("enabled", True) for name, job in draft.jobs.items()} == {
        "a": enabled,
        "a-ci": enabled,
    }
    assert {path for path in draft.comments if path[0] == "jobs"} == (
        set() if enabled else {("jobs", "a"), ("jobs", "a-ci")}
    )
    assert any(command in hint for hint, _, _ in to_do(draft.rows)) is not enabled


@pytest.mark.parametrize(
    ("step", "enabled"), [("dbt build -s ${var.x}", False), ("dbt build", True)]
)
def test_a_job_of_terraform_with_an_unknown_step_is_off(
    step: str, enabled: bool, tmp_path: Path
) -> None:
    (tmp_path / "jobs.tf").write_text(
        f'resource "dbtcloud_job" "a" {{\n  name = "a"\n  environment_id = 1\n  project_id = 2\n'
        f'  execute_steps = ["dbt deps", "{step}"]\n  triggers = {{ "schedule" : true }}\n}}\n'
    )
    draft = terraform.read([tmp_path])
    assert draft.jobs["a"].get("enabled", True) is enabled
    assert any("enabled: false" in hint for hint, _, _ in to_do(draft.rows)) is not enabled
