"""The schedules of other schedulers, as cron expressions that GitHub can run, at the same times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.schedule.cron import MACROS, check_cron

Json = Mapping[str, Any]

EVERY = "*"
ALL_DAYS = "0-6"
_RANGE_TO_SUNDAY = re.compile(r"([0-6])-7(?:/1)?")


class NoSchedule(ValueError):
    """The source's schedule can't be said in a jobs file; the message says why."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


def dbt_cloud_schedule(schedule: Json) -> list[dict[str, str]]:
    """The ``schedule`` of a job of dbt Cloud, ``{cron, date{type, days, cron}, time{type, hours, interval}}``.

    Its times are in UTC and its days count from Sunday = 0. Raises :class:`NoSchedule`.
    """
    date, time = _mapping(schedule, "date"), _mapping(schedule, "time")
    kind = date.get("type")
    if kind in ("custom_cron", "interval_cron") or not date:
        cron = date.get("cron") or schedule.get("cron")
        if cron:
            return [cron_schedule(str(cron))]
        if kind != "interval_cron":
            raise NoSchedule("it has no cron expression")
    elif kind not in ("every_day", "days_of_week"):
        raise NoSchedule(f"`date.type` is {kind!r}, which dbt Cloud's API doesn't describe")
    days = _days(date.get("days"), needed=kind == "days_of_week")
    return [cron_schedule(f"0 {_hours(time)} * * {days}")]


def cron_schedule(text: str, timezone: str = "UTC") -> dict[str, str]:
    """A foreign cron expression, in the words that GitHub knows. Raises :class:`NoSchedule`."""
    cron = _posix(text)
    wrong = check_cron(cron)
    if wrong:
        raise NoSchedule(wrong.why, wrong.hint)
    return {"cron": cron, "timezone": timezone}


def _posix(text: str) -> str:
    cron = MACROS.get(text.strip().lower(), " ".join(text.split()))
    fields = cron.split(" ")
    if len(fields) != 5:
        return cron
    *others, day, month, weekday = fields
    day = EVERY if day == "?" else day
    weekday = EVERY if weekday == "?" else ",".join(map(_sunday, weekday.split(",")))
    # Beside a day of the month, a list of all days means every day, and `*` means none but that.
    weekday = EVERY if (day, weekday) == (EVERY, ALL_DAYS) else weekday
    return " ".join([*others, day, month, weekday])


def _sunday(part: str) -> str:
    """Of the days of the week, 7 is Sunday to many programs; to GitHub it is 0 alone."""
    if match := _RANGE_TO_SUNDAY.fullmatch(part):
        first = int(match[1])
        return ALL_DAYS if first < 2 else f"0,{first}-6" if first < 6 else "0,6"
    return re.sub(r"^7(?=$|#)", "0", part)


def _hours(time: Json) -> str:
    kind = time.get("type", "every_hour")
    if kind == "at_exact_hours":
        hours = _numbers(time.get("hours"), "time.hours", range(24))
        return ",".join(map(str, hours))
    if kind != "every_hour":
        raise NoSchedule(f"`time.type` is {kind!r}, which dbt Cloud's API doesn't describe")
    # Counted from midnight of each day, also where the interval doesn't divide 24.
    given = time.get("interval")
    (interval,) = _numbers([1 if given is None else given], "time.interval", range(1, 25))
    return {1: EVERY, 24: "0"}.get(interval, f"*/{interval}")


def _days(days: Any, *, needed: bool) -> str:
    if days is None and not needed:
        return EVERY
    found = _numbers(days, "date.days", range(7)) if needed or days else [*range(7)]
    return EVERY if len(found) == 7 else ",".join(map(str, found))


def _numbers(values: Any, name: str, allowed: range) -> list[int]:
    if not isinstance(values, list) or not values:
        raise NoSchedule(f"`{name}` names none, so it never fires")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            raise NoSchedule(f"`{name}` has {value!r}: it is {allowed[0]} to {allowed[-1]}")
    return sorted(set(values))


def _mapping(data: Json, key: str) -> Json:
    found = data.get(key)
    return found if isinstance(found, Mapping) else {}
