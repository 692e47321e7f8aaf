"""What every importer is made of: fields that are all told, and names."""

from __future__ import annotations

import pytest

from runner.importing.draft import name_of
from runner.importing.fields import UNKNOWN, Fields, shown
from runner.importing.rows import Row
from runner.importing.secret_names import HIDDEN, without_secrets


def test_every_field_has_a_row() -> None:
    rows: list[Row] = []
    job = {
        "name": "Daily",
        "execute_steps": ["dbt build"],
        "settings": {"threads": 4, "target_name": "default"},
        "triggers": {"schedule": True, "on_merge": False},
        "webhook_url": "https://hooks.example.com/T0/B0",
        "odd": None,
    }
    fields = Fields(job, rows, "Daily")
    assert fields.get("name") == "Daily"
    fields.carried("execute_steps", "jobs.daily.steps")
    fields.inner("settings").translated("threads", "jobs.daily.threads", "a number")
    fields.dropped("not there", "it tells nothing")
    fields.inner("schedule").carried("cron", "jobs.daily.triggers.schedule.cron")
    fields.rest()
    assert [(row.field, row.value, row.fate, row.to or row.why) for row in rows] == [
        ("execute_steps", '["dbt build"]', "carried", "jobs.daily.steps"),
        ("settings.threads", "4", "translated", "jobs.daily.threads"),
        ("name", '"Daily"', "dropped", UNKNOWN),
        ("settings.target_name", '"default"', "dropped", UNKNOWN),
        ("triggers", '{"schedule": true, "on_merge": false}', "dropped", UNKNOWN),
        ("webhook_url", HIDDEN, "dropped", UNKNOWN),
        ("odd", "null", "dropped", UNKNOWN),
    ]
    assert {row.job for row in rows} == {"Daily"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("connection", {"host": "h", "password": "hunter"}, '{"host": "h", "password": "(hidden)"}'),
        ("webhook", {"a": [{"hmac_secret": "hunter"}]}, '{"a": [{"hmac_secret": "(hidden)"}]}'),
        ("env", [{"name": "DBT_TOKEN", "value": "hunter"}], '[{"name": "DBT_TOKEN", "value": "(hidden)"}]'),
        ("env", {"name": "A", "value": "x"}, '{"name": "A", "value": "x"}'),
        ("env", {"DBT_ENV_SECRET_X": "hunter", "DBT_X": 1}, '{"DBT_ENV_SECRET_X": "(hidden)", "DBT_X": 1}'),
        ("password", {"a": 1}, "(hidden)"),
        ("settings.api_key_2", "hunter", "(hidden)"),
        ("password", None, "null"),
        ("steps", ["TOKEN=hunter dbt build"], '["TOKEN=(hidden) dbt build"]'),
    ],
)  # fmt: skip
def test_secrets_are_not_repeated_however_deep(field: str, value: object, said: str) -> None:
    assert shown(field, value) == said


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Daily (US)", "daily-us"),
        ("dbt_build", "dbt_build"),
        ("Größe – täglich", "groe-taglich"),
        ("self", "self-job"),
        ("日次", "job"),
        ("taken", "taken-3"),
        ("[[ingest]]", "ingest"),
        ("_-x-_", "x"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert name_of(text, {"taken", "taken-2"}) == name


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("DBT_ENV_SECRET_X=hunter dbt build", "DBT_ENV_SECRET_X=(hidden) dbt build"),
        ("A=1 DB_PASSWORD='my hunter' dbt run", "A=1 DB_PASSWORD=(hidden) dbt run"),
        ("DB_PASSWORD=my'hun ter'\\ dbt dbt run", "DB_PASSWORD=(hidden) dbt run"),
        ('export DB_TOKEN="a\\"hunter" && dbt run', "export DB_TOKEN=(hidden) && dbt run"),
        ("DB_TOKEN='hunter dbt run", "DB_TOKEN=(hidden)"),
        ("A='DB_TOKEN=hunter' dbt run", "A='DB_TOKEN=(hidden) dbt run"),
        ("DB_TOKEN='$hunter' dbt run", "DB_TOKEN=(hidden) dbt run"),
        ("DB_TOKEN=$hunter-2 dbt run", "DB_TOKEN=(hidden) dbt run"),
        ("DB_TOKEN=$OTHER dbt run", "DB_TOKEN=$OTHER dbt run"),
        ('DB_TOKEN="${{ secrets.X }}" dbt run', 'DB_TOKEN="${{ secrets.X }}" dbt run'),
        ("DBT_DAY=1 dbt build --select a", "DBT_DAY=1 dbt build --select a"),
    ],
)
def test_no_secret_that_a_command_sets_is_repeated(command: str, said: str) -> None:
    assert without_secrets(command) == said
    assert "hunter" not in shown("commands[0]", command)
