"""Durations as people write them: ``90m``, ``2h``, ``1h30m``, ``45s``, ``1d``."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
PATTERN = r"^(?=\d)(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,6}s)?$"


def parse_duration(text: str) -> timedelta:
    """``1h30m`` as a timedelta; raises :class:`ValueError` on anything else."""
    match = re.match(PATTERN, text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write it as 90m, 2h, 1h30m or 45s")
    return timedelta(**{_UNITS[part[-1]]: int(part[:-1]) for part in match.groups() if part})


def format_duration(seconds: float) -> str:
    """Seconds for people: ``0.4s``, ``12.3s``, ``4m 05s``, ``2h 03m``, ``3d 4h``."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d {whole % 86400 // 3600}h"


def spell_duration(duration: timedelta) -> str:
    """As :func:`parse_duration` reads it: ``30m``, ``1h30m``, ``2d``; seconds are rounded up."""
    seconds = -int(-duration.total_seconds() // 1)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def spell_age(age: timedelta) -> str:
    """Its largest unit alone, whole: ``3h``, ``2d``; ``0s`` of what lies ahead, by another clock."""
    seconds = max(0, int(age.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
