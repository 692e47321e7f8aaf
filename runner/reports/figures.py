"""What the runs of a job say together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from runner.history import Entry, Outcome

# A trend holds the newest so many runs against as many before them; fewer than the least say nothing.
COMPARED = 5
LEAST = 3


@dataclass(frozen=True, kw_only=True)
class JobFigures:
    """Seconds are medians: of the wait of all that began, and of the times of those that succeeded.

    ``success_rate`` is of those that succeeded or failed, from 0 to 1. ``executions`` are of the
    newest successful runs, the oldest first; ``trend`` is how much longer, as a part of 1, the newer
    of them took than those before. None is for what isn't known.
    """

    job: str
    runs: int
    success_rate: float | None
    wait: float | None
    preparation: float | None
    execution: float | None
    executions: tuple[float, ...]
    trend: float | None


def figures(job: str, entries: Sequence[Entry]) -> JobFigures:
    """``entries`` are the job's, newest first."""
    ended = [entry.outcome for entry in entries if entry.outcome]
    succeeded = [outcome for outcome in ended if outcome.status == "success"]
    timed = [outcome for outcome in succeeded if outcome.started_at]
    executions = [outcome.execution_seconds for outcome in timed]
    waits = [each.wait_seconds for each in entries if each.outcome and each.outcome.started_at]
    return JobFigures(
        job=job,
        runs=len(entries),
        success_rate=_rate(ended, len(succeeded)),
        wait=_median(waits),
        preparation=_median([outcome.preparation_seconds for outcome in timed]),
        execution=_median(executions),
        executions=tuple(reversed(executions[: 2 * COMPARED])),
        trend=_trend(executions),
    )


def figures_of_all(entries: Sequence[Entry]) -> tuple[JobFigures, ...]:
    """Each job's, by its name; ``entries`` are newest first."""
    by_job: dict[str, list[Entry]] = {}
    for entry in entries:
        by_job.setdefault(entry.job, []).append(entry)
    return tuple(figures(name, by_job[name]) for name in sorted(by_job))


def _rate(ended: Sequence[Outcome], succeeded: int) -> float | None:
    """What was cancelled or skipped says neither."""
    told = succeeded + sum(outcome.status == "error" for outcome in ended)
    return succeeded / told if told else None


def _trend(executions: Sequence[float]) -> float | None:
    newer, before = executions[:COMPARED], executions[COMPARED : 2 * COMPARED]
    if min(len(newer), len(before)) < LEAST or not median(before):
        return None
    return median(newer) / median(before) - 1


def _median(seconds: Sequence[float]) -> float | None:
    return median(seconds) if seconds else None
