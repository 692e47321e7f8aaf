"""What became of the options that were taken out of dbt's commands: a row for each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from runner.importing.commands import StepOf
from runner.importing.draft import Draft
from runner.importing.fields import Fields, shown
from runner.importing.rows import Fate, Row
from runner.importing.secret_names import looks_secret

OPTIONS = {
    "target": "--target",
    "threads": "--threads",
    "profiles_dir": "--profiles-dir",
    "project": "--project-dir",
    "state": "--state",
    "defer": "--defer",
}
DEFERS = "the job has `defer`, which is of all its steps: it defers here"
APART = "make it a job of its own, without `defer`, where that matters"


def tell_flags(draft: Draft, title: str, field: str, steps: Sequence[StepOf], path: str) -> None:
    """A row for each option that the steps of a command had, and that the jobs file says elsewhere.

    ``field`` is the command's; ``path`` is that of the job, which is in the draft with its steps.
    """
    told: set[str] = set()
    job = draft.jobs[path.partition(".")[2]]
    for step in steps:
        for setting, value in _taken(step):
            key = json.dumps([setting, value], default=str)
            if key not in told:
                told.add(key)
                draft.rows.append(_row(draft, job, title, field, path, setting, value))


def tell_other_keys(draft: Draft, title: str, field: str, command: Any) -> None:
    """A command of Bolt has its text, and may say that it continues; no more is known of it."""
    if isinstance(command, Mapping):
        own = {k: v for k, v in command.items() if k not in ("command", "continue_on_error")}
        Fields(own, draft.rows, title, f"{field}.").rest()


def _taken(step: StepOf) -> list[tuple[str, Any]]:
    """Settings that stood in the command itself, as its ``why`` says, and are no part of the step."""
    flags = [
        (setting, value)
        for setting, value in step.settings.items()
        if setting in OPTIONS
        and f"`{_option(setting, value)}" in step.why.replace("`-t ", "`--target ")
    ]
    return [*flags, *((name, value) for name, value in step.settings.get("env", {}).items())]


def _option(setting: str, value: Any) -> str:
    return "--no-defer" if (setting, value) == ("defer", False) else OPTIONS.get(setting, setting)


def _row(
    draft: Draft, job: dict[str, Any], title: str, field: str, path: str, setting: str, value: Any
) -> Row:
    option = _option(setting, value)
    named = f"{field} {option}"
    to, why = _place(draft, job, path, setting, value)
    fate: Fate = "translated" if to else "dropped"
    return Row(
        job=title,
        field=named,
        value=shown(named, value),
        fate=fate,
        to=to,
        why=why,
        hint=APART if why == DEFERS else "",
    )


def _place(
    draft: Draft, job: dict[str, Any], path: str, setting: str, value: Any
) -> tuple[str, str]:
    """Where a setting is now; "" where it is nowhere, and why."""
    environment = f"environments.{job['environment']}"
    if setting in ("target", "threads"):
        return f"{path}.{setting}", "the job says it for all steps"
    if setting == "profiles_dir":
        if str(value).startswith("~"):
            return "", "dbt looks in the home folder by itself"
        if draft.environments[job["environment"]].get("profiles_dir") != value:
            return "", "the environment has another, of another step"
        return f"{environment}.profiles_dir", "the environment says it"
    if setting == "project":
        return "project", "the top of the jobs file says it"
    if setting in ("state", "defer"):
        return _place_of_state(job, path, bool(value))
    if looks_secret(setting):
        return f"{environment}.secrets", f"its name alone: gh secret set {setting}"
    return f"{path}.env.{setting}", "a variable of all steps of the job"


def _place_of_state(job: dict[str, Any], path: str, defers: bool) -> tuple[str, str]:
    if not defers:
        undeferred = "a job without `defer` doesn't defer"
        return ("", DEFERS) if "defer" in job else (path, undeferred)
    if "defer" in job:
        return f"{path}.defer", "the job's `defer` fetches the state"
    return "", "the job defers to nothing"
