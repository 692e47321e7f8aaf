"""The days that a cron expression allows, of all years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

_LONGEST = dict(enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))
LAST_DAYS = {month: {28, 29} if month == 2 else {days} for month, days in _LONGEST.items()}


@dataclass(frozen=True, kw_only=True)
class Dates:
    """The days that three fields allow. Where neither kind of day is `*`, either will do."""

    days: set[int]
    months: set[int]
    weekdays: set[int]
    either: bool

    @property
    def exist(self) -> bool:
        longest = max(_LONGEST[month] for month in self.months)
        return self.either or min(self.days) <= longest

    @property
    def follow_each_other(self) -> bool:
        """Whether it ever fires on two days running."""
        return any(self._match(today) and self._match(next_) for today, next_ in _calendar())

    def _match(self, day: tuple[int, int, int]) -> bool:
        month, number, weekday = day
        if month not in self.months:
            return False
        kinds = number in self.days, weekday in self.weekdays
        return any(kinds) if self.either else all(kinds)


@lru_cache(maxsize=1)
def _calendar() -> frozenset[tuple[tuple[int, int, int], tuple[int, int, int]]]:
    """Each pair of (month, day, weekday) that can follow each other, of all years.

    The calendar repeats after 28 years; weekdays count from Sunday = 0.
    """
    start = date(2000, 1, 1)
    days = [start + timedelta(days=n) for n in range(28 * 366)]
    triples = [(day.month, day.day, day.isoweekday() % 7) for day in days]
    return frozenset(pairwise(triples))
