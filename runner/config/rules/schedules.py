"""Times at which GitHub is late, that aren't what they seem, or that two jobs share."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import replace
from zlib import crc32

from runner.config.nodes import Path
from runner.config.rules.examples import DAILY, JOB
from runner.config.rules.places import work
from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown
from runner.model import Job, Schedule
from runner.schedule.cron import clock, field_values
from runner.schedule.simpler import simpler
from runner.schedule.words import in_words
from runner.schedule.zones import full_hour

# A tick of those that come more often is followed by the next before anyone has missed it.
_OFTEN = 4
# So many commas are a list of times in one's head.
_MANY = 5
_UNITS = (("minute", 60), ("hour", 24))
_HOUR = 1
_STEP = re.compile(r"(\*|\d+(?P<to>-\d+)?)/(?P<step>\d+)")
# So many minutes from a full hour fewer schedules fire.
_CLEAR = 3


def _schedules(subject: Subject) -> Iterator[tuple[Job, Schedule, Path]]:
    for job in subject.jobs:
        for index, schedule in enumerate(job.triggers.schedule):
            at = ("jobs", job.name, "triggers", "schedule", index, "cron")
            yield job, schedule, at


def _top_of_the_hour(subject: Subject) -> Iterator[Found]:
    for job, schedule, at in _schedules(subject):
        top = _full_hour(subject, schedule)
        if top is not None:
            moved = _moved(job.name, schedule, top)
            yield Found(
                what=f"{shown(schedule.cron)} fires on the hour{' of UTC' if top else ''}:"
                f" {in_words(schedule)}",
                hint=f'another minute, such as "{moved}"' if moved else "another minute",
                at=at,
            )


def _full_hour(subject: Subject, schedule: Schedule) -> int | None:
    """The minute at which it fires as the hour of UTC begins, if it does and isn't one of often."""
    minutes, _ = clock(schedule.cron)
    top = full_hour(schedule.timezone, subject.known.now)
    return top if top in minutes and len(minutes) < _OFTEN else None


def _moved(name: str, schedule: Schedule, top: int) -> str:
    """It by as many minutes later as keep its hours; "" where none do.

    By a number of each job's own, or all would start together again.
    """
    minutes, _ = clock(schedule.cron)
    shifts = [
        shift
        for shift in range(_CLEAR, 60 - max(minutes) - _CLEAR + 1)
        if all(_CLEAR <= (minute + shift - top) % 60 <= 60 - _CLEAR for minute in minutes)
    ]
    if not shifts:
        return ""
    shift = shifts[crc32(name.encode()) % len(shifts)]
    moved = ",".join(str(minute + shift) for minute in sorted(minutes))
    return " ".join((moved, *simpler(schedule.cron).split()[1:]))


def _either_day(subject: Subject) -> Iterator[Found]:
    for _, schedule, at in _schedules(subject):
        _, _, day, _, weekday = schedule.cron.split()
        if "*" not in (day, weekday):
            yield Found(
                what=f"{shown(schedule.cron)} fires on the days {day} and on each {weekday} as well",
                hint="`*` for one of the two; `MON#1` is a month's first Monday, `L` its last day;"
                " two schedules where both are meant",
                at=at,
            )


def _uneven(subject: Subject) -> Iterator[Found]:
    for _, schedule, at in _schedules(subject):
        for place, (unit, size) in enumerate(_UNITS):
            field = schedule.cron.split()[place]
            step, left = _pauses(place, field, size)
            if left != step:
                yield Found(
                    what=f"{shown(field)} isn't every {step} {unit}s:"
                    f" after the last of them come {left}",
                    hint=f"`{_even(field, step, size)}` is even",
                    at=at,
                )


def _pauses(place: int, field: str, size: int) -> tuple[int, int]:
    """The step of a field, and the pause from its last value to the first: the same where it is even.

    The same also of what isn't meant to go round: a range that ends early, or hours that begin late.
    """
    match, found = _STEP.fullmatch(field), field_values(place, field)
    step = int(match["step"]) if match else size
    if match is None or found is None or step >= size:
        return step, step
    first, last = min(found[1]), max(found[1])
    late = first >= step and (match["to"] or place == _HOUR)
    return step, step if late or last + step < size else first + size - last


def _even(field: str, step: int, size: int) -> str:
    """The nearest more frequent step that divides the hour or the day, from the same minute or hour."""
    even = max(n for n in range(1, step + 1) if size % n == 0)
    first = field.partition("/")[0].partition("-")[0]
    start = 0 if first == "*" else int(first) % even
    return f"{start or '*'}/{even}"


def _long_winded(subject: Subject) -> Iterator[Found]:
    for _, schedule, at in _schedules(subject):
        minute, *rest = schedule.cron.split()
        shorter = simpler(schedule.cron)
        if _full_hour(subject, schedule) is not None:
            # Other minutes are advised already.
            shorter = " ".join((minute, *shorter.split()[1:]))
        if shorter != " ".join((minute, *rest)):
            yield Found(
                what=f"{shown(schedule.cron)} can be said more shortly",
                hint=f'"{shorter}" fires at the same times: {in_words(replace(schedule, cron=shorter))}',
                at=at,
            )
        elif schedule.cron.count(",") >= _MANY:
            yield Found(
                what=f"{shown(schedule.cron)} is hard to read: {in_words(schedule)}",
                hint="several schedules, each with a part of its times",
                at=at,
            )


def _twins(subject: Subject) -> Iterator[Found]:
    seen: dict[Hashable, str] = {}
    for file in subject.everywhere:
        for job in file.jobs:
            does = work(file, job)
            firsts = [seen.setdefault((does, each), job.name) for each in job.triggers.schedule]
            first = next((name for name in firsts if name != job.name), None)
            if first and file is subject:
                yield Found(
                    what=f"{shown(job.name)} runs the same steps as {shown(first)} at the same times",
                    hint="remove one of the two, or start one after the other by a `job` trigger",
                    at=("jobs", job.name),
                )


_TWIN = JOB.replace("daily", "nightly")

RULES = (
    Rule(
        code="top-of-the-hour",
        title="A schedule on the hour",
        why="everyone's schedules fire on the hour, and GitHub starts them late then, or drops them",
        bad=DAILY.replace("17 4", "0 4"),
        good=DAILY,
        check=_top_of_the_hour,
    ),
    Rule(
        code="day-or-weekday",
        title="A schedule with a day of the month and a day of the week",
        why="where cron is given both, either is enough: it isn't the Monday that is the first",
        bad=DAILY.replace("17 4 * * *", "17 4 1 * MON"),
        good=DAILY.replace("17 4 * * *", "17 4 * * MON#1"),
        check=_either_day,
    ),
    Rule(
        code="uneven-schedule",
        title="A step that doesn't divide the hour or the day",
        why="cron begins to count anew with each hour and each day, so that the last pause is another",
        bad=DAILY.replace("17 4", "17 */5"),
        good=DAILY.replace("17 4", "17 */4"),
        check=_uneven,
    ),
    Rule(
        code="long-winded-schedule",
        title="A schedule that is hard to read",
        why="nobody sees at once which times a long list has, and whether it leaves any out",
        bad=DAILY.replace("17 4", "17 0,6,12,18"),
        good=DAILY.replace("17 4", "17 */6"),
        check=_long_winded,
    ),
    Rule(
        code="twin-jobs",
        title="Two jobs that do the same at the same times",
        why="the same tables are built twice, which costs twice, and may fail at random where it is at"
        " once",
        bad=DAILY + _TWIN,
        good=DAILY + _TWIN.replace('schedule: { cron: "17 4 * * *" }', "job: { name: daily }"),
        check=_twins,
    ),
)
