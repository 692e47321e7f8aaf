"""Import of workflows: the schema of a pull request."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.importing import hand_written
from runner.importing.draft import Draft
from runner.importing.hand_written.schemas import names_schema
from runner.reports.losses import to_do


def imported(tmp_path: Path, *schemas: str, on: str = "pull_request") -> Draft:
    jobs = "".join(
        f"  job{number}:\n    env: {{DBT_SCHEMA: '{schema}'}}\n    steps:\n      - run: dbt build\n"
        for number, schema in enumerate(schemas)
    )
    file = tmp_path / "workflow.yml"
    file.write_text(f"on: {on}\njobs:\n{jobs}")
    return hand_written.read([file])


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("ci_pr_${{ github.event.number }}", "ci_pr_{pr_number}"),
        ("${{github.event.pull_request.number}}_ci", "{pr_number}_ci"),
        ("run_${{ github.run_id }}", "run_{pr_number}"),
    ],
)
def test_the_schema_of_a_pull_request(value: str, schema: str, tmp_path: Path) -> None:
    draft = imported(tmp_path, value)
    assert draft.environments["ci"]["schema"] == schema
    assert "env" not in draft.jobs["workflow"]
    assert not to_do(draft.rows)


@pytest.mark.parametrize(
    "value",
    [
        "ci_${{ github.head_ref }}",
        "a-b.${{ github.event.number }}",
        "ci_${{ github.event.number }}_${{ github.run_id }}",
    ],
)
def test_a_schema_that_no_template_says_is_left_to_do(value: str, tmp_path: Path) -> None:
    draft = imported(tmp_path, value)
    assert draft.environments["ci"]["schema"] == "dbt_ci_pr_{pr_number}"
    assert any("environments.ci.schema" in hint for hint, _, _ in to_do(draft.rows))


def test_two_jobs_with_other_schemas(tmp_path: Path) -> None:
    draft = imported(tmp_path, "a_${{ github.event.number }}", "b_${{ github.event.number }}")
    assert draft.environments["ci"]["schema"] == "a_{pr_number}"
    assert [fields for _, fields, _ in to_do(draft.rows)] == ["jobs.job1.env.DBT_SCHEMA"]


def test_a_deployment_has_no_such_schema(tmp_path: Path) -> None:
    draft = imported(tmp_path, "ci_${{ github.run_id }}", on="push")
    assert "schema" not in draft.environments["production"]


def test_which_variables_name_it() -> None:
    assert names_schema("DBT_SCHEMA")
    assert names_schema("dbt_ci_schema")
    assert names_schema("BIGQUERY_DATASET")
    assert not names_schema("SOURCE_SCHEMA")
    assert not names_schema("DBT_SCHEMA_VERSION")
