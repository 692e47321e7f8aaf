"""The warm session and the plain executable do the same: node statuses, relations, contents."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import EXAMPLE, MADE, Project

STEPS = ("dbt seed", "dbt run", "dbt snapshot", "dbt test", "dbt build")
DAILY = """\
    steps:
      - dbt seed
      - dbt build --exclude resource_type:seed    # models, the snapshot and every test
"""
RELATIONS = (
    "select table_schema, table_name, table_type from information_schema.tables"
    " where table_name not like '%__dbt_tmp' order by all"
)


def with_engine(folder: Path, executable: Path | None) -> Project:
    """The example in a repository of its own, with this dbt or with the one that it pins."""
    shutil.copytree(EXAMPLE, folder, ignore=MADE)
    project = Project(path=folder)
    if executable:
        jobs = (folder / "dbt_jobs.yml").read_text()
        pinned = '{ core: "1.11.*", adapter: "duckdb==1.11.*" }'
        assert jobs.count(pinned) == 2
        project.write("dbt_jobs.yml", jobs.replace(pinned, f"{{ executable: {executable} }}"))
    project.init()
    return project


def outcome(record: dict[str, Any]) -> list[tuple[str, str, dict[str, str]]]:
    """Each step's text and status, and its nodes' statuses."""
    return [
        (step["text"], step["status"], {n["unique_id"]: n["status"] for n in step["nodes"]})
        for step in record["steps"]
    ]


def described(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything else that a record says of its nodes, times and threads' order apart."""
    timed = ("seconds", "message", "started_at")
    nodes = [node for step in record["steps"] for node in step["nodes"]]
    return sorted(({k: v for k, v in node.items() if k not in timed} for node in nodes), key=repr)


@pytest.fixture
def both(tmp_path: Path, dbt: Path) -> list[Project]:
    return [
        with_engine(tmp_path / "warm" / "jaffle", None),
        with_engine(tmp_path / "plain" / "jaffle", dbt),
    ]


def test_a_production_job_and_a_deferred_build(both: list[Project]) -> None:
    full, slim = [], []
    for project in both:
        jobs = (project.path / "dbt_jobs.yml").read_text()
        assert jobs.count(DAILY) == 1
        project.write("dbt_jobs.yml", jobs.replace(DAILY, f"    steps: [{', '.join(STEPS)}]\n"))
        project.commit("every command")  # what is committed publishes the state that ci defers to
        done = project.run("daily")
        assert done.code == 0, done.err
        full.append(done.record)
        project.append("models/staging/stg_orders.sql", "\n-- changed\n")
        done = project.run("ci", "--schema", "dbt_ci_here")
        assert done.code == 0, done.err
        slim.append(done.record)
    assert outcome(full[0]) == outcome(full[1])
    assert outcome(slim[0]) == outcome(slim[1])
    assert described(full[0]) == described(full[1])
    assert described(slim[0]) == described(slim[1])
    assert {step["parse"] for step in full[0]["steps"][1:]} == {"reused"}
    assert {step["parse"] for step in full[1]["steps"]} == {""}
    assert full[0]["versions"]["dbt"] == full[1]["versions"]["dbt"]
    relations = [project.query(RELATIONS) for project in both]
    assert relations[0] == relations[1]
    assert len(relations[0]) > 20
    for table in ("analytics.customers", "dbt_ci_here.orders"):
        contents = [project.query(f"select * from {table} order by all") for project in both]
        assert contents[0] == contents[1]


def test_failures_are_the_same(both: list[Project]) -> None:
    records = []
    for project in both:
        jobs = (project.path / "dbt_jobs.yml").read_text()
        project.write(
            "dbt_jobs.yml", jobs.replace("attempts: 2, delay: 1m", "attempts: 1, delay: 1s")
        )
        project.write("models/marts/broken.sql", "select * from nowhere\n")
        project.append(
            "seeds/raw_stores.csv",
            (project.path / "seeds/raw_stores.csv").read_text().splitlines()[1] + "\n",
        )
        done = project.run("daily")
        assert done.code == 1
        records.append(done.record)
    assert outcome(records[0]) == outcome(records[1])
    assert records[0]["reason"] == records[1]["reason"]


def test_a_dbt_on_the_path_is_kept_warm(tiny: Project, dbt: Path) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write(
        "dbt_jobs.yml", jobs.replace('    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }\n', "")
    )
    done = tiny.run("daily", PATH=f"{dbt.parent}:/usr/bin:/bin")
    assert done.code == 0, done.err
    assert "kept warm" in done.err
    assert done.record["versions"]["dbt"].startswith("1.11.")


def test_a_second_installation_installs_nothing(tiny: Project, tmp_path: Path) -> None:
    first = tiny.run("daily", DBT_GITOPS_CACHE=str(tmp_path / "cache"))
    assert first.code == 0, first.err
    assert "installing dbt-core==1.11.* dbt-duckdb==1.11.*" in first.err
    second = tiny.run("daily", DBT_GITOPS_CACHE=str(tmp_path / "cache"))
    assert second.code == 0
    assert "installing" not in second.err


def test_changed_files_are_parsed_again(tiny: Project) -> None:
    """A step may change what the next one parses: here a macro writes a model between them."""
    tiny.write("macros/add.sql", ADD_MODEL)
    tiny.write("models/three.sql", "select 1 as id\n")
    done = tiny.run(
        "daily",
        *("--steps", "dbt run --select three"),
        *("--steps", "dbt run-operation add"),
        *("--steps", "dbt run --select three"),
    )
    assert [step["parse"] for step in done.record["steps"]] == ["parsed", "reused", ""]
    assert done.code == 0, done.err
    assert tiny.query("select * from analytics.three") == [(3,)]


ADD_MODEL = """\
{% macro add() %}
  {% do run_query("copy (select 'select 3 as id') to 'models/three.sql' (header false, quote '', delimiter '')") %}
{% endmacro %}
"""
