"""Schedules, chains and history, by the compiled workflow and the action."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.life import Life

NIGHTLY = "17 4 * * *"


@pytest.mark.timeout(600)
def test_a_tick_and_what_comes_after_it(life: Life) -> None:
    first = life.ticks(NIGHTLY)
    assert first.jobs == {"plan": "success", "production ingest": "success", "report": "success"}
    ingest = life.record("dbt-gitops-run.ingest")
    assert (ingest["trigger"], ingest["status"]) == ("schedule", "success")
    assert "scheduled for" in ingest["cause"]

    # GitHub has it twice, or somebody runs it again.
    again = life.ticks(NIGHTLY)
    assert again.jobs == {"plan": "success"}
    assert f"handled already by run {ingest['run_id']}" in again.log

    chained = life.dispatched()
    assert chained.jobs == {"plan": "success", "production daily": "success", "report": "success"}
    daily = life.record("dbt-gitops-run.daily")
    assert (daily["trigger"], daily["status"]) == ("job", "success")
    assert daily["cause"] == "`ingest` has ended: success"
    assert life.fake.dispatched == []

    refused = life.asked("ingest")  # has no `dispatch`
    assert refused.jobs == {"plan": "failure"}

    asked = life.cli("trigger", "daily", "--cause", "a look", "--threads", "2")
    assert asked.code == 0, asked.err
    by_hand = life.dispatched()
    assert by_hand.jobs == {"plan": "success", "production daily": "success", "report": "success"}
    daily = life.record("dbt-gitops-run.daily")
    assert (daily["trigger"], daily["cause"]) == ("dispatch", "a look")
    assert daily["overrides"] == {"threads": 2}

    assert [(run["job"], run["trigger"], status(run)) for run in history(life)] == [
        ("daily", "dispatch", "success"),
        ("daily", "job", "success"),
        ("ingest", "schedule", "success"),
    ]
    for workflow in (first, again, chained, by_hand):
        assert life.fake.token not in workflow.log


def history(life: Life) -> list[dict[str, Any]]:
    """As people read it."""
    done = life.cli("runs", "--json")
    assert done.code == 0, done.err
    runs: list[dict[str, Any]] = json.loads(done.out)
    return runs


def status(run: dict[str, Any]) -> str:
    outcome = run["outcome"]
    return str(outcome["status"]) if outcome else ""
