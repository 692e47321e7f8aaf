"""What is said of what can't be: once, in the same words, with the nearest that can."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Project
from tests.github_commands import commands_of

JOBS = """\
version: 1
environments:
  production: { target: prod }
defaults: { environment: production, steps: [dbt build] }
jobs:
  ingest: { triggers: { dispatch: true } }
  daily: { triggers: { schedule: { cron: "17 5 * * *" } } }
"""
WRONG = JOBS.replace("{ dispatch", "{ dispach").replace("] }", "], stepz: [] }")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(path=tmp_path / "shop")
    made.write("dbt_jobs.yml", JOBS)
    made.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n")
    made.init()
    return made


@pytest.mark.parametrize("command", [("run", "daily"), ("runs",), ("plan",), ("sync",)])
def test_a_problem_of_the_jobs_file_is_said_once(
    project: Project, command: tuple[str, ...]
) -> None:
    project.write("dbt_jobs.yml", WRONG)
    done = project.cli(*command)
    assert (done.code, done.out) == (2, "")
    problems = [line for line in done.err.splitlines() if "unknown key" in line]
    assert problems == [
        "error: unknown key `stepz` in `defaults`",
        "error: unknown key `dispach` in `jobs.ingest.triggers`",
    ]
    assert done.err.endswith("\n2 problems in dbt_jobs.yml\n")


def test_on_github_each_problem_is_one_annotation_and_the_summary_has_the_first(
    project: Project, tmp_path: Path
) -> None:
    project.write("dbt_jobs.yml", WRONG)
    summary = tmp_path / "summary.md"
    done = project.cli("runs", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    lines = done.err.splitlines()
    assert commands_of(lines) == ["error", "error"]
    found = [line for line in lines if line.startswith("::error ")]
    assert all("unknown key" in each and "file=dbt_jobs.yml" in each for each in found)
    assert done.err.count("2 problems in dbt_jobs.yml") == 1
    assert "dbt_jobs.yml:4: unknown key `stepz` in `defaults`" in summary.read_text()
