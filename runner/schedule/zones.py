"""Whether a time zone is one of IANA's, and which one was meant."""

from __future__ import annotations

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


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """All names of the zone database."""
    from zoneinfo import available_timezones  # reads hundreds of files; only for a hint

    return frozenset(available_timezones() - set(_NOT_ZONES))
