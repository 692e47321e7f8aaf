"""Cron in words, for people who read it seldom."""

from __future__ import annotations

from functools import cache
from typing import Any

from runner.model import Schedule


def in_words(schedule: Schedule) -> str:
    """``at 04:17, Monday through Friday (America/New_York)``; the expression is one that is sound."""
    return f"{_described(schedule.cron)} ({schedule.timezone})"


def _described(cron: str) -> str:
    from cron_descriptor import FormatError, get_description  # late: few commands say it

    as_written = f"at the times of `{cron}`"
    _, _, day, _, weekday = cron.split()
    if ("L" in day.upper() or "#" in weekday) and "," in day + weekday:
        return as_written  # of such a list it says the wrong days
    try:
        text: str = get_description(cron, _options())
    except FormatError:
        return as_written
    return f"{text[:1].lower()}{text[1:]}"


@cache
def _options() -> Any:
    """The same words on every machine, whatever its language."""
    from cron_descriptor import Options

    return Options(locale_code="en_US", use_24hour_time_format=True)
