"""Weeks of GitHub's ticks, both changes of the clocks among them; and that the check can fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from runner.history import History
from runner.model import Job
from runner.schedule.due import Due, Window, due
from tests.simulation import HOUR, JOBS, Decide, Weather, judge, live

# New York's, Casablanca's, Berlin's and Lord Howe's changes: to summer, and back.
SPRING = datetime(2026, 3, 6, 5, 17, tzinfo=timezone.utc)
AUTUMN = datetime(2026, 10, 2, 22, 41, tzinfo=timezone.utc)
WEEKS = 31


@pytest.mark.parametrize(("begin", "seed"), [(SPRING, 1), (AUTUMN, 2)])
def test_every_time_is_run_for_once_or_said_to_be_missed(begin: datetime, seed: int) -> None:
    life = live(begin, WEEKS, seed=seed)
    verdict = judge(life)
    assert verdict.wrong == {}
    # Something of everything has happened.
    assert verdict.fired > 600
    assert min(verdict.on_time, verdict.late, verdict.coalesced, verdict.missed) > 2
    assert verdict.latest > HOUR
    assert min(life.counts.values()) > 10


def test_in_fine_weather_everything_runs_on_time() -> None:
    fine = Weather(
        dropped=0, repeated=0, run_again=0, not_uploaded=0, latest=timedelta(0), clock=timedelta(0)
    )
    verdict = judge(live(SPRING, 9, seed=1, weather=fine))
    assert (verdict.on_time, verdict.wrong) == (verdict.fired, {})


def by_equality(jobs: Sequence[Job], history: History | None, now: datetime, fired: str) -> Window:
    """What the cron that GitHub says it fired starts, and nothing else."""
    window = due(jobs, None, now, fired)
    return replace(window, due=tuple(replace(each, coalesced=0) for each in window.due))


def forgetful(jobs: Sequence[Job], history: History | None, now: datetime, fired: str) -> Window:
    """A window that begins where the one before began."""
    window = due(jobs, replace(history, entries=()) if history else None, now, fired)
    until = history.handled_until if history else None
    return replace(window, handled_until=until or window.handled_until)


def silent(jobs: Sequence[Job], history: History | None, now: datetime, fired: str) -> Window:
    """Says nothing of what it doesn't run."""
    return replace(due(jobs, history, now, fired), missed=())


def lenient(jobs: Sequence[Job], history: History | None, now: datetime, fired: str) -> Window:
    """Runs what is late beyond its grace."""
    later = [replace(each, grace=each.grace + 3 * HOUR) for each in jobs]
    return due(later, history, now, fired)


def in_utc(jobs: Sequence[Job], history: History | None, now: datetime, fired: str) -> Window:
    """Takes no notice of the clocks' changes: an hour off from then on."""
    window = due(jobs, history, now, fired)
    shifted = (
        replace(each, scheduled_for=each.scheduled_for + HOUR)
        if each.job == "at_its_change" and now.day > 7
        else each
        for each in window.due
    )
    return replace(window, due=tuple(shifted))


def eager(jobs: Sequence[Job], history: History | None, now: datetime, fired: str) -> Window:
    """Runs each of several times, not only the newest."""
    window = due(jobs, history, now, fired)
    more = tuple(
        Due(job=each.job, scheduled_for=each.scheduled_for, late=now - each.scheduled_for)
        for each in window.missed
    )
    return replace(window, due=(*more, *window.due))


@pytest.mark.parametrize(
    ("decide", "expected"),
    [
        (by_equality, {"duplicate", "lost"}),
        (forgetful, {"duplicate"}),
        (silent, {"lost"}),
        (lenient, {"out of grace"}),
        (in_utc, {"lost", "untrue"}),
        (eager, {"duplicate"}),
    ],
)
def test_what_decides_wrongly_is_caught(decide: Decide, expected: set[str]) -> None:
    storm = Weather(dropped=0.4, latest=5 * HOUR)
    verdict = judge(live(SPRING, 8, seed=1, decide=decide, weather=storm))
    assert verdict.wrong.keys() >= expected
    assert judge(live(SPRING, 8, seed=1, weather=storm)).wrong == {}


def test_starting_before_the_upload_is_caught() -> None:
    verdict = judge(live(SPRING, 9, seed=1, starts_before_upload=True))
    assert "duplicate" in verdict.wrong


def test_the_jobs_have_what_is_to_be_proven() -> None:
    crons = [schedule.cron for each in JOBS for schedule in each.triggers.schedule]
    assert any("L" in cron for cron in crons)
    assert any("#" in cron for cron in crons)
