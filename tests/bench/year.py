"""A year of GitHub's ticks: what became of each fire time, and what one tick costs."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

from tests.simulation import JOBS, MINUTE, Life, Verdict, judge, live

BEGIN = datetime(2026, 1, 1, 0, 41, tzinfo=timezone.utc)
DAYS = 365
SEED = 2026


def print_figures() -> None:
    """A line each; the last four are what may not be."""
    begun = time.process_time()
    life = live(BEGIN, DAYS, seed=SEED)
    seconds = time.process_time() - begun
    verdict = judge(life)
    for name, value in _figures(life, verdict).items():
        print(f"| {name:45} | {value:>8} |", flush=True)
    ticks = sum(
        life.counts[name] for name in ("ticks fired", "ticks twice", "workflow runs run again")
    )
    ran = ticks - life.counts["ticks dropped"]
    print(
        f"\n{ran:,} plans of {len(JOBS)} jobs in {seconds:.0f} s: {seconds / ran * 1000:.1f} ms each"
    )
    for name, places in verdict.wrong.items():
        print(f"{name}: {', '.join(places[:20])}")


def _figures(life: Life, verdict: Verdict) -> dict[str, str]:
    wrong = {
        name: len(verdict.wrong.get(name, ()))
        for name in ("duplicate", "lost", "out of grace", "untrue")
    }
    counts = {
        **dict(sorted(life.counts.items())),
        "fire times": verdict.fired,
        "run within five minutes": verdict.on_time,
        "run later, within the grace": verdict.late,
        "coalesced into a newer one": verdict.coalesced,
        "missed, and said to be": verdict.missed,
    }
    return {
        **{name: f"{count:,}" for name, count in counts.items()},
        "the latest that ran": _hours(verdict.latest),
        **{f"{name} (0)": f"{count:,}" for name, count in wrong.items()},
    }


def _hours(late: timedelta) -> str:
    minutes = late // MINUTE
    return f"{minutes // 60}:{minutes % 60:02} h"
