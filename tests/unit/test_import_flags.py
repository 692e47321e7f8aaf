"""What stands in a command beside dbt's own words: secrets, and options that a job says for all steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.importing import bolt, dbt_cloud
from runner.importing.fields import shown
from runner.importing.writing import config_of, drafted

SCHEDULES = """\
schedules:
  - name: daily
    slug: daily
    schedule: "0 4 * * *"
    environment: production
    commands:
      - command: DBT_ENV_SECRET_X=hunter1 dbt seed --no-defer
      - DB_PASSWORD=hunter2 REGION=eu dbt build
{more}"""
DEFERRED = """\
    deferred_schedule: {enabled: true, deferred_schedule_slug: daily}
"""


@pytest.mark.parametrize("more", ["", DEFERRED])
def test_commands_of_bolt(tmp_path: Path, more: str) -> None:
    file = tmp_path / "paradime_schedules.yml"
    file.write_text(SCHEDULES.format(more=more))
    draft = bolt.read([file])
    text = drafted(draft, None)
    config = config_of(Path("dbt_jobs.yml"), text)
    assert config.environments["production"].secrets == ("DBT_ENV_SECRET_X", "DB_PASSWORD")
    assert config.jobs["daily"].env == {"REGION": "eu"}
    assert "hunter" not in f"{draft.rows}{text}"
    told = {row.field: row for row in draft.rows}
    assert told["commands[0] DBT_ENV_SECRET_X"].to == "environments.production.secrets"
    assert told["commands[1] REGION"].to == "jobs.daily.env.REGION"
    undeferred = told["commands[0] --no-defer"]
    assert (undeferred.fate, bool(undeferred.hint)) == (
        ("dropped", True) if more else ("translated", False)
    )


def test_a_deleted_job_tells_no_secret(tmp_path: Path) -> None:
    levels = {"DBT_ENV_SECRET_X": {"project": {"value": "hunter1"}}, "DBT_DAY": {}}
    steps = ["DBT_TOKEN=hunter2 dbt build"]
    gone = {"id": 1, "state": 2, "execute_steps": steps, "environment_variables": levels}
    sound = {"id": 2, "execute_steps": ["dbt build"], "webhook": [{"hmac_secret": "hunter3"}]}
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps([gone, sound]))
    rows = dbt_cloud.read([file]).rows
    assert "hunter" not in str(rows)
    assert "DBT_TOKEN=(hidden) dbt build" in str(rows)


def test_what_is_hidden_is_hidden_wherever_it_stands() -> None:
    value = {"user": "ann", "password": "hunter", "keys": [{"api_key": "hunter"}], "token": ""}
    assert shown("connection", value) == (
        '{"user": "ann", "password": "(hidden)", "keys": [{"api_key": "(hidden)"}], "token": ""}'
    )
    assert shown("password", value) == "(hidden)"
