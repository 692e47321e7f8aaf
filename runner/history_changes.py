"""What happens to a history: each returns another, and the one that it is given stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from runner.history import Entry, History, Missed, Outcome

# How many runs of a job are kept, and of which age at most.
ENTRIES = 30
AGE = timedelta(days=90)
# A run may wait and run for days: without an outcome it is kept so long, however many follow it.
UNFINISHED = timedelta(days=7)
MISSED = 200


def started(history: History, entries: Iterable[Entry]) -> History:
    """With these runs planned. One whose id is there already takes the place of what is there."""
    new = {entry.run_id: entry for entry in entries}
    others = (entry for entry in history.entries if entry.run_id not in new)
    return replace(history, entries=_newest_first([*new.values(), *others]))


def ended(history: History, run_id: str, outcome: Outcome, entry: Entry | None = None) -> History:
    """With the outcome of that run, in place of one that it has.

    ``entry`` is what is added where no run of this id was planned; without it nothing changes then.
    """
    if any(there.run_id == run_id for there in history.entries):
        entries = (
            replace(there, outcome=outcome) if there.run_id == run_id else there
            for there in history.entries
        )
        return replace(history, entries=tuple(entries))
    return started(history, [replace(entry, outcome=outcome)]) if entry else history


def noticed(history: History, missed: Iterable[Missed]) -> History:
    """With these fire times missed. One that was noticed before isn't noticed again."""
    there = {(known.job, known.scheduled_for) for known in history.missed}
    new = [each for each in missed if (each.job, each.scheduled_for) not in there]
    newest_first = sorted(
        [*new, *history.missed],
        key=lambda each: (each.noticed_at, each.scheduled_for),
        reverse=True,
    )
    return replace(history, missed=tuple(newest_first))


def handled(history: History, until: datetime, schedules: Mapping[str, str]) -> History:
    """With every fire time until then dealt with, of jobs with these schedules.

    A runner whose clock is behind doesn't turn the time back.
    """
    latest = max(until, history.handled_until) if history.handled_until else until
    return replace(history, handled_until=latest, schedules=dict(schedules))


def trimmed(history: History, now: datetime) -> History:
    """Without what is older than it has to be."""
    kept: list[Entry] = []
    counts: Counter[str] = Counter()
    for entry in history.entries:
        age = now - entry.planned_at
        unfinished = entry.outcome is None and age <= UNFINISHED
        if unfinished or (counts[entry.job] < ENTRIES and age <= AGE):
            kept.append(entry)
        counts[entry.job] += 1
    return replace(history, entries=tuple(kept), missed=history.missed[:MISSED])


def _newest_first(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.planned_at, reverse=True))
