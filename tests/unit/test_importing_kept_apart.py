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
