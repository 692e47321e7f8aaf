"""Draw docs/runs.svg: what `dbt-gitops runs` shows of two days in which GitHub was late, and a step failed.

Part of `make picture`, and not compared by a test.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from rich.console import Console
from rich.text import Text

from runner.history import Entry, Missed, Outcome
from runner.reports.figures import figures_of_all
from runner.reports.runs import runs
from tests.conftest import ROOT

PICTURE = ROOT / "docs" / "runs.svg"
COLUMNS = 132
NOW = datetime(2026, 11, 20, 12, 4, tzinfo=timezone.utc)
SHOWN = 9


def main() -> None:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    console.print(Text("$ dbt-gitops runs --limit 9", style="bold"))
    entries = sorted(_entries(), key=lambda each: each.planned_at, reverse=True)
    missed = Missed(
        job="hourly",
        scheduled_for=datetime(2026, 11, 19, 2, 23, tzinfo=timezone.utc),
        noticed_at=datetime(2026, 11, 19, 9, 0, tzinfo=timezone.utc),
        why="late",
    )
    for part in runs(entries[:SHOWN], figures_of_all(entries), [missed], NOW, COLUMNS):
        console.print(part)
    PICTURE.write_text(console.export_svg(title="dbt-gitops"), encoding="utf-8")


def _entries() -> Iterator[Entry]:
    for hours in range(20):
        at = NOW.replace(minute=24) - timedelta(hours=hours + 1)
        late = timedelta(minutes=41 if hours == 2 else hours % 3)
        seconds = 240 + 11 * (hours * 7 % 10) - 3 * hours
        yield _entry("hourly", "schedule", at + late, seconds, scheduled_for=at)
    for days in range(12):
        at = NOW.replace(hour=9, minute=17) - timedelta(days=days)
        seconds = 1500 + 40 * (days * 5 % 7)
        yield _entry("ingest", "schedule", at, seconds // 2, scheduled_for=at)
        after = at + timedelta(minutes=14)
        failed = days == 0
        yield _entry("daily", "job", after, seconds, failed=failed, cause="`ingest` has ended")
    again = NOW.replace(hour=10, minute=8)
    yield _entry("daily", "dispatch", again, 612, cause="run again from its failure")
    running = NOW - timedelta(minutes=2)
    yield _entry("merge", "merge", running, None, cause="push to main")


def _entry(
    job: str,
    trigger: str,
    at: datetime,
    seconds: int | None,
    *,
    failed: bool = False,
    cause: str = "",
    scheduled_for: datetime | None = None,
) -> Entry:
    began = at + timedelta(seconds=21)
    unique = zlib.crc32(f"{job} {at}".encode()) & 0xFFFFFF
    outcome = Outcome(
        status="error" if failed else "success",
        reason="`dbt build` failed: 1 of 94 failed" if failed else "",
        started_at=began,
        finished_at=began + timedelta(seconds=(seconds or 0) + 9),
        preparation_seconds=9.0,
        execution_seconds=float(seconds or 0),
        steps=2,
        nodes={"success": 20, "pass": 73, "fail" if failed else "success ": 1},
    )
    return Entry(
        run_id=f"{at:%Y%m%dT%H%M%SZ}-{job}-{unique:06x}",
        job=job,
        environment="production",
        trigger=trigger,
        cause=cause,
        planned_at=at,
        commit=f"{1015568748 + at.day * 9973:08x}",
        scheduled_for=scheduled_for,
        workflow_run=1,
        attempt=1,
        outcome=None if seconds is None else outcome,
    )


if __name__ == "__main__":
    main()
