"""When a cron fires, found minute by minute: slow, and without croniter or a line of the program.

GitHub's rules: a local time that the clocks skip fires at the next moment there is, and one that they
repeat fires the first time alone.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
NAMES = {
    name: str(number)
    for names, first in (("SUN MON TUE WED THU FRI SAT", 0), ("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", 1))
    for number, name in enumerate(names.split(), start=first)
}  # fmt: skip
Test = Callable[[datetime], bool]


def matcher(cron: str) -> Test:
    """Whether a local minute is one that the expression names."""
    words = [re.sub("[A-Z]{3}", lambda m: NAMES[m[0]], word) for word in cron.upper().split()]
    minute, hour, day, month, weekday = words
    days, weekdays = _days(day), _weekdays(weekday)
    either = not day.startswith("*") and not weekday.startswith("*")

    def on_day(local: datetime) -> bool:
        kinds = days(local), weekdays(local)
        return any(kinds) if either else all(kinds)

    minutes, hours, months = _numbers(minute, 0, 59), _numbers(hour, 0, 23), _numbers(month, 1, 12)
    return lambda t: t.minute in minutes and t.hour in hours and t.month in months and on_day(t)


def _numbers(word: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in word.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            ends = low, high
        else:
            ends = int(first), int(last) if last else (high if step else int(first))
        found |= set(range(ends[0], ends[1] + 1, int(step or 1)))
    return found


def _days(word: str) -> Test:
    parts = word.split(",")
    numbers = [part for part in parts if part != "L"]
    days = _numbers(",".join(numbers), 1, 31) if numbers else set()
    return lambda t: t.day in days or ("L" in parts and t.day == monthrange(t.year, t.month)[1])


def _weekdays(word: str) -> Test:
    tests = [_weekday(part) for part in word.split(",")]
    return lambda t: any(test(t) for test in tests)


def _weekday(part: str) -> Test:
    number, nth, count = part.partition("#")
    days = _numbers(number.removeprefix("L"), 0, 6)

    def test(t: datetime) -> bool:
        if t.isoweekday() % 7 not in days:
            return False
        if nth:
            return (t.day - 1) // 7 + 1 == int(count)
        return "L" not in number or t.day + 7 > monthrange(t.year, t.month)[1]

    return test


def fire_times(cron: str, zone: str, after: datetime, until: datetime) -> list[datetime]:
    """All after one moment and until another, in UTC."""
    matches = matcher(cron)
    return [
        moment
        for moment, minutes in _minutes(ZoneInfo(zone), after, until)
        if moment > after and any(matches(minute) for minute in minutes)
    ]


def _minutes(
    zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[tuple[datetime, list[datetime]]]:
    """Each minute with the local times that are reached in it: none, one, or those skipped too."""
    # Early enough to know which local times have been before.
    moment = after.astimezone(timezone.utc).replace(second=0, microsecond=0) - timedelta(hours=3)
    reached = moment.astimezone(zone).replace(tzinfo=None)
    while (moment := moment + MINUTE) <= until:
        local = moment.astimezone(zone).replace(tzinfo=None)
        yield moment, [reached + n * MINUTE for n in range(1, (local - reached) // MINUTE + 1)]
        reached = max(reached, local)
