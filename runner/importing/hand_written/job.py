"""One job of a workflow to one job of the jobs file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from runner.durations import spell_duration
from runner.importing.commands import StepOf
from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.importing.hand_written.half import Half, Halves
from runner.importing.hand_written.pieces import without_variables
from runner.importing.hand_written.pins import pins_of
from runner.importing.hand_written.schemas import SCHEMA
from runner.importing.hand_written.secrets import Secrets
from runner.importing.hand_written.starting import start
from runner.importing.hand_written.telling import Telling
from runner.importing.hand_written.triggers import events_of
from runner.importing.hand_written.variables import Variables
from runner.importing.lost import UNCOMPARED, switch_off, to_compare
from runner.importing.owning import speaks_of
from runner.importing.placing import needs_state, place, wants_defer
from runner.importing.reading import text_of, texts_of
from runner.importing.references import publishes, without_deferral
from runner.importing.rows import Row

MOST_MINUTES = 60 * 24 * 35
ORDER = (
    "description", "environment", "enabled", "triggers", "target", "threads", "env", "steps", "defer",
    "source_freshness", "generate_docs", "timeout", "concurrency",
)  # fmt: skip
# What a workflow decides of a job, and by which fields; `{}` is the job's id.
WORDS = {
    "triggers.schedule": ("on.schedule",),
    "triggers.merge": ("on.push",),
    "triggers.job": ("on.workflow_run", "jobs.{}.needs"),
    "triggers.pull_request": ("on.pull_request", "on.pull_request_target"),
    "defer": (),
    "generate_docs": (),
    "source_freshness": (),
    "target": (),
    "threads": (),
    "timeout": ("jobs.{}.timeout-minutes",),
    "enabled": ("jobs.{}.if",),
}
# What a job of a workflow may say, and a jobs file doesn't.
LOST = {
    "strategy": ("a matrix is left alone", "write a job for each of its values by hand"),
    "permissions": ("the compiled workflow says what it needs", ""),
    "outputs": ("a job has no outputs", "`run.json` in the run's folder tells what a run did"),
    "continue-on-error": (
        "a run that fails is a run that failed",
        "a job that starts after it may do so `on` success and on error",
    ),
    "container": ("dbt is installed on the runner", "pin `dbt` and `runs_on` of the environment"),
    "services": ("a job has no services", "keep it in a workflow of its own"),
}


def convert(draft: Draft, half: Half, halves: Halves, secrets: Secrets) -> None:
    """Put a job into the draft; each of its fields is told."""
    name = halves.name(half)
    path = f"jobs.{name}"
    fields = Fields(half.body, draft.rows, half.title, f"jobs.{half.id}.")
    whole = Fields(half.root, draft.rows, half.title)
    job: dict[str, Any] = {"environment": half.environment, "triggers": {}}
    before = len(draft.rows)
    if half.title != name:
        draft.proposed.add(("jobs", name, "description"))
        job["description"] = half.title
    draft.comments["jobs", name] = f"From the job {half.id} of {half.file}, line {half.line}"
    body = draft.environments.setdefault(half.environment, {})
    draft.jobs[name] = job
    _names(fields, whole, name)
    start(draft, half, halves, job, fields)
    if half.lost:
        switch_off(draft, name, job)
    _environment(fields, half, body)
    sibling = halves.sibling(half)
    half, lost = _placed(draft, half, job, secrets)
    _defer(job, half, halves)
    unstated = without_deferral(job)
    if unstated:
        switch_off(draft, name, job, UNCOMPARED)
    variables = Variables(job, body, path, secrets, pull_request=half.pull_request)
    pinned = _pins(half, body)
    Telling(draft=draft, half=half, path=path, sibling=sibling, pinned=pinned).tell(variables)
    variables.add(fields.inner("env"))
    variables.add(whole.inner("env"))
    for why in lost:
        fields.note("steps", why, "look at the job's steps")
    if unstated:
        fields.note("steps", unstated, to_compare("workflow"))
    _limits(fields, whole, half, job, path)
    _rest(fields, whole)
    draft.jobs[name] = {key: job[key] for key in ORDER if key in job}
    _decide(draft, half, name, draft.rows[before:])


def _decide(draft: Draft, half: Half, name: str, rows: Sequence[Row]) -> None:
    """Note what the workflow decides of the job; what starts one that is off is for people to say.

    One that has lost a step stays off, since its other steps come from the workflow each time.
    """
    words = {word: [each.format(half.id) for each in by] for word, by in WORDS.items()}
    lost = ("jobs", name, "steps") in draft.proposed
    if draft.jobs[name].get("enabled") is False and not (half.off or lost):
        draft.proposed.add(("jobs", name, "enabled"))
        words = {
            k: v for k, v in words.items() if k.partition(".")[0] not in ("enabled", "triggers")
        }
    speaks_of(draft, name, words, rows)


def _names(fields: Fields, whole: Fields, name: str) -> None:
    for each in (whole, fields):
        if each.get("name") == name:
            each.carried("name", f"jobs.{name}")
        elif not text_of(each.get("name")):
            each.dropped("name", "it is no text")
        else:
            each.translated("name", f"jobs.{name}", f"the job is called `{name}`")
    whole.dropped("run-name", "a run is called by its job and what started it")


def _environment(fields: Fields, half: Half, body: dict[str, Any]) -> None:
    to = f"environments.{half.environment}"
    if half.pull_request:
        body.setdefault("schema", SCHEMA)
    given = half.body.get("environment")
    named = text_of(given.get("name") if isinstance(given, Mapping) else given)
    if named and "${{" not in named:
        body.setdefault("github_environment", named)
        why = "GitHub's environment is kept beside it"
        if isinstance(given, Mapping):
            inner = fields.inner("environment")
            inner.translated("name", to, why)
            inner.rest("a jobs file doesn't say this of an environment")
        else:
            fields.translated("environment", to, why)
    else:
        fields.dropped("environment", "it is no plain name", f"look at {to}")
    labels = texts_of(half.body.get("runs-on"))
    if not labels or any("${{" in label for label in labels):
        fields.dropped("runs-on", "it is no plain label", f"write `runs_on` in {to}")
        return
    wanted: str | list[str] = labels if len(labels) > 1 else labels[0]
    if body.setdefault("runs_on", wanted) != wanted:
        hint = "give the job an environment of its own, with its `runs_on`"
        fields.dropped("runs-on", "another job of the environment has another", hint)
    else:
        fields.translated("runs-on", f"{to}.runs_on", "the environment says it")


def _placed(
    draft: Draft, half: Half, job: dict[str, Any], secrets: Secrets
) -> tuple[Half, tuple[str, ...]]:
    """The half with its steps as they are in the job, and what couldn't be said there."""
    kept = [piece for piece in half.kept if not half.is_flag(piece)]
    job |= half.flags
    found = [step for piece in kept for step in piece.steps if step.step is not None]
    lost: list[str] = []
    found = [_without_secrets(step, half, secrets, lost) for step in found]
    placed = place(draft, job, found)
    rest = iter(placed.steps)
    pieces = []
    for piece in half.pieces:
        if piece.command and any(piece is each for each in kept):
            steps: tuple[StepOf, ...] = tuple(
                next(rest) if step.step is not None else step for step in piece.steps
            )
            piece = replace(piece, command=replace(piece.command, steps=steps))
        pieces.append(piece)
    return replace(half, pieces=tuple(pieces)), (*placed.lost, *lost)


def _without_secrets(step: StepOf, half: Half, secrets: Secrets, lost: list[str]) -> StepOf:
    """The step without variables of its own that are secrets of its environment."""
    given = step.settings.get("env", {})
    names = [name for name in given if secrets.has(half.environment, name)]
    lost += [
        f"`{step.step}` had its own {name}, which is a secret of the environment" for name in names
    ]
    return without_variables(step, names)


def _defer(job: dict[str, Any], half: Half, halves: Halves) -> None:
    """Compare with what is deployed, where a step did."""
    if not (wants_defer([step for piece in half.kept for step in piece.steps]) or needs_state(job)):
        return
    names = (half.environment, "production", *(k.environment for k in halves.known.values()))
    for name in names:
        if publishes(halves.known, name):
            job["defer"] = {"to": f"environment:{name}" if name in halves.known else name}
            if not half.pull_request:  # else its first run would wait for a state of itself
                job["defer"]["on_missing"] = "full"
            return


def _pins(half: Half, body: dict[str, Any]) -> bool:
    """Whether the environment says the dbt that the job installs."""
    installs = [p.command.text for p in half.pieces if p.command and p.command.kind == "install"]
    found = pins_of(installs)
    if found.keys() != {"core", "adapter"}:
        return False
    return bool(body.setdefault("dbt", found) == found)


def _limits(fields: Fields, whole: Fields, half: Half, job: dict[str, Any], path: str) -> None:
    minutes = half.body.get("timeout-minutes")
    if type(minutes) is int and 0 < minutes <= MOST_MINUTES:
        job["timeout"] = spell_duration(timedelta(minutes=minutes))
        fields.translated("timeout-minutes", f"{path}.timeout", "a duration")
    else:
        fields.dropped("timeout-minutes", "it is no number of minutes", "write `timeout` by hand")
    for each in (whole, fields):
        _concurrency(each, half, job, path)


def _concurrency(fields: Fields, half: Half, job: dict[str, Any], path: str) -> None:
    """A job has a group of its own; what GitHub cancels for a newer run, a jobs file does too."""
    given = fields.get("concurrency")
    inner = fields.inner("concurrency")
    to = f"{path}.concurrency"
    own = "a job has a group of its own"
    cancels = isinstance(given, Mapping) and given.get("cancel-in-progress") is True
    if half.pull_request:
        own = "a newer commit replaces the run of an older one"
        inner.dropped("cancel-in-progress", own)
    elif cancels:
        job["concurrency"] = "cancel"
        inner.translated("cancel-in-progress", to, "`cancel`")
    else:
        inner.dropped("cancel-in-progress", "it is off, or no plain value: runs wait")
    inner.rest(own)
    if not isinstance(given, Mapping):
        fields.dropped("concurrency", own)


def _rest(fields: Fields, whole: Fields) -> None:
    for each in (whole, fields):
        run = each.inner("defaults").inner("run")
        if text_of(run.get("working-directory")):
            run.translated("working-directory", "project", "the folder where dbt runs")
        run.dropped("shell", "no shell runs a step")
        for key, (why, hint) in LOST.items():
            each.inner(key).rest(why, hint)
    steps = fields.get("steps")
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        if not isinstance(step, Mapping):
            fields.part("steps", index, "dropped", why="it is no step")
    fields.pass_on("steps")
    whole.pass_on("jobs", *(["on"] if events_of(whole.get("on")) else []))
    if not events_of(whole.get("on")):
        whole.dropped("on", "nothing starts it, so a person does (`dispatch`)")
    for each in (whole, fields):
        for key, (why, hint) in LOST.items():
            if not isinstance(each.get(key), Mapping):
                each.dropped(key, why, hint)
        each.rest("a jobs file doesn't say this", "keep it in a workflow of its own")
