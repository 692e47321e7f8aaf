"""``on:`` of a workflow as the triggers of its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.importing.fields import Fields
from runner.importing.reading import text_of, texts_of
from runner.importing.schedules import NoSchedule, cron_schedule
from runner.schedule.zones import is_zone

TYPES = ("opened", "synchronize", "reopened", "ready_for_review", "labeled", "unlabeled", "edited")
HAND = ("workflow_dispatch", "repository_dispatch")
ENDINGS = {"success": "success", "failure": "error", "cancelled": "cancelled"}


@dataclass(kw_only=True)
class Started:
    """What starts the jobs of a workflow; ``after`` are names of other workflows."""

    triggers: dict[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()


def events_of(on: Any) -> dict[str, Any]:
    """``on: push``, ``on: [push]`` and ``on: {push: …}`` alike."""
    if isinstance(on, Mapping):
        return {str(key): value for key, value in on.items()}
    return dict.fromkeys(texts_of(on))


def started_by(events: Mapping[str, Any], fields: Fields) -> Started:
    """The triggers of a workflow, each event told."""
    started = Started()
    to = "triggers"
    for event in events:
        if event == "schedule":
            _schedules(events[event], fields, started.triggers)
        elif event in ("pull_request", "pull_request_target"):
            _pull_request(event, events[event], fields, started.triggers)
        elif event == "push":
            _push(events[event], fields, started.triggers)
        elif event in HAND:
            started.triggers["dispatch"] = True
            why = "a person or a program may start it; its inputs are those of the jobs file"
            fields.translated(event, f"{to}.dispatch", why)
        elif event == "workflow_run":
            body = events[event] if isinstance(events[event], Mapping) else {}
            started.after = tuple(texts_of(body.get("workflows")))
        elif event == "merge_group":
            fields.dropped(event, "jobs of pull requests run in merge queues by themselves")
        else:
            hint = "call `dbt-gitops trigger` from a workflow that this event starts"
            fields.dropped(event, "no trigger of a jobs file is like this event", hint)
    return started


def _schedules(given: Any, fields: Fields, triggers: dict[str, Any]) -> None:
    found: list[dict[str, str]] = []
    for index, item in enumerate(given if isinstance(given, list) else []):
        each = item if isinstance(item, Mapping) else {}
        zone = text_of(each.get("timezone")) or "UTC"
        try:
            cron = cron_schedule(text_of(each.get("cron")), zone)
        except NoSchedule as error:
            hint = error.hint or "write another cron by hand"
            fields.part("schedule", index, "dropped", why=str(error), hint=hint)
            continue
        if not is_zone(zone):
            why = "there is no such time zone"
            fields.part("schedule", index, "dropped", why=why, hint="name an IANA zone")
            continue
        found.append(cron)
        fields.part("schedule", index, "carried", to="triggers.schedule")
    if found:
        triggers["schedule"] = found[0] if len(found) == 1 else found


def _pull_request(event: str, given: Any, fields: Fields, triggers: dict[str, Any]) -> None:
    if event == "pull_request_target":
        hint = "code of a fork must not run with secrets; add a `pull_request` trigger by hand"
        fields.dropped(event, "it gives secrets to the code of forks", hint)
        return
    types = [each for each in _texts(given, "types") if each in TYPES]
    body = {key: value for key in ("branches", "paths") if (value := _texts(given, key))}
    triggers["pull_request"] = {**body, **({"types": types} if types else {})}
    if not isinstance(given, Mapping):
        fields.translated(event, "triggers.pull_request", "draft pull requests don't count here")
        return
    inner = fields.inner(event)
    for key in body:
        inner.carried(key, f"triggers.pull_request.{key}")
    if types == _texts(given, "types"):
        inner.carried("types", "triggers.pull_request.types")
    else:
        inner.translated("types", "triggers.pull_request.types", f"those of {', '.join(TYPES)}")
    _ignored(inner)


def _push(given: Any, fields: Fields, triggers: dict[str, Any]) -> None:
    body = {key: value for key in ("branches", "paths") if (value := _texts(given, key))}
    if isinstance(given, Mapping) and "tags" in given and "branches" not in given:
        hint = "call `dbt-gitops trigger` from a workflow that the tag starts"
        fields.dropped("push", "tags start no job", hint)
        return
    triggers["merge"] = body
    if not isinstance(given, Mapping) or not given:
        why = "pushes to the default branch; name others in `branches`"
        fields.translated("push", "triggers.merge", why)
        return
    inner = fields.inner("push")
    for key in body:
        inner.carried(key, f"triggers.merge.{key}")
    _ignored(inner)


def _ignored(inner: Fields) -> None:
    hint = "patterns with `!` in `branches` and `paths` leave out what they match"
    inner.rest("a jobs file has no such filter", hint)


def _texts(given: Any, key: str) -> list[str]:
    return texts_of(given.get(key)) if isinstance(given, Mapping) else []
