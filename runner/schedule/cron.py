"""Whether a cron expression is one that can be run on GitHub, as what, and how close its times are.

The rules are GitHub's: POSIX cron of five fields, and at least five minutes between two runs. Two
things pass that GitHub doesn't know: the last day of a month, and a month's first to fifth or last
weekday of a name. GitHub is given all days that these may be, and what is due decides by itself.
croniter, which computes the times, takes more than that; what passes has to pass it too, and a test
holds them to the same times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from runner.schedule.dates import LAST_DAYS, Dates

MIN_GAP = 5  # minutes, GitHub's own
DAY = 24 * 60

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_PART = re.compile(
    r"(?P<first>\*|[0-9]{1,4}|[A-Z]{3})(-(?P<last>[0-9]{1,4}|[A-Z]{3}))?(/(?P<step>[0-9]{1,4}))?"
)
# `MON#1` is a month's first Monday. `L5`, as croniter writes it, is a month's last Friday.
_NTH = re.compile(r"(?P<first>[0-9]|[A-Z]{3})#[1-5]|L(?P<last>[0-9])")
_LAST = "L"
MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True, kw_only=True)
class WrongCron:
    """Why an expression doesn't do, and what to write instead where that is known."""

    why: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One of the five: ``low`` and ``high`` are its least and its largest value."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, word: str) -> int | None:
        if word in self.names:
            return self.names.index(word) + self.low
        return int(word) if word.isdigit() and self.low <= int(word) <= self.high else None


_MINUTE = Field(name="minute", low=0, high=59)
_HOUR = Field(name="hour", low=0, high=23)
_DAY = Field(name="day of the month", low=1, high=31)
_MONTH = Field(name="month", low=1, high=12, names=_MONTHS)
_WEEKDAY = Field(name="day of the week", low=0, high=6, names=_DAYS)
_FIELDS = (_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY)
_HINTS = {
    _DAY: "`L` alone is the last day of a month",
    _WEEKDAY: "`MON#1` is the first Monday of a month, and `L5` its last Friday (Sunday is 0)",
}


class _Unreadable(ValueError):
    """A field that isn't POSIX cron; carries a :class:`WrongCron`."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.wrong = WrongCron(why=why, hint=hint)


@lru_cache(maxsize=8192)
def check_cron(text: str) -> WrongCron | None:
    """The first reason why GitHub would not run this expression as it is meant, or None."""
    try:
        minutes, hours, dates = _read(text)
    except _Unreadable as unreadable:
        return unreadable.wrong
    if not dates.exist:
        return WrongCron(why="it never fires: no year has such a day")
    if not _croniter_reads(text):
        return WrongCron(why="croniter, which computes its times, can't read it")
    gap = _smallest_gap(minutes, hours, dates)
    if gap < MIN_GAP:
        apart = f"{gap} minute{'s' if gap > 1 else ''}"
        why = f"two of its times are {apart} apart; GitHub's least is {MIN_GAP} minutes"
        return WrongCron(why=why, hint="`*/5` in the first field is every five minutes")
    return None


def _croniter_reads(text: str) -> bool:
    from croniter import croniter  # late: a file without schedules doesn't need it

    return bool(croniter.is_valid(text))


def smallest_gap(text: str) -> int:
    """Minutes between the two closest times of :func:`github_cron`; raises ValueError for no cron.

    A gap of a day or more is said to be a day.
    """
    return _smallest_gap(*_read(text))


def clock(text: str) -> tuple[set[int], set[int]]:
    """The minutes and the hours of its times; raises ValueError for no cron."""
    minutes, hours, _ = _read(text)
    return minutes, hours


def field_values(place: int, word: str) -> tuple[Field, set[int]] | None:
    """The field at a place of the five, and what a word allows in it; None of what isn't POSIX cron."""
    try:
        return _FIELDS[place], _values(_FIELDS[place], word)
    except _Unreadable:
        return None


@lru_cache(maxsize=8192)
def github_cron(text: str) -> str:
    """The cron that GitHub is given: the same, with one blank between two fields.

    For `L` it has all days that may be the last of these months, and for `MON#1` or `L5` all such
    weekdays. Raises ValueError for no cron.
    """
    _, _, dates = _read(text)
    minute, hour, day, month, weekday = text.split()
    day = _ranges(dates.days) if _has_last(day) else day
    weekday = _ranges(dates.weekdays) if _nths(weekday) else weekday
    return " ".join((minute, hour, day, month, weekday))


@lru_cache(maxsize=8192)
def spelled(text: str) -> str:
    """The same for all expressions with the same times, as far as that shows; what is no cron as it is."""
    try:
        minutes, hours, dates = _read(text)
    except _Unreadable:
        return text
    _, _, day, month, weekday = text.upper().split()
    words = [_ranges(minutes), _ranges(hours), day, _ranges(_values(_MONTH, month)), weekday]
    if not _has_last(day) and day != "*":
        words[2] = _ranges(dates.days)
    if not _nths(weekday) and weekday != "*":
        words[4] = _ranges(dates.weekdays)
    return " ".join(words)


def _ranges(values: set[int]) -> str:
    """Numbers as a field of cron: ``1,28-31``."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _read(text: str) -> tuple[set[int], set[int], Dates]:
    words = text.split()
    if text.startswith("@"):
        instead = MACROS.get(text.strip().lower())
        hint = f"write `{instead}`" if instead else "write five fields, such as `0 4 * * *`"
        raise _Unreadable("GitHub doesn't know the `@` shorthands", hint)
    if len(words) != len(_FIELDS):
        why = f"it has {len(words)} field{'' if len(words) == 1 else 's'} instead of five"
        names = ", ".join(field.name for field in _FIELDS)
        raise _Unreadable(why, "there are no seconds and no years" if len(words) > 5 else names)
    minute, hour, day, month, weekday = words
    return _values(_MINUTE, minute), _values(_HOUR, hour), _dates(day, month, weekday)


def _dates(day: str, month: str, weekday: str) -> Dates:
    """All days that these fields may mean: of `L` and of `MON#1` more than they do."""
    nths = _nths(weekday)
    either = day != "*" and weekday != "*"
    if either and (_has_last(day) or nths or "*" in day + weekday):
        why = f"{_cut(day)} and {_cut(weekday)} don't go together"
        more = "some programs take days that fit either of them, and some days that fit both"
        raise _Unreadable(f"{why}: {more}", "write `*` for one of them, or two schedules")
    months = _values(_MONTH, month)
    last = set().union(*(LAST_DAYS[m] for m in months)) if _has_last(day) else set()
    plain = [part for part in day.split(",") if not _has_last(part)]
    days = _values(_DAY, ",".join(plain)) if plain else set()
    weekdays = nths or _values(_WEEKDAY, weekday)
    return Dates(days=days | last, months=months, weekdays=weekdays, either=either)


def _has_last(day: str) -> bool:
    return _LAST in day.upper().split(",")


def _nths(word: str) -> set[int]:
    """The weekdays of which some are meant; empty where the field says none of the kind."""
    parts = word.upper().split(",")
    matches = [match for part in parts if (match := _NTH.fullmatch(part))]
    if matches and len(matches) < len(parts):
        why = f"{_cut(word)} has days of every week and of some weeks"
        raise _Unreadable(why, "write two schedules")
    return {_number(_WEEKDAY, match["first"] or match["last"]) for match in matches}


def _values(field: Field, word: str) -> set[int]:
    values: set[int] = set()
    for part in word.split(","):
        values |= _part(field, part)
    return values


def _part(field: Field, part: str) -> set[int]:
    match = _PART.fullmatch(part.upper())
    if match is None or (match["first"] == "*" and match["last"]):
        hint = _HINTS.get(field, "") if set("L#") & set(part.upper()) else ""
        raise _Unreadable(f"{_cut(part)} doesn't fit the {field.name}{_not_posix(part)}", hint)
    step = int(match["step"] or 1)
    if step < 1 or step > field.high:
        raise _Unreadable(f"`/{step}` is not a step of the {field.name} (1 to {field.high})")
    if match["first"] == "*":
        return set(range(field.low, field.high + 1, step))
    first = _number(field, match["first"])
    last = _number(field, match["last"]) if match["last"] else first
    if match["step"] and not match["last"]:
        last = field.high
    if last == first and match["last"]:
        # croniter takes such a range for a whole turn: every minute, every hour
        raise _Unreadable(f"the range `{part}` has only one value", f"write `{match['first']}`")
    if last < first:
        why = f"the range `{part}` of the {field.name} goes backwards"
        raise _Unreadable(why, f"write two: `{first}-{field.high},{field.low}-{last}`")
    return set(range(first, last + 1, step))


def _number(field: Field, word: str) -> int:
    number = field.number(word)
    if number is None:
        hint = "Sunday is 0" if field.high == 6 and word == "7" else ""
        names = f", or {field.names[0]} to {field.names[-1]}" if field.names else ""
        why = f"{_cut(word)} doesn't fit the {field.name} ({field.low} to {field.high}{names})"
        raise _Unreadable(why, hint)
    return number


def _cut(word: str) -> str:
    return f"`{word[:20]}`" if word.isprintable() else ascii(word[:20])


def _not_posix(part: str) -> str:
    found = next((sign for sign in "?W" if sign in part.upper()), None)
    return f"; `{found}` is not POSIX cron, and GitHub doesn't know it" if found else ""


def _smallest_gap(minutes: set[int], hours: set[int], dates: Dates) -> int:
    clock, rows = sorted(minutes), sorted(hours)
    gaps = [DAY, *_steps(clock)]
    if len(rows) > 1:
        gaps.append(clock[0] + 60 * min(_steps(rows)) - clock[-1])
    gap = min(gaps)
    midnight = clock[0] + 60 * rows[0] + DAY - (clock[-1] + 60 * rows[-1])
    return midnight if midnight < gap and dates.follow_each_other else gap


def _steps(numbers: list[int]) -> list[int]:
    return [later - earlier for earlier, later in pairwise(numbers)]
