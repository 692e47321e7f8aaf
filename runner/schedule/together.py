"""Scheduled jobs that build the same nodes at the same minute.

Minutes and nodes are bits of whole numbers: thousands of jobs are compared within a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from runner.model import Job, Schedule
from runner.schedule.fires import fires_within

MINUTE = timedelta(minutes=1)
AHEAD = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Together:
    """A job, and those after it in the file that build some of its nodes when it does.

    ``at`` is the first minute, in UTC, that it shares with any of them; ``nodes`` are the unique ids
    that it shares with any of them.
    """

    job: str
    others: tuple[str, ...]
    at: datetime
    nodes: frozenset[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Alike:
    """Jobs of one schedule that build the same, by their places among the scheduled ones.

    ``turns``: they take turns with all others of which it is so, and never run at once.
    """

    minutes: int
    nodes: int
    turns: bool
    places: list[int]


def built_together(
    jobs: Iterable[Job],
    built: Mapping[str, frozenset[str]],
    now: datetime,
    turns: frozenset[str] = frozenset(),
) -> Iterator[Together]:
    """In the order of the jobs, for the week after ``now``, an aware moment.

    ``built`` has the unique ids of what each job builds; a job that isn't there builds nothing. Of the
    jobs that ``turns`` names no two run at once.
    """
    start = now.astimezone(timezone.utc).replace(second=0, microsecond=0)
    due = [job for job in jobs if job.enabled and job.triggers.schedule and built.get(job.name)]
    names = sorted(frozenset().union(*{built[job.name] for job in due}))
    group_of = _groups(due, built, names, start, turns)
    clashes = {group: _clashing(group, group_of.values()) for group in set(group_of.values())}
    for place, job in enumerate(due):
        group = group_of[place]
        later = [(n, each) for each in clashes[group] for n in each.places if n > place]
        if later:
            beside = {each for _, each in later}
            minutes, nodes = _shared(group, beside)
            yield Together(
                job=job.name,
                others=tuple(due[n].name for n in sorted(n for n, _ in later)),
                at=start + MINUTE * next(_bits(minutes)),
                nodes=frozenset(names[bit] for bit in _bits(nodes)),
            )


def _groups(
    jobs: Sequence[Job],
    built: Mapping[str, frozenset[str]],
    names: list[str],
    start: datetime,
    turns: frozenset[str],
) -> dict[int, _Alike]:
    """The group of each job, by its place."""
    bits = {name: 1 << bit for bit, name in enumerate(names)}
    minutes: dict[tuple[Schedule, ...], int] = {}
    nodes: dict[frozenset[str], int] = {}
    groups: dict[tuple[int, int, bool], _Alike] = {}
    group_of: dict[int, _Alike] = {}
    for place, job in enumerate(jobs):
        schedules, ids = job.triggers.schedule, built[job.name]
        if schedules not in minutes:
            minutes[schedules] = _minutes(schedules, start)
        if ids not in nodes:
            nodes[ids] = sum(bits[name] for name in ids)
        key = minutes[schedules], nodes[ids], job.name in turns
        if key not in groups:
            groups[key] = _Alike(minutes=key[0], nodes=key[1], turns=key[2], places=[])
        group = groups[key]
        group.places.append(place)
        group_of[place] = group
    return group_of


def _minutes(schedules: Iterable[Schedule], start: datetime) -> int:
    """The minutes after the start at which any of them fires."""
    found = 0
    for schedule in schedules:
        for time in fires_within(schedule, start, start + AHEAD):
            found |= 1 << (time - start) // MINUTE
    return found


def _clashing(group: _Alike, groups: Iterable[_Alike]) -> list[_Alike]:
    return [
        each
        for each in dict.fromkeys(groups)
        if group.minutes & each.minutes and group.nodes & each.nodes
        if not (group.turns and each.turns)
    ]


def _shared(group: _Alike, others: Iterable[_Alike]) -> tuple[int, int]:
    """The minutes and the nodes that it has in common with any of these."""
    minutes = nodes = 0
    for each in others:
        minutes |= group.minutes & each.minutes
        nodes |= group.nodes & each.nodes
    return minutes, nodes


def _bits(number: int) -> Iterator[int]:
    """The places of the bits that are set, the lowest first."""
    text = bin(number)[:1:-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)
