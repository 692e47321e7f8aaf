"""What starts a job of a workflow: its events, ``needs``, ``workflow_run`` and ``if``."""

from __future__ import annotations

from typing import Any

from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.importing.hand_written.conditions import Condition
from runner.importing.hand_written.half import Half, Halves
from runner.importing.hand_written.starts import ALL_ENDINGS, Start, starts_of
from runner.importing.hand_written.triggers import LEFT_OUT, OTHERWISE, Events, leave_out
from runner.importing.reading import texts_of
from runner.importing.references import Known, upstreams, why_not_after

NO_UPSTREAM = "no job here is of such a workflow, or it waits for this one itself"
BY_HAND = Start(event="workflow_dispatch")
ELSEWHERE = "start it from that workflow by `dbt-gitops trigger`"


def start(draft: Draft, half: Half, halves: Halves, job: dict[str, Any], fields: Fields) -> None:
    """Put the triggers into a job, each of their fields told. The job is in the draft already.

    A job whose ``if`` can't be said is off: it may not run more often than the workflow's.
    """
    name = halves.name(half)
    path = f"jobs.{name}"
    on = Fields({**half.events, **half.left_out}, draft.rows, half.title, "on.")
    needed = halves.needed(half)
    after = [
        each for each in map(halves.known_as, needed) if not why_not_after(draft.jobs, name, each)
    ]
    if after:
        sure = _after_needs(half, halves, after, job, fields, on, path)
    else:
        sure = _by_events(draft, half, halves, job, fields, on, path)
    for event in half.left_out:
        on.inner(event).rest(LEFT_OUT)
    on.rest(LEFT_OUT)
    if half.off or not sure:
        job["enabled"] = False
    _condition(half, sure, job, fields, path)
    if not job["triggers"]:
        job["triggers"]["dispatch"] = True


def _after_needs(
    half: Half, halves: Halves, after: list[Known], job: dict[str, Any],
    fields: Fields, on: Fields, path: str,
) -> bool:  # fmt: skip
    """Whether the triggers are no more than what the job's ``if`` holds for."""
    to = f"{path}.triggers.job"
    starts = list({start: 0 for each in halves.needed(half) for start in halves.starts(each)})
    endings = _common(half.condition, starts or [BY_HAND])
    names = list(dict.fromkeys(each.name for each in after))
    triggers = _triggers_after(names, endings or ("success",))
    job["triggers"]["job"] = triggers if len(triggers) > 1 else triggers[0]
    why = "it starts after these jobs, whatever started them"
    if len(triggers) > 1:
        why = "it starts after each of these jobs that ends so"
    fields.translated("needs", to, why)
    known = {each.id for each in halves.needed(half)}
    if gone := [each for each in texts_of(half.body.get("needs")) if each not in known]:
        why = f"no job here is {', '.join(gone)}"
        fields.note("needs", why, "what it does stays in a workflow that starts this job")
    events = {start.event for start in starts}
    for event in half.events:
        if event in events:
            on.translated(event, to, "it starts the jobs that this one waits for")
        else:
            why = "it doesn't start the jobs that this one waits for"
            leave_out(on, event, why, OTHERWISE.format("this event"))
    return bool(endings)


def _common(condition: Condition, starts: list[Start]) -> tuple[str, ...]:
    """The endings of what is needed after which the ``if`` holds, whatever started that."""
    return tuple(
        ending
        for ending in ALL_ENDINGS
        if all(condition.admits(start, (ending,)) for start in starts)
    )


def _triggers_after(names: list[str], endings: tuple[str, ...]) -> list[dict[str, Any]]:
    """After all of these jobs; where a success isn't asked for, after each, as one is enough on GitHub."""
    if len(names) > 1 and "success" in endings:
        found: list[dict[str, Any]] = [{"all_of": names}]
    else:
        found = [{"name": name} for name in names]
    if endings != ("success",):
        found = [{**each, "on": list(endings)} for each in found]
    return found


def _by_events(
    draft: Draft, half: Half, halves: Halves, job: dict[str, Any],
    fields: Fields, on: Fields, path: str,
) -> bool:  # fmt: skip
    """Whether a trigger is left for which the job's ``if`` is known to hold."""
    hint = "" if half.pull_request else "what they do stays in a workflow that starts this job"
    why = "none of them is a job here that it can wait for"
    if half.pull_request:
        why = "jobs of pull requests start at the same time"
    fields.dropped("needs", why, hint)
    condition = half.condition
    sure = any(condition.holds(start) for start in half.starts or [BY_HAND])
    events = Events(half.events, on, path, condition if sure else Condition())
    job["triggers"] = events.read()
    if events.off:
        job["enabled"] = False
    _of_workflows(draft, half, halves, job, on, path)
    return sure


def _of_workflows(
    draft: Draft, half: Half, halves: Halves, job: dict[str, Any], on: Fields, path: str
) -> None:
    """``workflow_run``: the jobs of those workflows that nothing else of them waits for."""
    if "workflow_run" not in half.events:
        return
    to = f"{path}.triggers.job"
    inner = on.inner("workflow_run")
    name = halves.name(half)
    types = texts_of(inner.get("types")) or ["completed"]
    wanted = texts_of(inner.get("workflows"))
    found = {each: _startable(draft, halves.called(each), name) for each in wanted}
    good = [known for each in found.values() for known in each]
    if "completed" not in types or not good:
        why = NO_UPSTREAM if "completed" in types else "jobs start others at their end"
        inner.rest(why, ELSEWHERE)
        on.rest(why, ELSEWHERE)
        return
    endings = _conclusions(half.condition)
    job["triggers"]["job"] = _after_all(draft, good, endings)
    inner.translated("workflows", to, "it starts after the last jobs of these workflows")
    if gone := [each for each, known in found.items() if not known]:
        inner.note("workflows", f"{NO_UPSTREAM}: {', '.join(gone)}", ELSEWHERE)
    inner.translated("types", f"{to}.on", "an end is success, error or cancelled")
    inner.dropped("branches", "runs of the default branch alone start others")
    inner.rest("a jobs file has no such filter")


def _conclusions(condition: Condition) -> tuple[str, ...]:
    """The ends of a workflow for which the ``if`` holds; where none is known, for which it may hold."""
    found = {each: condition.holds(each) for each in starts_of("workflow_run", None, ())}
    sure = tuple(each.conclusion for each, holds in found.items() if holds)
    return sure or tuple(each.conclusion for each, holds in found.items() if holds is None)


def _startable(draft: Draft, found: list[Known], name: str) -> list[Known]:
    return [each for each in found if not why_not_after(draft.jobs, name, each)]


def _after_all(draft: Draft, found: list[Known], endings: tuple[str, ...]) -> Any:
    """After the last jobs of workflows; after an earlier one where that fails, and that counts, too."""
    waited = {name for each in found for name in _waits_for(draft, each) if _goes_on(draft, each)}
    last = [each for each in found if each.name not in waited and _goes_on(draft, each)]
    failing = tuple(each for each in endings if each != "success")
    others = [each for each in found if each not in last] if failing else []
    triggers = _triggers_after([*dict.fromkeys(each.name for each in last or found)], endings)
    triggers += [{"name": each.name, "on": list(failing)} for each in others if last]
    return triggers if len(triggers) > 1 else triggers[0]


def _triggers(draft: Draft, job: Known) -> list[dict[str, Any]]:
    given = draft.jobs.get(job.name, {}).get("triggers", {}).get("job", [])
    return given if isinstance(given, list) else [given]


def _waits_for(draft: Draft, job: Known) -> list[str]:
    return upstreams(draft.jobs.get(job.name, {}))


def _goes_on(draft: Draft, job: Known) -> bool:
    """Whether a job runs where all goes well, and not only after failures."""
    given = _triggers(draft, job)
    return not given or any("success" in each.get("on", ["success"]) for each in given)


def _condition(half: Half, sure: bool, job: dict[str, Any], fields: Fields, path: str) -> None:
    condition, to = half.condition, f"{path}.triggers"
    if half.off:
        fields.translated("if", f"{path}.enabled", "`enabled: false`")
    elif not sure:
        why = f"a job has no condition, so it is off (`enabled: false`): {condition.shown}"
        fields.dropped("if", why, f"give {path} triggers that say the same, and remove `enabled`")
    elif condition.asks_for_endings and "needs" in fields and "job" not in job["triggers"]:
        hint = "a job that starts after others says by `on` how they must have ended"
        fields.dropped("if", "it waits for no job here", hint)
    else:
        fields.translated("if", to, "its triggers are those for which it holds")
