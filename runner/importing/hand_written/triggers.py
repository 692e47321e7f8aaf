"""``on:`` of a workflow as the triggers of one of its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.importing.fields import Fields
from runner.importing.hand_written.conditions import Condition
from runner.importing.hand_written.starts import Start, patterns_of, starts_of
from runner.importing.reading import text_of, texts_of
from runner.importing.schedules import NoSchedule, cron_schedule
from runner.schedule.zones import is_zone

TYPES = ("opened", "synchronize", "reopened", "ready_for_review", "labeled", "unlabeled", "edited")
OF_HAND = "a person or a program may start it"
OTHERWISE = "call `dbt-gitops trigger` from a workflow that {} starts"
NO_FILTER = "a jobs file has no such filter"
LEFT_OUT = "the job's `if` leaves it out"
UNSURE = "the job's `if` may leave it out"
BY_HAND = "write it into {}.triggers by hand where that is meant"
CLEAN = (
    "remove the job, or give it `merge` if it is for what was merged: the schemas of closed pull requests"
    " are dropped by `dbt-gitops clean`"
)


def events_of(on: Any) -> dict[str, Any]:
    """``on: push``, ``on: [push]`` and ``on: {push: …}`` alike."""
    if isinstance(on, Mapping):
        return {str(key): value for key, value in on.items()}
    return dict.fromkeys(texts_of(on))


# Events of which each is a trigger as a whole.
WHOLE = ("pull_request", "pull_request_target", "workflow_dispatch", "repository_dispatch")


class Events:
    """The events that start a job, each told; ``path`` is the job's place in the jobs file.

    What the job's ``if`` leaves out, or may leave out, is no trigger. ``off`` says that the job mustn't
    run by the triggers that it has.
    """

    def __init__(
        self, events: Mapping[str, Any], fields: Fields, path: str, condition: Condition
    ) -> None:
        self._events = events
        self._fields = fields
        self._path = path
        self._to = f"{path}.triggers"
        self._if = condition
        self.triggers: dict[str, Any] = {}
        self.off = False

    def read(self) -> dict[str, Any]:
        """The triggers, but for those of ``workflow_run``, which other jobs decide."""
        for event, given in self._events.items():
            why, hint = self._why_not(Start(event=event)) if event in WHOLE else ("", "")
            if why:
                leave_out(self._fields, event, why, hint)
            else:
                self._event(event, given)
        return self.triggers

    def _why_not(self, start: Start) -> tuple[str, str]:
        """Why something doesn't start the job, and what to do; both "" where it does."""
        holds = self._if.holds(start)
        if holds:
            return "", ""
        return (UNSURE, BY_HAND.format(self._path)) if holds is None else (LEFT_OUT, "")

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
            if not why:
                why, hint = self._why_not(starts_of("schedule", [item], ())[0])
            if found is None or why:
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
        body = _filters(given)
        types = [each for each in _texts(given, "types") if each in TYPES]
        self.triggers["pull_request"] = {**body, **({"types": types} if types else {})}
        why = "draft pull requests don't count here"
        if event == "pull_request_target":
            why = "as `pull_request`: the code of forks runs without secrets"
        if not isinstance(given, Mapping) or not given:
            self._fields.translated(event, to, why)
            return
        inner = self._fields.inner(event)
        self._tell_filters(inner, to)
        if types == _texts(given, "types"):
            inner.carried("types", f"{to}.types")
        elif types:
            others = ", ".join(each for each in _texts(given, "types") if each not in TYPES)
            inner.translated("types", f"{to}.types", f"nothing here is like {others}")
        else:
            self.off = True
            why = f"a jobs file knows {', '.join(TYPES)}, so the job is off (`enabled: false`)"
            inner.dropped("types", why, CLEAN)
        inner.rest(NO_FILTER)

    def _push(self, given: Any) -> None:
        to = f"{self._to}.merge"
        if _of_tags(given):
            leave_out(self._fields, "push", "tags start no job", OTHERWISE.format("the tag"))
            return
        starts = starts_of("push", given, self._if.branches)
        good = [start.branch for start in starts if self._if.holds(start)]
        if not good:
            leave_out(self._fields, "push", *self._why_not(starts[0]))
            return
        body = self.triggers["merge"] = _filters(given)
        if len(good) < len(starts) or (self._if.branches and "branches" not in body):
            kept = [each for each in body.get("branches", ()) if each.startswith("!")]
            body["branches"] = [*good, *kept]
        if not isinstance(given, Mapping) or not given:
            why = "pushes to the default branch; name others in `branches`"
            self._fields.translated("push", to, why)
            return
        inner = self._fields.inner("push")
        self._tell_filters(inner, to, len(good) < len(starts))
        inner.dropped("tags", "tags start no job", OTHERWISE.format("the tag"))
        inner.rest(NO_FILTER)

    def _tell_filters(self, inner: Fields, to: str, narrowed: bool = False) -> None:
        for key in ("branches", "paths"):
            ignored = f"{key}-ignore"
            why = "`!` leaves out what a pattern matches"
            if key == "branches" and narrowed:
                why = "those for which the job's `if` holds"
                inner.translated(key, f"{to}.{key}", why)
            elif texts_of(inner.get(key)):
                inner.carried(key, f"{to}.{key}")
            else:
                inner.dropped(key, "it is empty")
            if texts_of(inner.get(key)) or not texts_of(inner.get(ignored)):
                inner.dropped(ignored, f"`{key}` says it, or it is empty")
            else:
                inner.translated(ignored, f"{to}.{key}", why)


def leave_out(on: Fields, event: str, why: str, hint: str = "") -> None:
    """Tell an event that starts nothing, with what it says."""
    on.inner(event).rest(why, hint)
    if not on.told(event):
        on.dropped(event, why, hint)


def _of_tags(given: Any) -> bool:
    """Whether the pushes are of tags alone."""
    keys = given.keys() if isinstance(given, Mapping) else set()
    return bool(keys & {"tags", "tags-ignore"}) and not keys & {"branches", "branches-ignore"}


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


def _filters(given: Any) -> dict[str, Any]:
    return {key: found for key in ("branches", "paths") if (found := patterns_of(given, key))}


def _texts(given: Any, key: str) -> list[str]:
    return texts_of(given.get(key)) if isinstance(given, Mapping) else []
