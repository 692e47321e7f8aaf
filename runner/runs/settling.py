"""The history, with how the runs of a workflow run ended: what its last job is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from runner.errors import GitHubFailed
from runner.history import Entry, History
from runner.history_changes import UNFINISHED, started
from runner.reports.ended import Leg
from runner.runs.ending import Attempt, Ended, endings
from runner.runs.left import Left, left_by

if TYPE_CHECKING:
    from runner.github.client import GitHub

# Workflow runs whose last job never told how theirs ended are looked at by a later one's: so many at
# once, and not while they may be about to do so themselves.
FORGOTTEN = 3
PATIENCE = timedelta(hours=1)
GONE = 404


@dataclass(frozen=True, kw_only=True)
class Settled:
    """``lost`` are the runs that left no record, and so may have started nothing that comes after them.

    ``later`` says whether a record is there that couldn't be fetched: its run has no outcome yet.
    """

    history: History
    legs: tuple[Leg, ...] = ()
    lost: tuple[Ended, ...] = ()
    notes: tuple[str, ...] = ()
    later: bool = False


def settled(
    github: GitHub, connect: Callable[[], GitHub], history: History, workflow_run: int, attempt: int
) -> Settled:
    """What this attempt of this workflow run has come to, as far as the history planned it.

    Three requests, of which one is for a second attempt alone, and what :func:`left_by` takes.
    Raises GitHubFailed.
    """
    entries = tuple(each for each in history.entries if each.workflow_run == workflow_run)
    if not entries:
        return Settled(history=history)
    began = max(entry.planned_at for entry in entries)
    if attempt > 1:
        began = github.run(workflow_run).run_started_at or began
    left = left_by(github, connect, workflow_run, {entry.job for entry in entries})
    waiting = {each.job for each in left if each.later}
    known = tuple(entry for entry in entries if entry.job not in waiting)
    newest = _attempt(github, workflow_run, attempt, began)
    found, strange = endings(known, {each.job: each.run for each in left if each.run}, newest)
    older = _of_older(github, known, found, newest, workflow_run)
    return Settled(
        history=_with(history, (*found, *older)),
        legs=tuple(_leg(each, newest) for each in found),
        lost=tuple(each for each in (*found, *older) if each.lost),
        notes=(*strange, *_troubles(left)),
        later=bool(waiting),
    )


def forgotten(history: History, workflow_run: int, now: datetime) -> tuple[int, ...]:
    """Other workflow runs that have planned what has had no outcome for long, the oldest first.

    Those that a plan has given up come last: one may wait for somebody's approval for weeks.
    """
    untold = [
        entry
        for entry in reversed(history.entries)
        if entry.untold
        and entry.workflow_run not in (0, workflow_run)
        and PATIENCE < now - entry.planned_at <= UNFINISHED
    ]
    untold.sort(key=lambda entry: entry.outcome is not None)
    return tuple(dict.fromkeys(entry.workflow_run for entry in untold))[:FORGOTTEN]


def settled_late(
    github: GitHub, connect: Callable[[], GitHub], history: History, workflow_run: int
) -> Settled:
    """The same of a workflow run that has ended without a word; nothing while it still runs."""
    try:
        run = github.run(workflow_run)
    except GitHubFailed as error:
        if error.status != GONE:
            raise
        gone = tuple(
            endings([entry], {}, Attempt(number=entry.attempt, began=entry.planned_at))[0][0]
            for entry in history.entries
            if entry.workflow_run == workflow_run and entry.untold
        )
        return Settled(history=_with(history, gone))
    if run.status != "completed":
        return Settled(history=history)
    return settled(github, connect, history, workflow_run, run.run_attempt)


def _of_older(
    github: GitHub,
    entries: tuple[Entry, ...],
    found: tuple[Ended, ...],
    newest: Attempt,
    workflow_run: int,
) -> tuple[Ended, ...]:
    """Of runs of an earlier attempt that nobody has told of until now."""
    told = {each.entry.run_id for each in found}
    open_ = [e for e in entries if e.untold and e.run_id not in told]
    numbers = sorted({entry.attempt for entry in open_ if 0 < entry.attempt < newest.number})
    older: list[Ended] = []
    for number in numbers:
        its = [entry for entry in open_ if entry.attempt == number]
        attempt = _attempt(github, workflow_run, number, min(e.planned_at for e in its))
        older += endings(its, {}, attempt)[0]
    return tuple(older)


def _attempt(github: GitHub, workflow_run: int, number: int, began: datetime) -> Attempt:
    jobs = tuple(github.actions.jobs(workflow_run, number))
    return Attempt(number=number, began=began, jobs=jobs)


def _with(history: History, found: tuple[Ended, ...]) -> History:
    return started(history, [each.entry for each in found])


def _leg(each: Ended, attempt: Attempt) -> Leg:
    job = attempt.job_of(each.entry.job)
    return Leg(entry=each.entry, outcome=each.outcome, page=(job.html_url or "") if job else "")


def _troubles(left: tuple[Left, ...]) -> tuple[str, ...]:
    return tuple(each.trouble for each in left if each.trouble)
