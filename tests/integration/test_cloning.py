"""Changed incremental models start as a clone of production's table, where the adapter can clone."""

from __future__ import annotations

from typing import Any

import pytest

from runner.execution.cloning import clone_steps
from runner.steps import parse_step
from tests.conftest import Project

# DuckDB can't clone without copying; this project says that it can, by the same macros of dbt's that
# the adapters of Snowflake, BigQuery and Databricks have.
CAN_CLONE = """\
{% macro duckdb__can_clone_table() %}{{ return(True) }}{% endmacro %}
{% macro duckdb__create_or_replace_clone(this_relation, defer_relation) %}
  create or replace table {{ this_relation.render() }} as select * from {{ defer_relation.render() }}
{% endmacro %}
"""
# Production's first run brings everybody, a run on what is there only those who are new: nobody.
INCREMENTAL = """\
{{ config(materialized='incremental') }}
select * from {{ ref('people') }} {% if is_incremental() %} where id > 100 {% endif %}
"""


@pytest.fixture
def growing(tiny: Project) -> Project:
    tiny.write("models/grows.sql", INCREMENTAL)
    tiny.write("models/grows_too.sql", INCREMENTAL)
    tiny.write("models/stays_incremental.sql", INCREMENTAL)
    tiny.write("models/below.sql", "select * from {{ ref('grows') }}\n")
    return tiny


def change(project: Project) -> dict[str, Any]:
    """Two incremental models changed, one new, a table changed: the run of the pull request's job."""
    project.commit("models")
    assert project.run("daily").code == 0
    project.git("checkout", "--quiet", "-b", "change")
    for name in ("grows", "grows_too", "one"):
        project.append(f"models/{name}.sql", "-- changed\n")
    project.write("models/new_one.sql", INCREMENTAL)
    project.commit()
    done = project.run("ci", "--schema", "pr")
    assert done.code == 0, done.err
    return done.record


def results(record: dict[str, Any], kind: str) -> dict[str, str]:
    steps = [step for step in record["steps"] if step["kind"] == kind]
    return {node["name"]: node["status"] for step in steps for node in step["nodes"]}


def test_exactly_the_changed_incremental_models_are_cloned(growing: Project) -> None:
    growing.write("macros/clone.sql", CAN_CLONE)
    record = change(growing)
    assert [step["kind"] for step in record["steps"]] == ["compare", "clone", "step"]
    assert results(record, "clone") == {"grows": "success", "grows_too": "success"}
    built = {"grows", "grows_too", "new_one", "one", "two", "below", "unique_two_id"}
    assert set(results(record, "step")) == built
    # What production had is there, although the pull request's own build brought nothing.
    assert growing.query("select count(*) from pr.grows") == [(2,)]
    assert growing.query("select count(*) from pr.below") == [(2,)]
    assert not [note for note in record["notes"] if "clone" in note]


def test_where_the_adapter_can_not_clone_the_record_says_so(growing: Project) -> None:
    record = change(growing)
    assert [step["kind"] for step in record["steps"]] == ["compare", "step"]
    [note] = [note for note in record["notes"] if "clone" in note]
    assert note == (
        "not cloned from production, because duckdb can't clone tables: `grows`, `grows_too`;"
        " an incremental model that this run's schema doesn't hold yet is built in full"
    )


def test_a_clone_that_fails_fails_the_job(growing: Project) -> None:
    broken = CAN_CLONE.replace("select * from", "select nothing_of_the_kind from")
    growing.write("macros/clone.sql", broken)
    growing.commit("models")
    assert growing.run("daily").code == 0
    growing.git("checkout", "--quiet", "-b", "change")
    growing.append("models/grows.sql", "-- changed\n")
    growing.commit()
    done = growing.run("ci", "--schema", "pr")
    assert done.code == 1
    assert [step["status"] for step in done.record["steps"]] == ["success", "error", "skipped"]
    assert done.record["reason"].startswith("`dbt clone --select ")


@pytest.mark.parametrize(
    ("step", "clone"),
    [
        (
            "dbt build --select state:modified+",
            "dbt clone --select state:modified+,config.materialized:incremental,state:old",
        ),
        (
            "dbt run -s state:modified.body+ tag:a,state:new --exclude tag:slow --vars '{a: 1}' --quiet",
            "dbt clone --vars '{a: 1}' --select"
            " state:modified.body+,config.materialized:incremental,state:old"
            " tag:a,state:new,config.materialized:incremental,state:old --exclude tag:slow",
        ),
        (
            "dbt build --exclude state:unmodified",
            "dbt clone --select config.materialized:incremental,state:old --exclude state:unmodified",
        ),
        ("dbt build --select state:modified+ --full-refresh", ""),
        ("dbt test --select state:modified+", ""),
        ("dbt build", ""),
    ],
)
def test_the_clone_of_a_step(step: str, clone: str) -> None:
    assert [each.text for each in clone_steps((parse_step(step),))] == ([clone] if clone else [])
