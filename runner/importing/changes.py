"""What has to change in a jobs file so that it says what a draft says: plain values beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.schedule.cron import spelled

Path = tuple[str, ...]
GONE = object()
# What is one value to the jobs file: its parts don't mix with those of another.
WHOLE = frozenset({"dbt", "dispatch", "job", "schedule"})


@dataclass(frozen=True, kw_only=True)
class Change:
    """``value`` is what the keys of ``path`` lead to from now on; :data:`GONE` takes the last key away."""

    path: Path
    value: Any


def changes(there: Mapping[str, Any], new: Mapping[str, Any], path: Path = ()) -> Iterator[Change]:
    """What is new or other than there; what only ``there`` has isn't spoken of."""
    for key, value in new.items():
        before, here = there.get(key), (*path, key)
        whole = key in WHOLE and len(path) > 1  # not a job or an environment of such a name
        if isinstance(before, Mapping) and isinstance(value, Mapping) and not whole:
            yield from changes(before, value, here)
        elif key not in there or not same(before, value):
            yield Change(path=here, value=value)


def removals(there: Mapping[str, Any], paths: Iterable[Path]) -> Iterator[Change]:
    """Those of the paths that are there, but for what goes with one of them."""
    gone: set[Path] = set()
    for path in sorted(paths):
        if at(there, path) is not None and not any(path[:end] in gone for end in range(len(path))):
            gone.add(path)
            yield Change(path=path, value=GONE)


def applied(there: Any, found: Iterable[Change]) -> Any:
    """The plain values with the changes; nothing in them is shared."""
    whole = _unshared(there)
    for change in found:
        *outer, last = change.path
        holder = whole
        for key in outer:
            holder = holder[key]
        if change.value is GONE:
            del holder[last]
        else:
            holder[last] = _unshared(change.value)
    return whole


def _unshared(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _unshared(each) for key, each in value.items()}
    return [_unshared(each) for each in value] if isinstance(value, (list, tuple)) else value


def exactly(one: Any, other: Any) -> bool:
    """Whether two plain values are the same, and of the same types."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(exactly(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(exactly, one, other))
    return type(one) is type(other) and bool(one == other)


def at(there: Any, path: Path) -> Any:
    """What the keys of a path lead to; None where there is nothing."""
    for key in path:
        there = there.get(key) if isinstance(there, Mapping) else None
    return there


def same(there: Any, new: Any) -> bool:
    """Whether both mean the same: one schedule or job may stand for a list of one."""
    if isinstance(there, list) != isinstance(new, list):
        there, new = ([each] if not isinstance(each, list) else each for each in (there, new))
    if isinstance(there, list):
        return len(there) == len(new) and all(map(same, there, new))
    if isinstance(there, Mapping) and isinstance(new, Mapping):
        # A schedule without its time zone is one in UTC.
        zone = {"timezone": "UTC"} if "cron" in there or "cron" in new else {}
        there, new = {**zone, **there}, {**zone, **new}
        if isinstance(there.get("cron"), str) and isinstance(new.get("cron"), str):
            there["cron"], new["cron"] = spelled(there["cron"]), spelled(new["cron"])
        return there.keys() == new.keys() and all(same(there[key], new[key]) for key in new)
    if isinstance(there, str) and isinstance(new, str):
        return str(there) == str(new)
    return isinstance(there, bool) == isinstance(new, bool) and bool(there == new)
