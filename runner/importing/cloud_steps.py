"""The commands of a job of dbt Cloud as steps, and what they say for the whole job."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runner.importing.cloud_numbers import CloudJob, Numbers, kept_steps, lacks_state
from runner.importing.commands import StepOf, with_options
from runner.importing.fields import Fields

DEFAULT_TARGET = "default"


def steps_told(
    fields: Fields, job: CloudJob, to: str, numbers: Numbers
) -> tuple[list[str], dict[str, Any]]:
    """The steps, and what they say for the whole job: target, threads, env."""
    kept = kept_steps(job, numbers)
    for step in job.steps:
        if step not in kept:
            missing = "it compares with state, and the job defers to nothing"
            why = missing if lacks_state(step) else step.why
            hint = "add `defer` and the step by hand" if lacks_state(step) else step.hint
            fields.dropped(
                "execute_steps", f"a step is left out ({step.step or 'no dbt'}): {why}", hint
            )
    kept, settings = _agreed(kept, _settings(fields, to))
    for step in kept:
        settings.setdefault("env", {}).update(step.settings.get("env", {}))
        for key in ("profiles_dir", "project"):
            if key in step.settings:
                hint = f"write `{key}` by hand: {step.settings[key]}"
                fields.dropped("execute_steps", f"a step names a folder by --{key}", hint)
    whys = [step.why for step in kept if step.why]
    if whys:
        fields.translated("execute_steps", f"{to}.steps", "; ".join(dict.fromkeys(whys)))
    else:
        fields.carried("execute_steps", f"{to}.steps")
    return [str(step.step) for step in kept], settings


def _settings(fields: Fields, to: str) -> dict[str, Any]:
    inside = fields.inner("settings")
    target, threads = inside.get("target_name"), inside.get("threads")
    settings: dict[str, Any] = {}
    if target and target != DEFAULT_TARGET:
        settings["target"] = str(target)
        inside.carried("target_name", f"{to}.target")
    else:
        why = "`default` is dbt Cloud's name for no target: the one of profiles.yml counts"
        inside.translated("target_name", f"{to}.target", why)
    if isinstance(threads, int) and threads > 0:
        settings["threads"] = threads
        inside.carried("threads", f"{to}.threads")
    else:
        inside.translated("threads", f"{to}.threads", "profiles.yml's counts")
    return settings


def _agreed(steps: list[StepOf], settings: dict[str, Any]) -> tuple[list[StepOf], dict[str, Any]]:
    """A step's own target or threads win: the job says it where all agree, else each step does."""
    for key in ("target", "threads"):
        values = [step.settings.get(key, settings.get(key)) for step in steps]
        if all(value == values[0] for value in values):
            settings[key] = values[0]
            continue
        given: dict[str, Any] = {key: settings.pop(key)} if key in settings else {}
        steps = [
            with_options(replace(step, settings={**given, **step.settings}), key) for step in steps
        ]
    return steps, {key: value for key, value in settings.items() if value is not None}
