"""Cron: the rules, and that croniter and a brute force agree with what passes them."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from croniter import croniter
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runner.schedule.cron import DAY, check_cron, github_cron, smallest_gap
from runner.schedule.zones import is_zone, zone_names
from tests.every_minute import matcher


@pytest.mark.parametrize(
    "text",
    [
        "0 4 * * *",
        "*/5 * * * *",
        "20/15 * * * *",
        "0,30 9-17 * * MON-FRI",
        "0 0 1 JAN,jul *",
        "0 0 29 2 *",
        "0 0 30 2 1",  # either kind of day will do, and February has Mondays
        "0 0 31 */2 *",
        "55 23 * * *",
        "58,2 0,23 1 * *",  # its times around midnight never fall on neighbouring days
        "  0   4 * * * ",
    ],
)
def test_right(text: str) -> None:
    assert check_cron(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it has 0 fields instead of five"),
        ("0 4 * *", "it has 4 fields instead of five"),
        ("0 0 4 * * *", "it has 6 fields instead of five"),
        ("@hourly", "GitHub doesn't know the `@` shorthands"),
        ("60 * * * *", "`60` doesn't fit the minute (0 to 59)"),
        ("0 0 * * 7", "`7` doesn't fit the day of the week (0 to 6, or SUN to SAT)"),
        ("0 0 15W * *", "`15W` doesn't fit the day of the month; `W` is not POSIX cron"),
        ("0 0 ? * *", "`?` doesn't fit the day of the month; `?` is not POSIX cron"),
        ("0 0 L-3 * *", "`L-3` doesn't fit the day of the month"),
        ("L 0 * * *", "`L` doesn't fit the minute"),
        ("0 0 * * L", "`L` doesn't fit the day of the week"),
        ("0 0 * * 5L", "`5L` doesn't fit the day of the week"),
        ("0 0 * * L7", "`7` doesn't fit the day of the week"),
        ("0 0 * * 1#6", "`1#6` doesn't fit the day of the week"),
        ("0 0 * * FOO#1", "`FOO` doesn't fit the day of the week"),
        ("0 0 * * 1,5#2", "`1,5#2` has days of every week and of some weeks"),
        ("0 0 13 * 5#2", "`13` and `5#2` don't go together"),
        ("0 0 L * MON", "`L` and `MON` don't go together"),
        ("0 0 */2 * MON", "`*/2` and `MON` don't go together: some programs take"),
        ("0 0 1 * */1", "`1` and `*/1` don't go together"),
        ("0 0 1 * 0-6", ""),
        ("58,2 0,23 L * *", "two of its times are 4 minutes apart"),  # the 28th to the 31st are
        ("58,2 0,23 L 1 *", ""),
        ("0 0 * JAN-0 *", "`0` doesn't fit the month"),
        ("0 0 JAN * *", "`JAN` doesn't fit the day of the month"),
        ("1,,2 * * * *", "`` doesn't fit the minute"),
        ("*/60 * * * *", "`/60` is not a step of the minute (1 to 59)"),
        ("5-1 * * * *", "the range `5-1` of the minute goes backwards"),
        ("7-7 * * * *", "the range `7-7` has only one value"),
        ("0 0 * * MON-1", "the range `MON-1` has only one value"),
        ("٣ * * * *", "`٣` doesn't fit the minute"),
        ("0 0 31 2,4,6,9,11 *", "it never fires: no year has such a day"),
        ("*/4 * * * *", "two of its times are 4 minutes apart"),
        ("1,2 0 1 1 *", "two of its times are 1 minute apart"),
        ("58,2 0,23 * * *", "two of its times are 4 minutes apart"),
        ("59,0 0,23 28,1 2,3 *", "two of its times are 1 minute apart"),
        ("59 23,0 * * *", ""),
    ],
)
def test_wrong(text: str, why: str) -> None:
    wrong = check_cron(text)
    assert (wrong.why if wrong else "").startswith(why)
    assert bool(wrong) == bool(why)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("0 4 * * *", "0 4 * * *"),
        (" 0  4 * *  MON-FRI", "0 4 * * MON-FRI"),
        ("0 4 L * *", "0 4 28-31 * *"),
        ("0 4 1,l * *", "0 4 1,28-31 * *"),
        ("0 4 L 2 *", "0 4 28-29 2 *"),
        ("0 4 L JAN,APR *", "0 4 30-31 JAN,APR *"),
        ("0 4 L 4 *", "0 4 30 4 *"),
        ("0 4 * * MON#1", "0 4 * * 1"),
        ("0 4 * 3 5#2,L0", "0 4 * 3 0,5"),
    ],
)
def test_what_github_is_given(text: str, given: str) -> None:
    assert check_cron(text) is None
    assert github_cron(text) == given
    assert github_cron(given) == given


NTH = st.tuples(st.sampled_from(["0", "3", "FRI", "sat"]), st.integers(1, 5)).map(
    lambda pair: f"{pair[0]}#{pair[1]}"
)
OF_SOME_WEEKS = st.lists(NTH | st.integers(0, 6).map("L{}".format), min_size=1, max_size=3).map(
    lambda parts: f"* * {','.join(parts)}"
)
LAST_DAYS = st.tuples(
    st.lists(st.integers(1, 31).map(str), max_size=2), st.sampled_from(["*", "2", "1,4", "2-3"])
).map(lambda pair: f"{','.join([*pair[0], 'L'])} {pair[1]} *")


@given(OF_SOME_WEEKS | LAST_DAYS, st.integers(2000, 2027))
@settings(max_examples=60, deadline=None)
def test_github_is_given_every_day_that_is_meant_and_croniter_agrees(dates: str, year: int) -> None:
    cron = f"0 4 {dates}"
    assert check_cron(cron) is None
    start = datetime(year, 1, 1)  # noqa: DTZ001
    mornings = [start.replace(hour=4) + timedelta(days=n) for n in range(366)]
    means, given = matcher(cron), matcher(github_cron(cron))
    meant = [morning for morning in mornings if means(morning)]
    times = croniter(cron, start - timedelta(minutes=1), max_years_between_matches=50)
    assert [times.get_next(datetime) for _ in meant] == meant
    assert all(given(morning) for morning in meant)


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    pairs = st.tuples(number, number).filter(lambda pair: pair[0] != pair[1])
    spans = pairs.map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.tuples(st.one_of(st.just("*"), spans, number.map(str)), st.integers(1, high))
    part = st.one_of(number.map(str), spans, steps.map(lambda s: f"{s[0]}/{s[1]}"))
    listed = st.lists(part, min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), listed)


def meant_alike(words: tuple[str, ...]) -> bool:
    """Cron programs differ where one kind of day begins with `*` and goes on, and both are there."""
    day, weekday = words[2], words[4]
    return "*" in (day, weekday) or "*" not in day + weekday


EXPRESSIONS = (
    st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
    .filter(meant_alike)
    .map(" ".join)
)
ONCE_AN_HOUR = st.tuples(st.integers(0, 59), EXPRESSIONS).map(
    lambda pair: f"{pair[0]} {pair[1].partition(' ')[2]}"
)
DAYS = [datetime(2000, 1, 1) + timedelta(days=n) for n in range(28 * 366)]  # noqa: DTZ001


def numbers(values: object, low: int, high: int) -> set[int]:
    assert isinstance(values, list)
    return set(range(low, high + 1)) if values == ["*"] else set(values)


def brute_force(expression: str) -> int | None:
    """The smallest gap, by croniter's reading of the fields, minute by minute; None: never."""
    fields = croniter.expand(expression)[0]
    minutes, hours = numbers(fields[0], 0, 59), numbers(fields[1], 0, 23)
    days, months, weekdays = (numbers(fields[n], *span) for n, span in
                              ((2, (1, 31)), (3, (1, 12)), (4, (0, 6))))  # fmt: skip
    words = expression.split()
    either = words[2] != "*" and words[4] != "*"

    def fires(day: datetime) -> bool:
        kinds = day.day in days, day.isoweekday() % 7 in weekdays
        return day.month in months and (any(kinds) if either else all(kinds))

    times = [m for m in range(DAY) if m % 60 in minutes and m // 60 in hours]
    firing = [fires(day) for day in DAYS]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    if any(today and tomorrow for today, tomorrow in pairwise(firing)):
        gaps.append(times[0] + DAY - times[-1])
    return min([*gaps, DAY]) if any(firing) else None


@given(EXPRESSIONS)
@settings(max_examples=150, deadline=None)
def test_the_gap_is_the_brute_forces(expression: str) -> None:
    gap = brute_force(expression)
    wrong = check_cron(expression)
    if gap is None:
        assert wrong is not None
        assert wrong.why.startswith("it never fires")
    else:
        assert smallest_gap(expression) == gap
        assert (wrong is None) == (gap >= 5)


@given(ONCE_AN_HOUR, st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
@settings(max_examples=100, deadline=None)
def test_croniter_runs_what_passes(expression: str, start: datetime) -> None:
    assume(check_cron(expression) is None)
    times = croniter(expression, start)
    found = [times.get_next(datetime) for _ in range(5)]
    gap = timedelta(minutes=smallest_gap(expression))
    assert all(later - earlier >= gap for earlier, later in pairwise(found))


@given(st.text(alphabet="0123456789*/,-LW?#@ MONJAN", max_size=30))
@settings(max_examples=300, deadline=None)
def test_what_croniter_refuses_does_not_pass(text: str) -> None:
    if check_cron(text) is None:
        assert croniter.is_valid(text)


@pytest.mark.parametrize("name", ["UTC", "America/New_York", "Asia/Kolkata", "Etc/GMT+5"])
def test_zones(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "america/new_york", "../UTC", "/etc/passwd", "localtime", "right/UTC", "a\0b",
     "x" * 5000],
)  # fmt: skip
def test_not_zones(name: str) -> None:
    assert not is_zone(name)
    assert name not in zone_names()
