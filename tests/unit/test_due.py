"""What is due in a tick's window: the rules one by one, and against every minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.history import Entry, History
from runner.history_changes import handled, noticed
from runner.model import Job, Schedule, Triggers
from runner.schedule.due import Due, Window, due, fingerprint
from runner.steps import Step
from tests.every_minute import fire_times

FOUR = datetime(2026, 2, 3, 4, tzinfo=timezone.utc)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAY = 24 * HOUR
STEP = Step(text="dbt build", command="build")


def job(*crons: str, name: str = "daily", zone: str = "UTC", grace: timedelta = 6 * HOUR) -> Job:
    schedule = tuple(Schedule(cron=cron, timezone=zone) for cron in crons)
    return Job(
        name=name, environment="prod", steps=(STEP,), triggers=Triggers(schedule=schedule), grace=grace
    )  # fmt: skip


def known(until: datetime, *jobs: Job) -> History:
    return handled(History(), until, {each.name: fingerprint(each) for each in jobs})


def after(history: History, window: Window) -> History:
    return noticed(handled(history, window.handled_until, window.schedules), window.missed)


DAILY = job("0 4 * * *")


@pytest.mark.parametrize(
    ("since", "now", "late"),
    [
        (FOUR - DAY, FOUR, timedelta(0)),
        (FOUR - DAY, FOUR - 60 * timedelta(seconds=1), timedelta(0)),  # the clock is behind
        (FOUR - DAY, FOUR - 61 * timedelta(seconds=1), None),
        (FOUR - DAY + MINUTE, FOUR + 3 * HOUR, 3 * HOUR),
        (FOUR - DAY + MINUTE, FOUR + 6 * HOUR, 6 * HOUR),
        (FOUR, FOUR + MINUTE, None),  # handled already
        (FOUR - timedelta(seconds=1), FOUR + MINUTE, MINUTE),
    ],
)
def test_the_newest_time_of_a_window(
    since: datetime, now: datetime, late: timedelta | None
) -> None:
    window = due([DAILY], known(since, DAILY), now, "0 4 * * *")
    assert [each.late for each in window.due] == ([] if late is None else [late])


def test_beyond_its_grace_a_time_is_missed() -> None:
    now = FOUR + 6 * HOUR + timedelta(seconds=1)
    window = due([DAILY], known(FOUR - HOUR, DAILY), now, "0 4 * * *")
    assert window.due == ()
    assert [(m.scheduled_for, m.why, m.noticed_at) for m in window.missed] == [(FOUR, "late", now)]
    assert due([DAILY], after(known(FOUR, DAILY), window), now, "0 4 * * *").missed == ()


def test_of_several_times_the_newest_runs_for_all() -> None:
    hourly = job("0 * * * *", "0 4 * * *")
    window = due([hourly], known(FOUR - 3 * HOUR, hourly), FOUR + MINUTE, "0 * * * *")
    assert window.due == (Due(job="daily", scheduled_for=FOUR, late=MINUTE, coalesced=2),)
    assert [(each.scheduled_for, each.why) for each in window.missed] == [
        (FOUR - 2 * HOUR, "coalesced"),
        (FOUR - HOUR, "coalesced"),
    ]


def test_a_tick_of_anything_finds_what_is_due() -> None:
    window = due([DAILY], known(FOUR - HOUR, DAILY), FOUR + HOUR, "23 * * * *")
    assert [each.job for each in window.due] == ["daily"]


@pytest.mark.parametrize("history", [None, History(), known(FOUR - HOUR, job("5 4 * * *"))])
@pytest.mark.parametrize(
    ("fired", "now", "runs"),
    [
        ("0 4 * * *", FOUR + HOUR, True),
        ("0  4 * * *", FOUR + HOUR, True),
        ("0 4 * * *", FOUR + 6 * HOUR, True),
        ("0 4 * * *", FOUR + 7 * HOUR, False),
        ("0 4 * * *", FOUR - HOUR, False),
        ("23 * * * *", FOUR + HOUR, False),
        ("", FOUR + HOUR, False),
    ],
)
def test_a_job_without_a_window_starts_by_its_own_cron_alone(
    history: History | None, fired: str, now: datetime, runs: bool
) -> None:
    window = due([DAILY], history, now, fired)
    assert [each.scheduled_for for each in window.due] == ([FOUR] if runs else [])
    assert window.missed == ()
    assert window.schedules == {"daily": "0 4 * * * UTC"}
    # From then on it has one.
    history = after(history or History(), window)
    later = due([DAILY], history, FOUR + DAY + HOUR, "23 * * * *")
    assert [each.scheduled_for for each in later.due] == [FOUR + DAY]


def test_a_last_day_starts_by_the_cron_that_github_was_given() -> None:
    monthly = job("0 4 L * *")
    for day, runs in ((27, False), (28, True)):
        window = due([monthly], None, FOUR.replace(day=day) + MINUTE, "0 4 28-31 * *")
        assert [each.job for each in window.due] == (["daily"] if runs else [])


def test_a_time_that_was_run_for_is_not_run_for_again() -> None:
    """The job's file changed between two ticks of the same minute."""
    entry = Entry(
        run_id="1", job="daily", environment="prod", trigger="schedule", cause="", planned_at=FOUR,
        scheduled_for=FOUR,
    )  # fmt: skip
    history = replace(known(FOUR, job("0 5 * * *")), entries=(entry,))
    assert due([DAILY], history, FOUR + 5 * MINUTE, "0 4 * * *").due == ()
    assert due([DAILY], history, FOUR + DAY, "0 4 * * *").due != ()


def test_a_disabled_jobs_times_pass_by() -> None:
    off = replace(DAILY, enabled=False)
    window = due([off], known(FOUR - HOUR, DAILY), FOUR + MINUTE, "0 4 * * *")
    assert (window.due, window.missed) == ((), ())
    history = after(known(FOUR - HOUR, DAILY), window)
    assert due([DAILY], history, FOUR + 2 * MINUTE, "0 4 * * *").due == ()


def test_a_clock_that_goes_back_handles_nothing_again() -> None:
    history = known(FOUR + HOUR, DAILY)
    window = due([DAILY], history, FOUR + MINUTE, "0 4 * * *")
    assert (window.due, window.handled_until) == ((), FOUR + HOUR)


def test_after_a_long_silence_only_the_newest_missed_are_said() -> None:
    busy = job("*/5 * * * *")
    window = due([busy], known(FOUR - 400 * DAY, busy), FOUR, "*/5 * * * *")
    assert window.due[0].coalesced == 90 * 24 * 12 - 1
    assert len(window.missed) == 200
    assert window.missed[-1].scheduled_for == FOUR - 5 * MINUTE


def test_jobs_without_a_schedule_are_not_asked_about() -> None:
    window = due([replace(DAILY, triggers=Triggers())], None, FOUR, "0 4 * * *")
    assert (window.due, window.schedules) == ((), {})


CRONS = st.sampled_from(
    [
        "*/5 * * * *",
        "30 1-3 * * *",
        "0 4 * * *",
        "15,45 2 * * MON-FRI",
        "0 0 L * *",
        "30 2 * * SUN#5",
    ]
)
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
     "Africa/Casablanca"]
)  # fmt: skip
# Both changes of Berlin and New York, and of Lord Howe and Casablanca in the weeks around.
STARTS = st.sampled_from([(3, 7), (3, 21), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31), (2, 14)])


@given(
    st.lists(CRONS, min_size=1, max_size=2, unique=True),
    ZONES,
    STARTS,
    st.lists(st.integers(0, 500), min_size=1, max_size=6),
    st.integers(1, 8),
)
@settings(max_examples=80, deadline=None)
def test_every_time_of_every_minute_is_run_for_or_missed_once(
    crons: list[str], zone: str, start: tuple[int, int], gaps: list[int], grace: int
) -> None:
    """Ticks at any distance: what they find together is what the clocks say, each once."""
    subject = job(*crons, zone=zone, grace=grace * HOUR)
    begin = datetime(2026, *start, 20, 7, tzinfo=timezone.utc)
    history, now = known(begin, subject), begin
    found: list[datetime] = []
    for gap in gaps:
        now += gap * MINUTE
        window = due([subject], history, now, "")
        for each in window.due:
            assert now - each.scheduled_for <= subject.grace
            found.append(each.scheduled_for)
        found += [each.scheduled_for for each in window.missed]
        history = after(history, window)
    expected = {t for cron in crons for t in fire_times(cron, zone, begin, now + MINUTE)}
    assert sorted(found) == sorted(expected)
