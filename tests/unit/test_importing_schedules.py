"""A foreign schedule fires at the same instants as a cron expression of the jobs file."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.importing.schedules import NoSchedule, cron_schedule, dbt_cloud_schedule
from runner.model import Schedule
from runner.schedule.fires import fires_within

START = datetime(2026, 11, 20, tzinfo=timezone.utc) - timedelta(seconds=1)
DAYS = 400

days_of_week = st.lists(st.integers(0, 6), min_size=1, max_size=7)
times = st.one_of(
    st.fixed_dictionaries({"type": st.just("every_hour"), "interval": st.integers(1, 24)}),
    st.fixed_dictionaries(
        {"type": st.just("at_exact_hours"), "hours": st.lists(st.integers(0, 23), min_size=1)}
    ),
)
dates = st.one_of(
    st.just({"type": "every_day"}),
    st.fixed_dictionaries({"type": st.just("days_of_week"), "days": days_of_week}),
    st.fixed_dictionaries({"type": st.just("interval_cron"), "days": days_of_week}),
)


def instants(schedule: dict[str, Any]) -> list[datetime]:
    """By the words of dbt Cloud's documentation, hour by hour."""
    date, time = schedule["date"], schedule["time"]
    found = []
    for hour in range(DAYS * 24):
        now = START + timedelta(seconds=1, hours=hour)
        on_day = date["type"] == "every_day" or now.isoweekday() % 7 in date["days"]
        exact = time["type"] == "at_exact_hours"
        at_hour = now.hour in time["hours"] if exact else now.hour % time["interval"] == 0
        if on_day and at_hour:
            found.append(now)
    return found


@settings(deadline=None)  # two cores may be busy
@given(date=dates, time=times)
def test_the_same_instants_for_400_days(date: dict[str, Any], time: dict[str, Any]) -> None:
    source = {"cron": "", "date": date, "time": time}
    until = START + timedelta(days=DAYS)
    fired = [
        fire
        for each in dbt_cloud_schedule(source)
        for fire in fires_within(Schedule(**each), START, until)
    ]
    assert fired == instants(source)


@pytest.mark.parametrize(
    ("cron", "posix"),
    [
        ("0 */12 * * 0,1,2,3,4,5,6", "0 */12 * * 0,1,2,3,4,5,6"),
        ("0  4 * *   7", "0 4 * * 0"),
        ("0 4 * * 1-7", "0 4 * * *"),
        ("0 4 1 * 1-7", "0 4 1 * 0-6"),
        ("0 4 1 * 0-7/1", "0 4 1 * 0-6"),
        ("0 4 * * 5-7", "0 4 * * 0,5-6"),
        ("0 4 * * 6-7", "0 4 * * 0,6"),
        ("0 4 ? * 7#1", "0 4 * * 0#1"),
        ("0 4 L * ?", "0 4 L * *"),
        ("0 4 * * MON#1", "0 4 * * MON#1"),
        ("@daily", "0 0 * * *"),
    ],
)
def test_cron_of_others(cron: str, posix: str) -> None:
    source = {"cron": "0 9 * * *", "date": {"type": "custom_cron", "cron": cron}, "time": {}}
    assert dbt_cloud_schedule(source) == [{"cron": posix, "timezone": "UTC"}]
    assert cron_schedule(cron, "Europe/Paris") == {"cron": posix, "timezone": "Europe/Paris"}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ({"date": {"type": "days_of_week", "days": []}, "time": {}}, "`date.days` names none"),
        ({"date": {"type": "days_of_week", "days": [7]}, "time": {}}, "`date.days` has 7: it is 0"),
        ({"date": {"type": "every_day"}, "time": {"type": "at_exact_hours"}}, "`time.hours` names"),
        ({"date": {"type": "every_day"}, "time": {"interval": 0}}, "`time.interval` has 0"),
        ({"date": {"type": "every_day"}, "time": {"interval": True}}, "`time.interval` has True"),
        ({"date": {"type": "every_day"}, "time": {"type": "hourly"}}, "`time.type` is 'hourly'"),
        ({"date": {"type": "lunar"}}, "`date.type` is 'lunar'"),
        ({"date": {"type": "custom_cron"}}, "it has no cron expression"),
        ({"cron": "*/2 * * * *"}, "2 minutes apart"),
        ({"cron": "0 0 0 4 * *"}, "6 fields"),
        ({}, "it has no cron expression"),
    ],
)
def test_what_has_no_times(source: dict[str, Any], why: str) -> None:
    with pytest.raises(NoSchedule, match=why):
        dbt_cloud_schedule(source)
