"""The steps of a job in its draft, with what their options say of the job."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.dbt.argv import THREADED, WITHOUT_MANIFEST
from runner.importing.commands import StepOf, with_options
from runner.importing.draft import Draft
from runner.importing.projects import project_of
from runner.steps import parse_step

Job = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The steps as they are in the job now, and in words what couldn't be said there."""

    steps: tuple[StepOf, ...]
    lost: tuple[str, ...]


def place(draft: Draft, job: Job, found: Sequence[StepOf]) -> Placed:
    """Put steps, target, threads and variables into a job, and folders into the draft.

    The job and its environment say no target and no threads yet. What the steps don't agree on stays
    their own. All steps are of one dbt project. Steps that were dropped are left out.
    """
    kept = [each for each in found if each.step is not None]
    if kept and (folder := project_of(kept[0])) != ".":
        draft.top["project"] = folder
    for setting in ("target", "threads"):
        value = _agreed(kept, setting)
        if value is not None:
            job[setting] = value
        else:
            kept = [with_options(each, setting) for each in kept]
    job["steps"] = [each.step for each in kept]
    lost = (
        *_variables(job, kept),
        *_profiles(draft, job, kept),
    )
    return Placed(steps=tuple(kept), lost=lost)


def needs_state(job: Job) -> bool:
    """Whether a step of the job compares with state."""
    return any(parse_step(step).needs_state for step in job["steps"])


def wants_defer(found: Sequence[StepOf]) -> bool:
    """Whether a command said that it defers, or with what it compares."""
    return any(each.settings.get("defer") or each.settings.get("state") for each in found)


def _agreed(kept: Sequence[StepOf], setting: str) -> Any:
    """What every step that may say it says alike; None where they differ, or nobody says it."""
    values = {
        each.settings.get(setting)
        for each in kept
        if setting in each.settings or _matters(each.step or "", setting)
    }
    return values.pop() if len(values) == 1 else None


def _matters(step: str, setting: str) -> bool:
    command = parse_step(step).command
    if setting == "threads":
        return command in THREADED and command != "parse"
    return command not in WITHOUT_MANIFEST


def _variables(job: Job, kept: Sequence[StepOf]) -> list[str]:
    lost: list[str] = []
    for each in kept:
        for name, value in each.settings.get("env", {}).items():
            if job.setdefault("env", {}).setdefault(name, value) != value:
                lost.append(f"`{each.step}` had another {name}: the job has one for all its steps")
    return lost


def _profiles(draft: Draft, job: Job, kept: Sequence[StepOf]) -> list[str]:
    lost: list[str] = []
    environment = draft.environments[job["environment"]]
    for each in kept:
        named = each.settings.get("profiles_dir", "~")
        if named.startswith("~"):  # the home folder is where dbt looks by itself
            continue
        there = posixpath.normpath(named)
        if environment.setdefault("profiles_dir", there) != there:
            lost.append(f"`{each.step}` has its profiles in {there}: that needs an environment")
    return lost
