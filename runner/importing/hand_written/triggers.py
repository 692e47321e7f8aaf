"""``on:`` of a workflow as the triggers of one of its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.importing.fields import Fields
from runner.importing.reading import text_of, texts_of
from runner.importing.schedules import NoSchedule, cron_schedule
from runner.schedule.zones import is_zone

TYPES = ("opened", "synchronize", "reopened", "ready_for_review", "labeled", "unlabeled", "edited")
OF_HAND = "a person or a program may start it"
OTHERWISE = "call `dbt-gitops trigger` from a workflow that {} starts"


def events_of(on: Any) -> dict[str, Any]:
    """``on: push``, ``on: [push]`` and ``on: {push: …}`` alike."""
    if isinstance(on, Mapping):
        return {str(key): value for key, value in on.items()}
    return dict.fromkeys(texts_of(on))


class Events:
    """The events that start a job, each told; ``path`` is the job's place in the jobs file."""

    def __init__(self, events: Mapping[str, Any], fields: Fields, path: str) -> None:
        self._events = events
        self._fields = fields
        self._to = f"{path}.triggers"
        self.triggers: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        """The triggers, but for those of ``workflow_run``, which other jobs decide."""
        for event, given in self._events.items():
            self._event(event, given)
        return self.triggers

    def _event(self, event: str, given: Any) -> None:
        fields = self._fields
        if event == "schedule":
            self._schedules(given)
        elif event in ("pull_request", "pull_request_target"):
            self._pull_request(event, given)
        elif event == "push":
            self._push(given)
        elif event == "workflow_dispatch":
            self._dispatch(given)
        elif event == "repository_dispatch":
            self.triggers["dispatch"] = True
            why = f"{OF_HAND}: `dbt-gitops trigger` sends what a job listens to"
            fields.translated(event, f"{self._to}.dispatch", why)
        elif event == "merge_group":
            fields.dropped(event, "jobs of pull requests run in merge queues by themselves")
        elif event == "workflow_call":
            why = "no other workflow calls a job of a jobs file"
            fields.dropped(event, why, "write the triggers of its callers into this job")
        elif event != "workflow_run":
            why = "no trigger of a jobs file is like this event"
            fields.dropped(event, why, OTHERWISE.format("this event"))

    def _schedules(self, given: Any) -> None:
        fields = self._fields
        if not isinstance(given, list) or not given:
            fields.dropped("schedule", "it is no list of schedules", "write a cron by hand")
            return
        good: list[tuple[int, dict[str, str]]] = []
        for index, item in enumerate(given):
            found, why, hint = _schedule(item)
            if found is None:
                fields.part("schedule", index, "dropped", why=why, hint=hint)
            else:
                good.append((index, found))
        for place, (index, found) in enumerate(good):
            at = f"[{place}]" if len(good) > 1 else ""
            same = found["cron"] == text_of(given[index].get("cron"))
            why = "" if same else "in the words of GitHub's cron"
            fate = "carried" if same else "translated"
            fields.part("schedule", index, fate, to=f"{self._to}.schedule{at}", why=why)  # type: ignore[arg-type]
        crons = [found for _, found in good]
        if crons:
            self.triggers["schedule"] = crons[0] if len(crons) == 1 else crons

    def _dispatch(self, given: Any) -> None:
        self.triggers["dispatch"] = True
        to = f"{self._to}.dispatch"
        self._fields.translated("workflow_dispatch", to, OF_HAND)
        inner = self._fields.inner("workflow_dispatch")
        why = "a run is started with the overrides that the jobs file allows, not with own inputs"
        hint = "allow overrides by `triggers.dispatch`, such as `vars` and `steps`"
        inner.inner("inputs").rest(why, hint)
        inner.rest(why, hint)

    def _pull_request(self, event: str, given: Any) -> None:
        to = f"{self._to}.pull_request"
        if "pull_request" in self.triggers:
            self._fields.dropped(event, "`pull_request` says it")
            return
        body = {key: value for key in ("branches", "paths") if (value := _texts(given, key))}
        types = [each for each in _texts(given, "types") if each in TYPES]
        self.triggers["pull_request"] = {**body, **({"types": types} if types else {})}
        why = "draft pull requests don't count here"
        if event == "pull_request_target":
            why = "as `pull_request`: the code of forks runs without secrets"
        if not isinstance(given, Mapping) or not given:
            self._fields.translated(event, to, why)
            return
        inner = self._fields.inner(event)
        self._filters(inner, body, to)
        if types == _texts(given, "types"):
            inner.carried("types", f"{to}.types")
        elif types:
            why = f"a jobs file knows {', '.join(TYPES)}"
            inner.translated("types", f"{to}.types", why)
        else:
            hint = "a job of pull requests is run when they are opened, and at each push to them"
            inner.dropped("types", f"a jobs file knows {', '.join(TYPES)}", hint)
        _ignored(inner)

    def _push(self, given: Any) -> None:
        to = f"{self._to}.merge"
        body = {key: value for key in ("branches", "paths") if (value := _texts(given, key))}
        if isinstance(given, Mapping) and "tags" in given and "branches" not in given:
            inner = self._fields.inner("push")
            inner.rest("tags start no job", OTHERWISE.format("the tag"))
            return
        self.triggers["merge"] = body
        if not isinstance(given, Mapping) or not given:
            why = "pushes to the default branch; name others in `branches`"
            self._fields.translated("push", to, why)
            return
        inner = self._fields.inner("push")
        self._filters(inner, body, to)
        _ignored(inner)

    def _filters(self, inner: Fields, body: Mapping[str, Any], to: str) -> None:
        for key in body:
            inner.carried(key, f"{to}.{key}")


def _schedule(item: Any) -> tuple[dict[str, str] | None, str, str]:
    """The schedule, or why there is none, and what to do."""
    each = item if isinstance(item, Mapping) else {}
    zone = text_of(each.get("timezone")) or "UTC"
    try:
        found = cron_schedule(text_of(each.get("cron")), zone)
    except NoSchedule as error:
        return None, str(error), error.hint or "write another cron by hand"
    if not is_zone(zone):
        return None, "there is no such time zone", "name an IANA zone"
    return found, "", ""


def _ignored(inner: Fields) -> None:
    hint = "patterns with `!` in `branches` and `paths` leave out what they match"
    inner.rest("a jobs file has no such filter", hint)


def _texts(given: Any, key: str) -> list[str]:
    return texts_of(given.get(key)) if isinstance(given, Mapping) else []
