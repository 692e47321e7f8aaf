"""An import of the jobs of pull requests alone leaves the environment of the file's other jobs alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.cli.main import run
from runner.importing.writing import config_of

FILE = Path("dbt_jobs.yml")
PLACE = {"id": 5, "name": "P"}
JOB = {"project_id": 1, "environment_id": 5, "environment": PLACE, "execute_steps": ["dbt build"]}
CRON = {"date": {"type": "every_day"}, "time": {"type": "at_exact_hours", "hours": [6]}}
DAILY = {**JOB, "id": 1, "name": "daily", "triggers": {"schedule": True}, "schedule": CRON}
CI = {**JOB, "id": 2, "name": "ci", "triggers": {"github_webhook": True}, "job_type": "ci"}
BY_HAND = """\
version: 1
state: github
environments:
  p: { target: prod }
jobs:
  nightly:
    environment: p
    triggers: { dispatch: true }
    steps: [dbt build]
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "jobs.json"


def imported(source: Path, *jobs: object) -> str:
    source.write_text(json.dumps({"data": jobs}))
    assert run(["import", "dbt-cloud", str(source)]) == 0
    assert run(["import", "dbt-cloud", str(source), "--check"]) == 0
    return FILE.read_text()


def test_a_job_that_has_gone_keeps_its_environment(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = imported(source, DAILY, CI)
    capsys.readouterr()
    assert imported(source, CI) == both
    assert 'environment.name = "P" → environments.p-ci' in capsys.readouterr().out
    config = config_of(FILE, both)
    assert (config.jobs["daily"].environment, config.jobs["ci"].environment) == ("p", "p-ci")


def test_a_job_of_somebody_else_keeps_its_environment(source: Path) -> None:
    FILE.write_text(BY_HAND)
    config = config_of(FILE, imported(source, CI))
    assert config.environments["p"].schema is None
    assert config.jobs["ci"].environment == "p-ci"
    assert "pr_number" in (config.environments["p-ci"].schema or "")


NIGHTLY = """\
name: Nightly
on: { schedule: [{ cron: "30 3 * * *" }] }
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{ run: dbt build --target prod }]
"""
SLIM = """\
name: CI
on: { pull_request: { branches: [main] } }
jobs:
  ci:
    runs-on: ubuntu-latest
    steps:
      - run: aws s3 cp s3://b/manifest.json state/manifest.json
      - run: dbt build -s state:modified+ --defer --state state --target ci
"""


def test_slim_ci_without_its_deployment_builds_nothing_rather_than_all(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = source.parent / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "nightly.yml").write_text(NIGHTLY)
    slim = folder / "ci.yml"
    slim.write_text(SLIM)
    assert run(["import", "workflow"]) == 0
    both = FILE.read_text()
    assert "defer: {to: production}" in both
    assert run(["import", "workflow", str(slim)]) == 0
    assert FILE.read_text() == both
    FILE.unlink()
    capsys.readouterr()
    assert run(["import", "workflow", str(slim)]) == 0
    said = capsys.readouterr().out.partition("What is left to do")[2]
    assert "write its selection and `defer` by hand, then remove `enabled: false`" in said
    job = config_of(FILE, FILE.read_text()).jobs["ci"]
    assert (job.enabled, [step.text for step in job.steps]) == (False, ["dbt build"])
    by_hand = FILE.read_text().replace("- dbt build\n", "- dbt build --select tag:ci\n")
    by_hand = by_hand.replace("    enabled: false\n", "")
    FILE.write_text(by_hand)
    assert run(["import", "workflow", str(slim)]) == 0
    assert run(["import", "workflow", str(slim), "--check"]) == 0
    assert FILE.read_text() == by_hand
