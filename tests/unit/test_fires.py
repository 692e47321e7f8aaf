"""Fire times: both changes of the clocks, and a minute-by-minute oracle."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model import Schedule
from runner.schedule.fires import fires, fires_within, next_fires
from tests.every_minute import fire_times

NEW_YORK = "America/New_York"


def listed(cron: str, zone: str, after: str, count: int) -> list[str]:
    schedule = Schedule(cron=cron, timezone=zone)
    return [t.isoformat() for t in islice(fires(schedule, datetime.fromisoformat(after)), count)]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 4 * * *", "UTC", "2026-01-01T04:00:00+00:00", ["2026-01-02T04:00:00+00:00"]),
        ("0 4 * * *", "UTC", "2026-01-01T03:59:59+00:00", ["2026-01-01T04:00:00+00:00"]),
        # skipped: moves to the first minute there is
        ("30 2 * * *", NEW_YORK, "2026-03-07T12:00:00+00:00",
         ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]),
        # skipped, and the moment that it moves to fires anyway: once
        ("*/20 1-3 8 3 *", NEW_YORK, "2026-03-08T06:20:00+00:00",
         ["2026-03-08T01:40:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-08T03:20:00-04:00"]),
        # repeated: the first time only
        ("30 1 * * *", NEW_YORK, "2026-11-01T04:00:00+00:00",
         ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"]),
        ("30 1 * * *", NEW_YORK, "2026-11-01T06:10:00+00:00", ["2026-11-02T01:30:00-05:00"]),
        # half an hour is skipped
        ("15 2 4 10 *", "Australia/Lord_Howe", "2026-10-01T00:00:00+00:00",
         ["2026-10-04T02:30:00+11:00"]),
        ("0 0 29 2 *", "UTC", "2096-03-01T00:00:00+00:00", ["2104-02-29T00:00:00+00:00"]),
    ],
)  # fmt: skip
def test_fires(cron: str, zone: str, after: str, expected: list[str]) -> None:
    assert listed(cron, zone, after, len(expected)) == expected


def test_several_schedules_together() -> None:
    schedules = [Schedule(cron="0 6 * * *"), Schedule(cron="0 8 * * *", timezone="Europe/Berlin"),
                 Schedule(cron="0 12 * * *")]  # fmt: skip
    found = next_fires(schedules, datetime(2026, 7, 1, tzinfo=timezone.utc), 3)
    assert [time.isoformat() for time in found] == [
        "2026-07-01T06:00:00+00:00",  # Berlin's is the same moment
        "2026-07-01T12:00:00+00:00",
        "2026-07-02T06:00:00+00:00",
    ]
    assert next_fires([], datetime(2026, 7, 1, tzinfo=timezone.utc), 3) == ()


UTC = timezone.utc
CHANGES = [
    (NEW_YORK, datetime(2026, 3, 8, 4, tzinfo=UTC)),
    (NEW_YORK, datetime(2026, 11, 1, 2, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 28, 22, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 24, 21, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 12, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 12, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 2, 14, 22, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 3, 21, 22, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 4, 23, 18, tzinfo=UTC)),  # midnight is skipped
    ("Africa/Cairo", datetime(2026, 10, 29, 18, tzinfo=UTC)),  # and repeated
    ("Asia/Kolkata", datetime(2026, 3, 28, 22, tzinfo=UTC)),
]
ZONES = sorted({zone for zone, _ in CHANGES})
MINUTES = st.sampled_from(["0", "30", "*/5", "*/20", "17,47", "59"])
HOURS = st.sampled_from(["*", "0", "1", "2", "1-3", "*/2", "0,3", "23"])
# Each with "*" in place of what it doesn't narrow.
DATES = st.sampled_from(
    [
        "* * *", "L * *", "1,L * *", "L 2,3,10 *", "15 */2 *", "13 * FRI", "* * MON-FRI", "* * MON#1",
        "* * L0", "* * 5#5", "* * SUN#4,SAT#2,L5", "* FEB,oct l6", "28-31 * *",
    ]
)  # fmt: skip


def found_within(cron: str, zone: str, after: datetime, until: datetime) -> list[datetime]:
    times = fires_within(Schedule(cron=cron, timezone=zone), after, until)
    return [time.astimezone(UTC) for time in times]


@given(st.sampled_from(CHANGES), MINUTES, HOURS, DATES, st.integers(0, 12 * 60))
@settings(max_examples=150, deadline=None)
def test_around_a_change_of_the_clocks(
    change: tuple[str, datetime], minutes: str, hours: str, dates: str, later: int
) -> None:
    zone, start = change
    after = start + timedelta(minutes=later)
    until = after + timedelta(hours=14)
    cron = f"{minutes} {hours} {dates}"
    assert found_within(cron, zone, after, until) == fire_times(cron, zone, after, until)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    MINUTES,
    HOURS,
    DATES,
)
@settings(max_examples=40, deadline=None)
def test_around_a_months_end(
    zone: str, after: datetime, minutes: str, hours: str, dates: str
) -> None:
    after = after.replace(day=26)
    until = after + timedelta(days=12)
    cron = f"{minutes} {hours} {dates}"
    assert found_within(cron, zone, after, until) == fire_times(cron, zone, after, until)
