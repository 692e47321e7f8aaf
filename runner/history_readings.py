"""What a history says about a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from statistics import median

from runner.history import Entry, History

# A median of fewer runs says little; older ones than these say nothing of today.
FEWEST = 3
MOST = 10
# What starts a job again by itself: a newer run of these does what the older one would have done.
AGAIN = ("schedule", "merge")


def usual_seconds(history: History, job: str) -> float | None:
    """The median of the last ten successful runs, from start to end; None below three."""
    outcomes = (entry.outcome for entry in counted(history, job))
    took = (outcome.seconds for outcome in outcomes if outcome and outcome.status == "success")
    newest = list(islice(took, MOST))
    return median(newest) if len(newest) >= FEWEST else None


def failures_in_a_row(history: History, job: str) -> int:
    """How many of its newest runs failed, with none between them that succeeded.

    What was cancelled, skipped or hasn't ended says neither.
    """
    count = 0
    for entry in counted(history, job):
        status = entry.outcome.status if entry.outcome else None
        if status == "success":
            break
        count += status == "error"
    return count


def counted(history: History, job: str) -> Iterator[Entry]:
    """Its runs, newest first, without those of one's own machine where any of the history is GitHub's.

    A shared bucket holds both, and what fails on a laptop says nothing of the schedule.
    """
    shared = history.on_github
    return (entry for entry in history.of(job) if entry.workflow_run or not shared)


def unfinished(history: History, job: str) -> tuple[Entry, ...]:
    """Its runs that wait or run, newest first."""
    return tuple(entry for entry in history.of(job) if entry.outcome is None)


def newer(history: History, entry: Entry) -> Entry | None:
    """The newest run that does what this one would do, if any; it has succeeded or is still to end.

    A schedule or a merge started it on the same branch, and planned it later. Its workflow run is newer
    too: one that is run again, or planned out of turn, has an older commit than its time suggests.
    """
    later = (
        other
        for other in history.of(entry.job)
        if other.planned_at > entry.planned_at
        and other.trigger in AGAIN
        and other.branch == entry.branch
        and other.workflow_run > entry.workflow_run
        and (other.outcome is None or other.outcome.status == "success")
    )
    return next(later, None)


def takes_over(
    history: History, entry: Entry, left_its_work: Callable[[Entry], bool]
) -> Entry | None:
    """The newer run that replaces this one; None where this one is to run.

    In a slot a run waits for other jobs too, and so may find a newer one each time: it runs where the
    run before it has left its work already. ``left_its_work`` says that of a run without an outcome.
    """
    later = newer(history, entry)
    before = _before(history, entry) if later and entry.slot else None
    if before is None:
        return later
    left = before.outcome.replaced if before.outcome else left_its_work(before)
    return None if left else later


def _before(history: History, entry: Entry) -> Entry | None:
    """The job's run before this one, on the same branch."""
    earlier = (
        other
        for other in history.of(entry.job)
        if other.branch == entry.branch and other.workflow_run < entry.workflow_run
    )
    return max(earlier, key=lambda other: (other.workflow_run, other.attempt), default=None)
