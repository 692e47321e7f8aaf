"""A project without a jobs file: `init`, then production and a pull request's build by real dbt."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import EXAMPLE, MADE, Project


@pytest.fixture
def bare(tmp_path: Path) -> Project:
    """The example as somebody has it who has no jobs file yet."""
    path = tmp_path / "jaffle"
    shutil.copytree(EXAMPLE, path, ignore=MADE)
    (path / "dbt_jobs.yml").unlink()
    project = Project(path=path, env={"TZ": "UTC"})
    project.write("requirements.txt", "dbt-core==1.11.16\ndbt-duckdb==1.11.1\n")
    project.init()
    return project


def test_production_and_a_pull_requests_build(bare: Project) -> None:
    done = bare.cli("init", "--yes")
    assert (done.code, done.err) == (0, "")
    checked = bare.cli("validate")
    assert (checked.code, "warning" in checked.out) == (0, False)
    bare.commit("jobs")

    ran = bare.run("production")
    assert ran.code == 0, ran.err
    steps = [step["text"] for step in ran.record["steps"]]
    assert steps == ["dbt source freshness", "dbt build", "dbt docs generate"]
    assert bare.query("select count(*) from analytics.orders")[0][0] > 0
    # A manifest counts the same as its files did.
    (bare.path / "dbt_jobs.yml").unlink()
    again = bare.cli("init", "--yes").out
    assert "15 models, 1 of them incremental, counted in target/manifest.json" in again

    refreshed = bare.run("full-refresh")
    assert refreshed.code == 0, refreshed.err

    # On one's own machine state lives in a folder: what is tried here is the jobs.
    text = (bare.path / "dbt_jobs.yml").read_text().replace("state: github", "state: kept")
    bare.write("dbt_jobs.yml", text)
    bare.append(".gitignore", "kept/\n")
    bare.commit("state in a folder")
    assert bare.run("production").code == 0
    bare.git("switch", "--quiet", "--create", "change")
    bare.append("models/marts/customers.sql", "-- changed\n")
    bare.commit()
    built = bare.run("ci", "--schema", "dbt_ci_pr_1")
    assert built.code == 0, built.err
    assert bare.query("select count(*) from dbt_ci_pr_1.customers")[0][0] > 0
