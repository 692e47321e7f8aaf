"""What every importer is made of: fields that are all told, and names."""

from __future__ import annotations

import pytest

from runner.importing.draft import name_of
from runner.importing.fields import HIDDEN, UNKNOWN, Fields
from runner.importing.rows import Row


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
