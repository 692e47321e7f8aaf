"""What starts a job of a workflow: its events, ``needs``, ``workflow_run`` and ``if``."""

from __future__ import annotations

from typing import Any

from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.importing.hand_written.conditions import ALL_ENDINGS
from runner.importing.hand_written.half import Half, Halves
from runner.importing.hand_written.triggers import Events
from runner.importing.reading import texts_of
from runner.importing.references import Known, why_not_after

ELSEWHERE = "start it from that workflow by `dbt-gitops trigger`"


def start(draft: Draft, half: Half, halves: Halves, job: dict[str, Any], fields: Fields) -> None:
    """Put the triggers into a job, each of their fields told. The job is in the draft already."""
    name = halves.name(half)
    path = f"jobs.{name}"
    on = Fields({**half.events, **half.left_out}, draft.rows, half.title, "on.")
    after = _needs(draft, half, halves, name)
    if after:
        job["triggers"]["job"] = _trigger(after, _endings(half, ("success",)))
        why = "it starts after these jobs, whatever started them"
        fields.translated("needs", f"{path}.triggers.job", why)
        _same_as_upstream(on, half, f"{path}.triggers.job")
    else:
        hint = "" if half.pull_request else "what they do stays in a workflow that starts this job"
        fields.dropped("needs", "none of them is a job here that it can wait for", hint)
        job["triggers"] = Events(half.events, on, path).read()
        _of_workflows(draft, half, halves, job, on, path)
    for event in half.left_out:
        on.inner(event).rest("the job's `if` leaves it out")
    on.rest("the job's `if` leaves it out")
    _condition(half, job, fields, path)
    if not job["triggers"]:
        job["triggers"]["dispatch"] = True


def _trigger(after: list[Known], endings: tuple[str, ...]) -> dict[str, Any]:
    names = list(dict.fromkeys(each.name for each in after))
    body: dict[str, Any] = {"all_of": names} if len(names) > 1 else {"name": names[0]}
    if endings != ("success",):
        body["on"] = list(endings)
    return body


def _endings(half: Half, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    return half.condition.endings or otherwise


def _needs(draft: Draft, half: Half, halves: Halves, name: str) -> list[Known]:
    needed = [] if half.pull_request else texts_of(half.body.get("needs"))
    found = [each for job_id in needed for each in halves.called(half.workflow, job_id)]
    return [each for each in found if not why_not_after(draft.jobs, name, each)]


def _same_as_upstream(on: Fields, half: Half, to: str) -> None:
    for event in half.events:
        on.translated(event, to, "it starts the jobs that this one waits for")


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
    found = {each: _last(draft, halves.called(each)) for each in wanted}
    good = [
        known
        for each in found.values()
        for known in each
        if not why_not_after(draft.jobs, name, known)
    ]
    if "completed" not in types or not good:
        why = "no job here is of such a workflow, or it waits for this one itself"
        inner.rest(why if "completed" in types else "jobs start others at their end", ELSEWHERE)
        on.dropped("workflow_run", why, ELSEWHERE)
        return
    endings = _endings(half, ALL_ENDINGS)
    job["triggers"]["job"] = _trigger(good, endings)
    gone = [each for each, known in found.items() if not set(known) & set(good)]
    inner.translated("workflows", to, "it starts after the last jobs of these workflows")
    if gone:
        why = f"no job here is of {', '.join(gone)}, or it waits for this one itself"
        inner.note("workflows", why, ELSEWHERE)
    inner.translated("types", f"{to}.on", "an end is success, error or cancelled")
    inner.dropped("branches", "runs of the default branch alone start others")
    inner.rest("a jobs file has no such filter")


def _last(draft: Draft, found: list[Known]) -> list[Known]:
    """Those of the jobs that no other of them waits for."""
    names = {each.name for each in found}
    waited = {
        name
        for each in names
        for trigger in [draft.jobs.get(each, {}).get("triggers", {}).get("job", {})]
        for name in trigger.get("all_of", [trigger.get("name")])
    }
    return [each for each in found if each.name not in waited]


def _condition(half: Half, job: dict[str, Any], fields: Fields, path: str) -> None:
    condition, to = half.condition, f"{path}.triggers"
    if condition.branches and "merge" in job["triggers"]:
        job["triggers"]["merge"]["branches"] = list(condition.branches)
    if condition.unread:
        hint = "its triggers say when it starts"
        fields.dropped("if", f"a job has no condition: {' && '.join(condition.unread)}", hint)
    elif condition.endings and "job" not in job["triggers"]:
        hint = "a job that starts after others says by `on` how they must have ended"
        fields.dropped("if", "it waits for no job here", hint)
    else:
        fields.translated("if", to, "its triggers are those for which it holds")
