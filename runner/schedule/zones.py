"""Whether a time zone is one of IANA's, which one was meant, and where its hours are UTC's."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

# Files of the zone database that name no place: what they mean depends on the machine.
_NOT_ZONES = ("localtime", "posixrules", "Factory", "leapseconds", "tzdata.zi")
_VARIANTS = ("posix/", "right/", "posix\\", "right\\")


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether this machine's zone database, or the one that comes along, has the name."""
    from zoneinfo import ZoneInfo  # only where a file has a schedule with a zone

    if name == "UTC":
        return True
    if name in _NOT_ZONES or name.startswith(_VARIANTS):
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a bad path, a folder, no such file
        return False
    return True


@lru_cache(maxsize=1024)
def full_hour(name: str, at: datetime) -> int:
    """The minute of a zone's hour, from 0, at which the hour of UTC is full, around an aware moment."""
    from zoneinfo import ZoneInfo  # as above

    ahead = at.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
    return int(ahead.total_seconds() // 60) % 60


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """All names of the zone database."""
    from zoneinfo import available_timezones  # reads hundreds of files; only for a hint

    return frozenset(available_timezones() - set(_NOT_ZONES))
