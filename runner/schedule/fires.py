"""When a schedule fires.

A cron expression is read in local time. As GitHub documents it, a time that the clocks skip moves to
the next one there is, and one that they repeat fires once, the first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from heapq import merge
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from runner.model import Schedule
from runner.schedule.cron import clock

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# A weekday on a leap day comes every 28 years, or 40 around a century that has none.
YEARS_AHEAD = 50


def next_fires(schedules: Iterable[Schedule], after: datetime, count: int) -> tuple[datetime, ...]:
    """The next fire times of all of them together, after an aware moment; each in its zone."""
    times = merge(*(fires(schedule, after) for schedule in schedules), key=_moment)
    return tuple(islice(_each_once(times), count))


def fires(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """The fire times of one schedule after an aware moment, in its zone, earliest first."""
    from zoneinfo import ZoneInfo  # late, as croniter: only where something is scheduled

    zone = ZoneInfo(schedule.timezone)
    times = (_existing(local, zone) for local in _local_times(schedule.cron, after, zone))
    yield from _each_once(time for time in times if _moment(time) > _moment(after))


@lru_cache(maxsize=8192)
def fires_within(schedule: Schedule, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """The fire times of one schedule after one aware moment and until another, earliest first."""
    times = fires(schedule, after)
    return tuple(takewhile(lambda time: _moment(time) <= _moment(until), times))


def _local_times(cron: str, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """croniter finds the days, and each has the same times: finding each time costs far more."""
    from croniter import croniter

    start = after.astimezone(zone).replace(tzinfo=None, fold=0)
    minutes, hours = clock(cron)
    times = [timedelta(hours=hour, minutes=m) for hour in sorted(hours) for m in sorted(minutes)]
    midnights = " ".join(("0 0", *cron.split()[2:]))
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    days = croniter(
        midnights, midnight - timedelta(seconds=1), max_years_between_matches=YEARS_AHEAD
    )
    while True:
        day = days.get_next(datetime)
        yield from (day + time for time in times if day + time > start)


def _existing(local: datetime, zone: ZoneInfo) -> datetime:
    """A local time in its zone; one that the clocks skip becomes the moment that they skip to."""
    late, early = (_moment(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if late <= early:
        return local.replace(tzinfo=zone)
    skipped = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == skipped:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0).astimezone(zone)


def _each_once(times: Iterable[datetime]) -> Iterator[datetime]:
    """Times in order without those that are the same moment as the one before."""
    last = None
    for time in times:
        if _moment(time) != last:
            yield time
            last = _moment(time)


def _moment(time: datetime) -> datetime:
    return time.astimezone(timezone.utc)
