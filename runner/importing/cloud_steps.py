"""The commands of a job of dbt Cloud as steps, and what they say for the whole job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.importing.cloud_numbers import CloudJob, Numbers, kept_steps, left_out
from runner.importing.commands import MOST_THREADS, StepOf, builds
from runner.importing.draft import Draft
from runner.importing.fields import Fields, shown
from runner.importing.flags import APART, DEFERS
from runner.importing.lost import by_hand, switch_off
from runner.importing.placing import place, wants_defer

DEFAULT_TARGET = "default"
KEY = "execute_steps"


def steps_into(
    draft: Draft, fields: Fields, job: CloudJob, body: dict[str, Any], numbers: Numbers, to: str
) -> None:
    """Put the steps into the job's ``body``, and what they say for all of it: target, threads, env."""
    settings = _settings(fields)
    body |= settings
    placed = place(draft, body, kept_steps(job, numbers), job.folder)
    kept = iter(placed.steps)
    for index, steps in enumerate(job.commands):
        whys = [left_out(step, job, numbers) for step in steps]
        for step, why in zip(steps, whys, strict=True):
            if why:
                _tell_dropped(fields, index, step, why, to)
        _told(fields, index, [next(kept) for why in whys if not why], to)
    if any(_is_lost(step) and left_out(step, job, numbers) for step in job.steps):
        for name in (job.name, job.ci_name)[not job.deploys : 1 + job.pull_requests]:
            switch_off(draft, name, body)
    _tell_settings(fields, settings, body, to)
    if not job.commands:
        fields.dropped(KEY, "it has none")
    for why in placed.lost:
        fields.note(KEY, why, "look at the job's steps")
    if numbers.deferral(job)[0] and any(s.settings.get("defer") is False for s in placed.steps):
        fields.note(KEY, f"`--no-defer` is left out: {DEFERS}", APART)
    if wants_defer(placed.steps) and not numbers.deferral(job)[0]:
        why = "a step deferred, or named state, and the job defers to nothing"
        fields.note(KEY, why, f"write `{to}.defer` by hand")


def _is_lost(step: StepOf) -> bool:
    return step.lost or builds(step.step or "")


def _tell_dropped(fields: Fields, index: int, step: StepOf, why: str, to: str) -> None:
    hint = "add `defer` and the step by hand" if step.step else step.hint
    if _is_lost(step):
        hint = by_hand(to, shown(KEY, fields.get(KEY)[index]))
        hint = f"add `defer` to the job; {hint}" if step.step else hint
    fields.part(KEY, index, "dropped", why=why, hint=hint)


def _told(fields: Fields, index: int, steps: Sequence[StepOf], to: str) -> None:
    why = "; ".join(dict.fromkeys(step.why for step in steps if step.why))
    if why:
        fields.part(KEY, index, "translated", to=f"{to}.steps", why=why)
    elif steps:
        fields.part(KEY, index, "carried", to=f"{to}.steps")


def _settings(fields: Fields) -> dict[str, Any]:
    """What the job says for the steps that don't say it themselves."""
    inside = fields.inner("settings")
    target, threads = inside.get("target_name"), inside.get("threads")
    settings: dict[str, Any] = {}
    if target and target != DEFAULT_TARGET:
        settings["target"] = str(target)
    if type(threads) is int and 0 < threads <= MOST_THREADS:
        settings["threads"] = threads
    return settings


def _tell_settings(
    fields: Fields, settings: Mapping[str, Any], body: Mapping[str, Any], to: str
) -> None:
    inside = fields.inner("settings")
    for key, name in (("target_name", "target"), ("threads", "threads")):
        given = inside.get(key)
        if name in settings and settings[name] == body.get(name):
            inside.carried(key, f"{to}.{name}")
        elif name in settings:
            inside.translated(key, f"{to}.steps", "steps with their own don't agree with it")
        elif given and given != DEFAULT_TARGET:
            why = f"it is no number from 1 to {MOST_THREADS}"
            inside.dropped(key, why, f"write `{to}.{name}` by hand")
        else:
            why = "it is dbt Cloud's word for none of its own: the one of profiles.yml counts"
            inside.translated(key, f"{to}.{name}", why)
