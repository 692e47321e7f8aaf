"""Cron in words, for people who read it seldom."""

from __future__ import annotations

from functools import cache
from typing import Any

from runner.model import Schedule


def in_words(schedule: Schedule) -> str:
    """``at 04:17, Monday through Friday (America/New_York)``; the expression is one that is sound."""
    from cron_descriptor import get_description  # late: few commands say it

    text: str = get_description(schedule.cron, _options())
    return f"{text[:1].lower()}{text[1:]} ({schedule.timezone})"


@cache
def _options() -> Any:
    """The same words on every machine, whatever its language."""
    from cron_descriptor import Options

    return Options(locale_code="en_US", use_24hour_time_format=True)
