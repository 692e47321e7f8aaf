"""The steps of a job in its draft, with what their options say of the job."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from runner.dbt.argv import THREADED
from runner.importing.commands import StepOf, with_options
from runner.importing.draft import Draft, secret_into
from runner.importing.projects import project_of
from runner.importing.secret_names import looks_secret
from runner.steps import parse_step

Job = dict[str, Any]
# Commands that do the same whatever the target is.
ANYWHERE = frozenset({"clean", "deps"})


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The steps as they are in the job now, and in words what couldn't be said there."""

    steps: tuple[StepOf, ...]
    lost: tuple[str, ...]


def place(draft: Draft, job: Job, found: Sequence[StepOf], folder: str | None = None) -> Placed:
    """Put steps, target, threads and variables into a job, and folders into the draft.

    Variables with a secret's name are named in the environment's ``secrets``, without their values.
    Target and threads that the job says already are those of the steps that say none; what the steps
    don't agree on stays their own. ``folder`` is where they ran, from the repository, where that is known
    besides; else the steps say their project, and all are of one. Steps that were dropped are left out.
    """
    kept = [each for each in found if each.step is not None]
    if folder is None and kept and (project := project_of(kept[0])) != ".":
        draft.top["project"] = project
    for setting in ("target", "threads"):
        default = job.pop(setting, None)
        value = _agreed(kept, setting, default)
        if value is not None:
            job[setting] = value
        else:
            kept = [_with_own(each, setting, default) for each in kept]
    job["steps"] = [each.step for each in kept]
    lost = (
        *_variables(draft, job, kept),
        *_profiles(draft, job, kept, folder or "."),
    )
    return Placed(steps=tuple(kept), lost=lost)


def needs_state(job: Job) -> bool:
    """Whether a step of the job compares with state."""
    return any(parse_step(step).needs_state for step in job["steps"])


def wants_defer(found: Sequence[StepOf]) -> bool:
    """Whether a command said that it defers, or with what it compares."""
    return any(each.settings.get("defer") or each.settings.get("state") for each in found)


def _agreed(kept: Sequence[StepOf], setting: str, default: Any) -> Any:
    """What every step that may say it says alike; None where they differ, or nobody says it."""
    values = {
        each.settings.get(setting, default)
        for each in kept
        if setting in each.settings or _matters(each.step or "", setting)
    }
    return values.pop() if len(values) == 1 else None if values else default


def _with_own(each: StepOf, setting: str, default: Any) -> StepOf:
    """The step with its own option, or with the default as one."""
    if default is not None and setting not in each.settings and _matters(each.step or "", setting):
        each = replace(each, settings={**each.settings, setting: default})
    return with_options(each, setting)


def _matters(step: str, setting: str) -> bool:
    command = parse_step(step).command
    if setting == "threads":
        return command in THREADED and command != "parse"
    return command not in ANYWHERE


def _variables(draft: Draft, job: Job, kept: Sequence[StepOf]) -> list[str]:
    lost: list[str] = []
    for each in kept:
        for name, value in each.settings.get("env", {}).items():
            if looks_secret(name):
                secret_into(draft.environments[job["environment"]], name)
            elif job.setdefault("env", {}).setdefault(name, value) != value:
                lost.append(f"`{each.step}` had another {name}: the job has one for all its steps")
    return lost


def _profiles(draft: Draft, job: Job, kept: Sequence[StepOf], folder: str) -> list[str]:
    lost: list[str] = []
    environment = draft.environments[job["environment"]]
    for each in kept:
        named = each.settings.get("profiles_dir", "~")
        if named.startswith("~"):  # the home folder is where dbt looks by itself
            continue
        there = posixpath.normpath(posixpath.join(folder, named))
        if environment.setdefault("profiles_dir", there) != there:
            lost.append(f"`{each.step}` has its profiles in {there}: that needs an environment")
    return lost
