"""A cron that is said more shortly fires at the same times."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model import Schedule
from runner.schedule.cron import check_cron
from runner.schedule.fires import fires_within
from runner.schedule.simpler import simpler

START = datetime(2026, 11, 20, 12, 4, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("cron", "shorter"),
    [
        ("0,15,30,45 * * * *", "*/15 * * * *"),
        ("17 0-23 * * *", "17 * * * *"),
        ("17 */1 * * *", "17 * * * *"),
        ("17 8,9,10,11 * * 1,2,3,4,5", "17 8-11 * * 1-5"),
        ("17 4 * * MON,TUE,WED", "17 4 * * MON-WED"),
        ("17 4 * * 0-6", "17 4 * * *"),
        ("17 4 1-31 1-12 *", "17 4 * * *"),
        ("17 4 1 * 0-6", "17 4 1 * 0-6"),
        ("17 4 1-31 * MON", "17 4 1-31 * MON"),
        ("17 4 * * MON#1", "17 4 * * MON#1"),
        ("17 4 L * *", "17 4 L * *"),
        ("17 4,16 * * *", "17 4,16 * * *"),
        ("*/7 * * * *", "*/7 * * * *"),
        ("17 4 */2 * *", "17 4 */2 * *"),
    ],
)
def test_the_shortest_that_there_is(cron: str, shorter: str) -> None:
    assert simpler(cron) == shorter


def field(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.lists(st.integers(low, high), min_size=1, max_size=8, unique=True)
    listed = numbers.map(lambda each: ",".join(map(str, sorted(each))))
    runs = st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted)
    spelt = runs.map(lambda ends: ",".join(map(str, range(ends[0], ends[1] + 1))))
    steps = st.integers(1, high).map(lambda step: f"*/{step}")
    return st.one_of(st.just("*"), listed, spelt, steps)


CRONS = st.tuples(
    st.sampled_from(["17", "0,20,40", "5,10", "*/20"]),
    field(0, 23),
    field(1, 31),
    field(1, 12),
    field(0, 6),
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(CRONS.filter(lambda cron: check_cron(cron) is None))
def test_it_fires_at_the_same_times(cron: str) -> None:
    shorter = simpler(cron)
    assert len(shorter) <= len(cron)
    assert simpler(shorter) == shorter
    until = START + timedelta(days=400)
    assert fires_within(Schedule(cron=shorter), START, until) == fires_within(
        Schedule(cron=cron), START, until
    )
