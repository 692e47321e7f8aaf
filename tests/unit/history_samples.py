"""Entries of a history, made up: what real runs take too long to come to."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from runner.history import Entry, History, Missed, Outcome
from runner.record import RunStatus

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
SHA = "e9b1c6f39f79b4d923181a70b359ee9e9d623335"
# The words over the table of runs, where there is room for all.
HEADS = [
    "run",
    "planned,",
    "UTC",
    "job",
    "status",
    "trigger",
    "commit",
    "environment",
    "wait",
    "preparation",
    "execution",
]
HEADS += ["nodes", "reason"]
ENDED: Mapping[RunStatus, Mapping[str, Any]] = {
    "success": {"nodes": {"success": 24, "pass": 6}},
    "error": {
        "reason": "`dbt build` failed: 1 test of 30 nodes",
        "nodes": {"success": 24, "pass": 5, "fail": 1},
        "exit_code": 1,
    },
    "cancelled": {"reason": "cancelled on GitHub", "exit_code": 130},
    "skipped": {"reason": "too many failures in a row"},
}


def entry(job: str = "daily", number: int = 0, **changes: Any) -> Entry:
    """Planned ``number`` hours before noon, by a schedule."""
    planned = NOON - timedelta(hours=number)
    unique = zlib.crc32(f"{job}{number}".encode()) % 16**6
    plain: dict[str, Any] = {
        "run_id": f"{planned:%Y%m%dT%H%M%SZ}-{job}-{unique:06x}",
        "job": job,
        "environment": "production",
        "trigger": "schedule",
        "cause": "the schedule 0 * * * * fired",
        "planned_at": planned,
        "actor": "jo",
        "commit": SHA,
        "branch": "main",
        "scheduled_for": planned,
        "workflow_run": 77,
        "attempt": 1,
    }
    return Entry(**{**plain, **changes})


def ended(
    job: str = "daily",
    number: int = 0,
    status: RunStatus = "success",
    *,
    wait: float = 20,
    preparation: float = 8,
    execution: float = 100,
    **changes: Any,
) -> Entry:
    """An entry with its outcome; times in seconds."""
    planned = entry(job, number, **changes)
    started = planned.planned_at + timedelta(seconds=wait)
    outcome = Outcome(
        status=status,
        started_at=started,
        finished_at=started + timedelta(seconds=preparation + execution),
        preparation_seconds=preparation,
        execution_seconds=execution,
        steps=1,
        **ENDED[status],
    )
    return entry(job, number, outcome=outcome, **changes)


def history(*entries: Entry, **more: Any) -> History:
    newest_first = sorted(entries, key=lambda each: each.planned_at, reverse=True)
    return History(entries=tuple(newest_first), **more)


def missed(job: str = "daily", number: int = 0, **changes: Any) -> Missed:
    planned = NOON - timedelta(hours=number)
    plain: dict[str, Any] = {"scheduled_for": planned, "noticed_at": NOON, "why": "late"}
    return Missed(job=job, **{**plain, **changes})
