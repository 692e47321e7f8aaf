"""What is decided about each job, as types."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

Trigger = Literal["pull_request", "merge", "merge_group", "schedule", "dispatch", "job"]
Code = Literal[
    "disabled",
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
    "dispatch",
    "ending",
]


# Of these a commit isn't told: the job is no check of the event, and may be one of the next.
QUIET: frozenset[Code] = frozenset({"branch", "event", "trigger", "type"})


@dataclass(frozen=True, kw_only=True)
class Triggered:
    """``trigger`` is what a run's record says about it.

    ``parse_only`` says why dbt parses the project and connects nowhere, "" where the job is run.
    """

    job: str
    trigger: Trigger
    reason: str
    parse_only: str = ""


@dataclass(frozen=True, kw_only=True)
class NotTriggered:
    """``code`` is the reason for programs, ``reason`` for people."""

    job: str
    code: Code
    reason: str


Verdict: TypeAlias = Triggered | NotTriggered


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A verdict on every job, in the order of the jobs file."""

    verdicts: tuple[Verdict, ...]

    @property
    def triggered(self) -> tuple[Triggered, ...]:
        return tuple(each for each in self.verdicts if isinstance(each, Triggered))

    @property
    def not_triggered(self) -> tuple[NotTriggered, ...]:
        return tuple(each for each in self.verdicts if isinstance(each, NotTriggered))


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The files that an event is about, from the root of the repository, which is ``root`` here.

    ``paths`` is None where they aren't known; then every rule about files is taken as fulfilled.
    """

    root: Path
    paths: tuple[str, ...] | None
