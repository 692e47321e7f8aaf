"""What a tick costs before anything starts: the history read and written, and what is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from runner.history import Entry, History, Outcome
from runner.history_json import history_from_json, history_to_json
from runner.model import Job
from runner.schedule.due import due, fingerprint
from runner.schedule.fires import fires_within
from tests.simulation import MINUTE, job

NOW = datetime(2026, 11, 21, 2, 14, 45, tzinfo=timezone.utc)
RUNS = 20
# The bar is that of a whole plan.
BAR = 1.5
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
CRONS = ("{m} * * * *", "{m} {h} * * *", "{m} {h} * * MON-FRI", "{m} {h} L * *")


def print_figures() -> None:
    """A line each, in CPU seconds: the best of three."""
    thousand = _tick(1000)
    five = _tick(5000)
    for name, seconds in thousand.items():
        print(f"| {name + ', 1,000 jobs':45} | {seconds:6.2f} s | – |")
    print(f"| {'all of it, 1,000 jobs':45} | {sum(thousand.values()):6.2f} s | ≤ {BAR:.2f} s |")
    growth = sum(five.values()) / sum(thousand.values())
    print(f"| {'5,000 jobs over 1,000 jobs (linear is 5)':45} | {growth:6.2f} × | – |", flush=True)


def _tick(count: int) -> dict[str, float]:
    jobs = [_job(n) for n in range(count)]
    history = _history(jobs)
    text = history_to_json(history)
    return {
        f"read a history of {RUNS} runs a job": best_of_three(lambda: history_from_json(text)),
        "find what is due": best_of_three(lambda: due(jobs, history, NOW, "")),
        "write the history": best_of_three(lambda: history_to_json(history)),
    }


def _job(n: int) -> Job:
    cron = CRONS[n % len(CRONS)].format(m=n % 60, h=n // 60 % 24)
    return job(f"job_{n}", cron, zone=ZONES[n // 7 % len(ZONES)])


def _history(jobs: list[Job]) -> History:
    entries = [_entry(each, n) for n in range(RUNS) for each in jobs]
    return History(
        entries=tuple(entries),
        handled_until=NOW - 20 * MINUTE,
        schedules={each.name: fingerprint(each) for each in jobs},
    )


def _entry(of: Job, n: int) -> Entry:
    begun = NOW - timedelta(hours=n + 1)
    outcome = Outcome(
        status="success", started_at=begun, finished_at=begun + 4 * MINUTE, preparation_seconds=1.5,
        execution_seconds=238.5, steps=3, nodes={"success": 100, "pass": 30},
    )  # fmt: skip
    return Entry(
        run_id=f"{20_000_000_000 + n}-{of.name}", job=of.name, environment="prod",
        trigger="schedule", cause="cron 0 * * * * (UTC), 12 minutes late", planned_at=begun,
        actor="octocat", commit="0" * 40, branch="main", scheduled_for=begun,
        workflow_run=20_000_000_000 + n, attempt=1, outcome=outcome,
    )  # fmt: skip


def best_of_three(call: Callable[[], object]) -> float:
    """CPU seconds, without what an earlier call has kept."""

    def once() -> float:
        fires_within.cache_clear()
        begun = time.process_time()
        call()
        return time.process_time() - begun

    return min(once() for _ in range(3))
