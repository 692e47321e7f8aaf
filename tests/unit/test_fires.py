"""Fire times: both changes of the clocks, and a minute-by-minute oracle."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model import Schedule
from runner.schedule.fires import fires, next_fires

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


def by_the_minute(cron: str, zone: str, after: datetime, hours: int) -> set[datetime]:
    """Every wall-clock minute that ever was or was skipped in these hours, matched one by one."""
    found = set()
    moment = after.astimezone(timezone.utc)
    seen: set[datetime] = set()
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    seen.add(local)
    for _ in range(hours * 60):
        moment += timedelta(minutes=1)
        wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        minute = local + timedelta(minutes=1)
        while minute <= wall:  # one, or all that were skipped
            if minute not in seen and croniter.match(cron, minute):
                found.add(moment)
            seen.add(minute)
            minute += timedelta(minutes=1)
        local = wall
    return found


CHANGES = [
    (NEW_YORK, datetime(2026, 3, 8, 4, tzinfo=timezone.utc)),
    (NEW_YORK, datetime(2026, 11, 1, 2, tzinfo=timezone.utc)),
    ("Europe/Berlin", datetime(2026, 3, 28, 22, tzinfo=timezone.utc)),
    ("Europe/Berlin", datetime(2026, 10, 24, 21, tzinfo=timezone.utc)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 12, tzinfo=timezone.utc)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 12, tzinfo=timezone.utc)),
]
MINUTES = st.sampled_from(["0", "30", "*/5", "*/20", "17,47", "59"])
HOURS = st.sampled_from(["*", "1", "2", "1-3", "*/2", "0,3"])


@given(st.sampled_from(CHANGES), MINUTES, HOURS)
@settings(max_examples=25, deadline=None)
def test_around_a_change_of_the_clocks(
    change: tuple[str, datetime], minutes: str, hours: str
) -> None:
    zone, after = change
    cron = f"{minutes} {hours} * * *"
    until = after + timedelta(hours=10)
    found = set()
    for time in fires(Schedule(cron=cron, timezone=zone), after):
        moment = time.astimezone(timezone.utc)
        if moment > until:
            break
        found.add(moment)
    assert found == by_the_minute(cron, zone, after, 10)
