"""What starts a job of a workflow: its events, ``needs``, ``workflow_run`` and ``if``."""

from __future__ import annotations

from typing import Any

from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.importing.hand_written.conditions import ALL_ENDINGS
from runner.importing.hand_written.half import Half, Halves
from runner.importing.hand_written.triggers import Events
from runner.importing.reading import texts_of
from runner.importing.references import Known, upstreams, why_not_after

NO_UPSTREAM = "no job here is of such a workflow, or it waits for this one itself"
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
        named = texts_of(half.body.get("needs"))
        if gone := [each for each in named if not halves.called(half.workflow, each)]:
            why = f"no job here is {', '.join(gone)}"
            fields.note("needs", why, "what it does stays in a workflow that starts this job")
        _same_as_upstream(on, half, f"{path}.triggers.job")
    else:
        hint = "" if half.pull_request else "what they do stays in a workflow that starts this job"
        why = "none of them is a job here that it can wait for"
        if half.pull_request:
            why = "jobs of pull requests start at the same time"
        fields.dropped("needs", why, hint)
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
    found = {each: _startable(draft, halves.called(each), name) for each in wanted}
    good = [known for each in found.values() for known in each]
    if "completed" not in types or not good:
        why = NO_UPSTREAM if "completed" in types else "jobs start others at their end"
        inner.rest(why, ELSEWHERE)
        on.rest(why, ELSEWHERE)
        return
    job["triggers"]["job"] = _after_all(draft, good, _endings(half, ALL_ENDINGS))
    inner.translated("workflows", to, "it starts after the last jobs of these workflows")
    if gone := [each for each, known in found.items() if not known]:
        inner.note("workflows", f"{NO_UPSTREAM}: {', '.join(gone)}", ELSEWHERE)
    inner.translated("types", f"{to}.on", "an end is success, error or cancelled")
    inner.dropped("branches", "runs of the default branch alone start others")
    inner.rest("a jobs file has no such filter")


def _startable(draft: Draft, found: list[Known], name: str) -> list[Known]:
    return [each for each in found if not why_not_after(draft.jobs, name, each)]


def _after_all(draft: Draft, found: list[Known], endings: tuple[str, ...]) -> Any:
    """After the last jobs of workflows; after an earlier one where that fails, and that counts, too."""
    waited = {name for each in found for name in _waits_for(draft, each) if _goes_on(draft, each)}
    last = [each for each in found if each.name not in waited and _goes_on(draft, each)]
    failing = tuple(each for each in endings if each != "success")
    others = [each for each in found if each not in last] if failing else []
    triggers = [_trigger(last or found, endings)]
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
