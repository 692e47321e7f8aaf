"""Jobs of dbt Cloud as hypothesis makes them, and what each means, by dbt Cloud's own words.

What a schedule or a command means is said beside its text when it is made, not read back from it: so
nothing here needs, or repeats, what the importer reads.
"""

from __future__ import annotations

import json
import shlex
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

ENVIRONMENTS = {70: "Production", 71: "Production CI", 72: "staging"}
TYPES = ["ci", "scheduled", "other", "merge", "exposure_sync", "adaptive", "hybrid", None]
OFF = dict.fromkeys(("github_webhook", "git_provider_webhook", "schedule", "on_merge"), False)
NAMES = ["Daily (US)", "production", "self", "日次", "x" * 80, "Hourly [[hourly]]", "on: off", "ci"]
TARGETED = {
    "build", "run", "test", "seed", "snapshot", "compile", "parse", "docs generate", "source freshness",
    "run-operation", "ls", "debug",
}  # fmt: skip
THREADED = TARGETED - {"parse", "ls", "debug"}
SELECTING = ["build", "run", "test", "seed", "snapshot", "compile", "ls"]


@dataclass(frozen=True)
class Moments:
    """A schedule as dbt Cloud has it, and whether it fires at a moment in UTC; minutes from 0."""

    source: dict[str, Any]
    minutes: tuple[int, ...]
    hours: frozenset[int]
    on_day: Callable[[datetime], bool]

    def instants(self, start: datetime, days: int) -> list[datetime]:
        return [
            day + timedelta(hours=hour, minutes=minute)
            for day in (start + timedelta(days=number) for number in range(days))
            if self.on_day(day)
            for hour in sorted(self.hours)
            for minute in self.minutes
        ]


NEVER = Moments({}, (), frozenset(), lambda _: False)


@dataclass(frozen=True)
class Command:
    """A command as dbt understands it: ``own`` are the target and threads that it says itself.

    ``name`` is "" of what is no command of dbt's.
    """

    text: str
    name: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    compares: bool = False


@dataclass(frozen=True)
class Whole:
    """A job: what its API answers, and what that means."""

    data: dict[str, Any]
    moments: Moments
    commands: tuple[Command, ...]


def weekday(day: datetime) -> int:
    return day.isoweekday() % 7  # from Sunday = 0, as dbt Cloud counts


def _last(day: datetime) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _first_monday(day: datetime) -> bool:
    return weekday(day) == 1 and day.day <= 7


WEEKDAYS: dict[str, Callable[[datetime], bool]] = {
    "1-5": lambda day: weekday(day) in range(1, 6),
    "7": lambda day: weekday(day) == 0,
    "5-7": lambda day: weekday(day) in (5, 6, 0),
    "MON,wed": lambda day: weekday(day) in (1, 3),
    "MON#1": _first_monday,
}
MONTH_DAYS: dict[str, Callable[[datetime], bool]] = {
    "13": lambda day: day.day == 13,
    "1,15": lambda day: day.day in (1, 15),
    "*/10": lambda day: day.day in (1, 11, 21, 31),
    "L": _last,
}
MONTHS: dict[str, Callable[[datetime], bool]] = {
    "*": lambda _: True,
    "1-6": lambda day: day.month <= 6,
    "JAN,jul": lambda day: day.month in (1, 7),
}
some_hours = st.frozensets(st.integers(0, 23), min_size=1, max_size=4)
some_days = st.frozensets(st.integers(0, 6), min_size=1)


@st.composite
def crons(draw: st.DrawFn) -> Moments:
    minutes = sorted(draw(st.frozensets(st.sampled_from(range(0, 60, 5)), min_size=1, max_size=3)))
    hours = draw(some_hours)
    month = draw(st.sampled_from(sorted(MONTHS)))
    kind = draw(st.sampled_from(["none", "weekday", "day", "both"]))
    week = draw(st.sampled_from(sorted(WEEKDAYS)))
    date = draw(st.sampled_from(sorted(MONTH_DAYS)))
    tests: dict[str, Callable[[datetime], bool]] = {
        "none": lambda _: True,
        "weekday": WEEKDAYS[week],
        "day": MONTH_DAYS[date],
        # Cron's own rule: where both are restricted, either is enough.
        "both": lambda day: WEEKDAYS[week](day) or MONTH_DAYS[date](day),
    }
    if kind == "both" and (date in ("*/10", "L") or week == "MON#1"):
        kind = "day"  # programs don't agree on what these mean together
    shown = (date if kind in ("day", "both") else "*", week if kind in ("weekday", "both") else "*")
    fields = (
        ",".join(map(str, minutes)),
        ",".join(map(str, sorted(hours))),
        shown[0],
        month,
        shown[1],
    )
    source = {"cron": "0 * * * *", "date": {"type": "custom_cron", "cron": " ".join(fields)}}
    on_day = tests[kind]
    return Moments(source, tuple(minutes), hours, lambda day: MONTHS[month](day) and on_day(day))


@st.composite
def simple_schedules(draw: st.DrawFn) -> Moments:
    days = draw(some_days)
    date, on_day = draw(
        st.sampled_from(
            [
                ({"type": "every_day"}, lambda _: True),
                ({"type": "days_of_week", "days": sorted(days)}, lambda day: weekday(day) in days),
                ({"type": "interval_cron", "days": sorted(days)}, lambda day: weekday(day) in days),
            ]
        )
    )
    hours = draw(some_hours)
    interval = draw(st.sampled_from([1, 2, 5, 7, 12, 23, 24]))
    time, chosen = draw(
        st.sampled_from(
            [
                ({"type": "at_exact_hours", "hours": sorted(hours, reverse=True)}, hours),
                ({"type": "every_hour", "interval": interval}, frozenset(range(0, 24, interval))),
            ]
        )
    )
    return Moments({"cron": "", "date": date, "time": time}, (0,), frozenset(chosen), on_day)


@st.composite
def commands(draw: st.DrawFn) -> Command:
    kind = draw(st.sampled_from(["selecting"] * 6 + ["other"] * 3 + ["none"]))
    if kind == "none":
        return Command(draw(st.sampled_from(["python x.py", "", "dbt sl export --all", "ls | wc"])))
    name = draw(
        st.sampled_from(
            SELECTING
            if kind == "selecting"
            else [
                "deps",
                "debug",
                "parse",
                "clean",
                "docs generate",
                "source freshness",
                "run-operation",
            ]
        )
    )
    options: dict[str, Any] = {}
    words: list[str] = []
    compares = False
    if kind == "selecting":
        wanted = draw(st.sampled_from([None, ["tag:a"], ["a b", "c+"], ["state:modified+", "x"]]))
        compares = bool(wanted and wanted[0].startswith("state"))
        if wanted:
            options["--select"] = wanted
            words += [draw(st.sampled_from(["--select", "-s"])), *wanted]
        if draw(st.booleans()):
            options["--exclude"] = ["tag:'odd one'"]
            words += ["--exclude", "tag:'odd one'"]
    if name == "run-operation":
        options["macro"], options["--args"] = "grant", "{role: x}"
        words += ["grant", "--args", "{role: x}"]
    if name in ("build", "run", "seed") and draw(st.booleans()):
        options["--full-refresh"] = True
        words.append("--full-refresh")
    if draw(st.booleans()):
        options["--vars"] = draw(st.sampled_from([{"a": 1}, {"day": "2020-01-01", "b": [1]}]))
        words += ["--vars", json.dumps(options["--vars"])]
    own: dict[str, Any] = {}
    if name in TARGETED and draw(st.integers(0, 3)) == 0:
        own["target"] = draw(st.sampled_from(["prod", "dev"]))
        words += draw(st.sampled_from([["--target", own["target"]], [f"-t={own['target']}"]]))
    if name in THREADED and draw(st.integers(0, 3)) == 0:
        own["threads"] = draw(st.integers(1, 3))
        words += ["--threads", str(own["threads"])]
    before = draw(st.sampled_from([[], [], ["--warn-error"], ["--no-partial-parse"]]))
    options |= dict.fromkeys(before, True)
    return Command(
        shlex.join(["dbt", *before, *name.split(), *words]), name, options, own, compares
    )


some_statuses = st.sampled_from([[10], [20, 30], [30, 10, 20], []])
some_variables = st.dictionaries(
    st.sampled_from(["DBT_A", "DBT_B", "dbt_c"]),
    st.fixed_dictionaries(
        {},
        optional={
            level: st.none()
            | st.fixed_dictionaries({"value": st.sampled_from(["", "1", "yes", "a: b"])})
            for level in ("project", "environment", "job")
        },
    ),
)
bodies = st.fixed_dictionaries(
    {
        "account_id": st.just(9),
        "project_id": st.just(5),
        "name": st.sampled_from(NAMES),
        "job_type": st.sampled_from(TYPES),
        "environment_id": st.sampled_from(sorted(ENVIRONMENTS)),
        "state": st.sampled_from([1, 1, 1, 1, 2]),
        "execution": st.fixed_dictionaries(
            {"timeout_seconds": st.sampled_from([0, 1, 90, 3600, 86399])}
        ),
        "settings": st.fixed_dictionaries(
            {
                "threads": st.integers(1, 16),
                "target_name": st.sampled_from(["default", "prod", "dev"]),
            }
        ),
        "triggers": st.fixed_dictionaries(
            {
                "github_webhook": st.sampled_from([False, False, True]),
                "git_provider_webhook": st.sampled_from([False, False, False, True]),
                "schedule": st.booleans(),
                "on_merge": st.booleans(),
            }
        ),
    },
    optional={
        "deferring_environment_id": st.none() | st.sampled_from([70, 71, 72, 99]),
        "environment_variables": some_variables,
        "generate_docs": st.booleans(),
        "run_generate_sources": st.booleans(),
        "generate_sources": st.booleans(),
        "triggers_on_draft_pr": st.booleans(),
        "deactivated": st.booleans(),
        "run_lint": st.booleans(),
        "a_new_key": st.sampled_from([None, {"x": 1}, [1]]),
    },
)


# What some examples are all about: jobs that nothing else keeps from being chained, or scheduled.
PLAIN = {"job_type": "other", "state": 1, "triggers": {**OFF, "schedule": True}}
THEMES: dict[str, dict[str, Any]] = {"": {}, "chains": PLAIN, "schedules": PLAIN}


@st.composite
def wholes(draw: st.DrawFn) -> list[Whole]:
    theme = draw(st.sampled_from([*THEMES]))
    count = draw(st.integers(1, 4))
    numbers = st.sampled_from(range(1, count + 1))
    found = []
    for number in range(1, count + 1):
        moments = draw(simple_schedules() if theme == "schedules" else crons() | simple_schedules())
        steps = draw(st.lists(commands(), min_size=1, max_size=4))
        steps = [Command("dbt build", "build")] if theme else steps
        data = {
            "id": number,
            "description": f"number {number}",
            **draw(bodies),
            **THEMES[theme],
            "schedule": moments.source,
            "execute_steps": [step.text for step in steps],
        }
        if theme == "chains" or draw(st.booleans()):
            condition = {"job_id": draw(numbers), "statuses": draw(some_statuses)}
            nested = {"condition": condition}
            data["job_completion_trigger_condition"] = draw(st.sampled_from([nested, condition]))
        if draw(st.booleans()):
            data["deferring_job_definition_id"] = draw(numbers)
        found.append(Whole(data, moments, tuple(steps)))
    return found


def of_pull_requests(data: dict[str, Any]) -> bool:
    hooks = data["triggers"]["github_webhook"] or data["triggers"]["git_provider_webhook"]
    return data["job_type"] == "ci" or bool(hooks)


def deploys(data: dict[str, Any]) -> bool:
    """Whether anything but a pull request starts it, or nothing does."""
    others = data["triggers"]["schedule"] or data["triggers"]["on_merge"]
    others = others or data.get("job_completion_trigger_condition")
    return data["job_type"] != "ci" and bool(others or not of_pull_requests(data))


class Meaning:
    """What jobs mean together: which of them can be had, and what they defer to and come after."""

    def __init__(self, jobs: list[Whole]) -> None:
        self.jobs = {job.data["id"]: job for job in jobs if job.data["state"] == 1}
        while gone := [number for number, job in self.jobs.items() if not [*self.steps(job)]]:
            for number in gone:
                del self.jobs[number]
        self._before: dict[int, tuple[int, set[int]]] = {}
        for job in self.jobs.values():
            self._link(job)

    def steps(self, job: Whole) -> Iterator[Command]:
        for command in job.commands:
            if command.name and (not command.compares or self.deferral(job) is not None):
                yield command

    def loses(self, job: Whole) -> bool:
        """Whether a command that builds or tests something can't be had."""
        kept = [*self.steps(job)]
        lost = [each for each in job.commands if each.name and each not in kept]
        return any(each.name in ("build", "run", "test", "seed", "snapshot") for each in lost)

    def deferral(self, job: Whole) -> tuple[str, int] | None:
        """``("job", number)`` or ``("environment", number)``; a job's number wins."""
        number = job.data.get("deferring_job_definition_id")
        if number:
            there = self.jobs.get(number)
            return ("job", number) if there and deploys(there.data) else None
        place = job.data.get("deferring_environment_id")
        publish = (
            each.data["environment_id"] == place and deploys(each.data)
            for each in self.jobs.values()
        )
        return ("environment", place) if place and any(publish) else None

    def before(self, job: Whole) -> tuple[int, set[int]] | None:
        """The number of the job that it comes after, and the statuses on which."""
        return self._before.get(job.data["id"])

    def _link(self, job: Whole) -> None:
        """Of the links of a circle, the last one isn't there."""
        number, statuses = _condition(job)
        there = self.jobs.get(number)
        if not (there and deploys(there.data) and deploys(job.data) and statuses):
            return
        while number != job.data["id"] and number in self._before:
            number = self._before[number][0]
        if number != job.data["id"]:
            self._before[job.data["id"]] = _condition(job)


def _condition(job: Whole) -> tuple[int, set[int]]:
    outer = job.data.get("job_completion_trigger_condition") or {}
    condition = outer.get("condition", outer)
    return condition.get("job_id", 0), set(condition.get("statuses", ()))
