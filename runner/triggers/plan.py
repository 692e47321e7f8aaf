"""What is decided about each job, as types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

from runner.schedule.due import Window

Trigger = Literal["pull_request", "merge", "merge_group", "schedule", "dispatch", "job"]
Code = Literal[
    "disabled",
    "disabled_after",
    "event",
    "trigger",
    "branch",
    "type",
    "draft",
    "label",
    "paths",
    "no-relevant-change",
    "secrets",
    "not-in-base",
    "schedule",
    "missed",
    "handled",
    "old-code",
    "dispatch",
    "override",
    "rerun",
    "depth",
    "waits",
    "off-default",
    "ending",
]


# Of these a commit isn't told: the job is no check of the event, and may be one of the next.
QUIET: frozenset[Code] = frozenset({"branch", "event", "trigger", "type"})
# A dispatch that starts nothing for one of these is no mistake of whoever sent it.
EXPECTED: frozenset[Code] = frozenset({"handled", "waits", "disabled_after"})


@dataclass(frozen=True, kw_only=True)
class Triggered:
    """``trigger`` is what a run's record says about it.

    ``parse_only`` says why dbt parses the project and connects nowhere, "" where the job is run.
    ``scheduled_for`` is the newest fire time that it stands for, None where no schedule starts it,
    ``late`` how long ago that was, and ``coalesced`` counts the earlier ones. ``upstream`` are the
    runs whose ends start it, by their jobs.
    """

    job: str
    trigger: Trigger
    reason: str
    parse_only: str = ""
    scheduled_for: datetime | None = None
    late: timedelta = timedelta(0)
    coalesced: int = 0
    upstream: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NotTriggered:
    """``code`` is the reason for programs, ``reason`` for people.

    ``waiting`` are the upstream runs that have ended, where it waits for others, by their jobs.
    """

    job: str
    code: Code
    reason: str
    waiting: Mapping[str, str] = field(default_factory=dict)


Verdict: TypeAlias = Triggered | NotTriggered


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A verdict on every job, in the order of the jobs file.

    ``window`` holds the fire times that the plan deals with, None where no schedule is asked.
    """

    verdicts: tuple[Verdict, ...]
    window: Window | None = None

    @property
    def triggered(self) -> tuple[Triggered, ...]:
        return tuple(each for each in self.verdicts if isinstance(each, Triggered))

    @property
    def not_triggered(self) -> tuple[NotTriggered, ...]:
        return tuple(each for each in self.verdicts if isinstance(each, NotTriggered))


def together(plans: Iterable[Plan]) -> Plan:
    """The plans of several jobs files as one: all are decided at the same moment."""
    all_plans = tuple(plans)
    windows = [plan.window for plan in all_plans if plan.window]
    window = (
        Window(
            due=tuple(due for each in windows for due in each.due),
            missed=tuple(missed for each in windows for missed in each.missed),
            handled_until=max(each.handled_until for each in windows),
            schedules={job: text for each in windows for job, text in each.schedules.items()},
        )
        if windows
        else None
    )
    return Plan(
        verdicts=tuple(verdict for plan in all_plans for verdict in plan.verdicts), window=window
    )


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The files that an event is about, from the root of the repository, which is ``root`` here.

    ``paths`` is None where they aren't known; then every rule about files is taken as fulfilled.
    """

    root: Path
    paths: tuple[str, ...] | None
