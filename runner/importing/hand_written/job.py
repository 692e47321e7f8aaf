"""One job of a workflow to one job of the jobs file."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from runner.durations import spell_duration
from runner.importing.commands import StepOf
from runner.importing.draft import Draft, name_of
from runner.importing.fields import Fields
from runner.importing.hand_written.pieces import Piece
from runner.importing.hand_written.telling import tell_pieces
from runner.importing.hand_written.variables import add_variables
from runner.importing.placing import needs_state, place, wants_defer
from runner.importing.reading import text_of, texts_of
from runner.importing.references import Known, publishes, why_not_after, without_deferral

SCHEMA = "dbt_ci_pr_{pr_number}"
MOST_MINUTES = 60 * 24 * 35
LABEL = "ubuntu-latest"


@dataclass(frozen=True, kw_only=True)
class Half:
    """A job of a workflow as far as one job of the jobs file has it: its pull requests, or the rest."""

    title: str
    workflow: str
    id: str
    root: Mapping[str, Any]
    body: Mapping[str, Any]
    triggers: dict[str, Any]
    after: tuple[str, ...]
    pull_request: bool
    pieces: tuple[Piece, ...]

    @property
    def runs(self) -> bool:
        return any(step.step is not None for piece in self.pieces for step in piece.steps)

    @property
    def environment(self) -> str:
        given = self.body.get("environment")
        named = text_of(given.get("name") if isinstance(given, Mapping) else given)
        plain = named if named and "${{" not in named else ""
        if not self.pull_request:
            return name_of(plain or "production", ())
        return f"{name_of(plain, ())}-ci" if plain and plain != "ci" else "ci"


@dataclass(kw_only=True)
class Halves:
    """All of them, with the names that they have in the jobs file."""

    all: list[Half] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)

    def add(self, halves: list[Half]) -> None:
        for half in halves:
            if half.runs:
                name = name_of(half.title, self.known)
                self.all.append(half)
                self._names.append(name)
                self.known[name] = Known(
                    name=name,
                    environment=half.environment,
                    deploys=not half.pull_request,
                    only_pull_requests=half.pull_request,
                )

    def name(self, half: Half) -> str:
        return next(n for each, n in zip(self.all, self._names, strict=True) if each is half)

    def called(self, workflow: str, job: str = "") -> list[Known]:
        """What a workflow's jobs, or one of them, are for other events than pull requests."""
        return [
            self.known[name]
            for half, name in zip(self.all, self._names, strict=True)
            if half.workflow == workflow and job in ("", half.id) and not half.pull_request
        ]


def convert(draft: Draft, half: Half, halves: Halves) -> None:
    """Put a job into the draft; each of its fields is told."""
    name = halves.name(half)
    path = f"jobs.{name}"
    fields = Fields(half.body, draft.rows, half.title, f"jobs.{half.id}.")
    job: dict[str, Any] = {"environment": half.environment, "triggers": dict(half.triggers)}
    if half.title != name:
        job = {"description": half.title, **job}
    body = draft.environments.setdefault(half.environment, {})
    draft.jobs[name] = job
    _environment(fields, half, body)
    _upstreams(draft, half, halves, job, fields)
    if not job["triggers"]:
        job["triggers"]["dispatch"] = True
    _variables(draft, half, job, body, path)
    _limits(draft, fields, half, job, path)
    _steps(draft, half, halves, job, fields)
    fields.dropped(
        "strategy", "a matrix is left alone", "write a job for each of its values by hand"
    )
    fields.dropped("if", "a job has no condition", "its triggers say when it starts")
    fields.translated("name", path, f"the job is called `{name}`")
    fields.dropped("permissions", "the compiled workflow says what it needs")
    fields.dropped("defaults", "`project` says where dbt runs")
    fields.pass_on("env", "steps")
    fields.rest("a jobs file doesn't say this of a job", "keep it in a workflow of its own")


def _environment(fields: Fields, half: Half, body: dict[str, Any]) -> None:
    to = f"environments.{half.environment}"
    if half.pull_request:
        body["schema"] = SCHEMA
    given = text_of(half.body.get("environment"))
    if given and "${{" not in given:
        body.setdefault("github_environment", given)
        fields.translated("environment", to, "GitHub's environment is kept beside it")
    else:
        fields.dropped("environment", "it is no plain name", f"look at {to}")
    labels = texts_of(half.body.get("runs-on"))
    if not labels or any("${{" in label for label in labels):
        fields.dropped("runs-on", "it is no plain label", f"write `runs_on` in {to}")
        return
    wanted: str | list[str] = labels if len(labels) > 1 else labels[0]
    if body.setdefault("runs_on", wanted) != wanted:
        fields.dropped("runs-on", "another job of the environment has another", "make it two")
    else:
        fields.translated("runs-on", f"{to}.runs_on", "the environment says it")


def _upstreams(
    draft: Draft, half: Half, halves: Halves, job: dict[str, Any], fields: Fields
) -> None:
    """`needs` and `workflow_run` as triggers."""
    name = halves.name(half)
    needed = [] if half.pull_request else texts_of(half.body.get("needs"))
    of_needs = [each for job_id in needed for each in halves.called(half.workflow, job_id)]
    of_runs = [each for workflow in half.after for each in halves.called(workflow)]
    good = [each for each in of_needs if not why_not_after(draft.jobs, name, each)]
    if good:
        job["triggers"] = {}
        of_runs = []
        to = f"jobs.{name}.triggers.job"
        fields.translated("needs", to, "it starts after these jobs, whatever started them")
    else:
        fields.dropped("needs", "none of them is a job here that it can wait for")
    good += [each for each in of_runs if not why_not_after(draft.jobs, name, each)]
    names = list(dict.fromkeys(each.name for each in good))
    if len(names) > 1:
        job["triggers"]["job"] = {"all_of": names}
    elif names:
        job["triggers"]["job"] = {"name": names[0]}
    if half.after:
        found = Fields({"workflow_run": list(half.after)}, draft.rows, half.title, "on.")
        if of_runs and good:
            found.translated(
                "workflow_run", f"jobs.{name}.triggers.job", "after these jobs succeed"
            )
        else:
            hint = "start it by `dbt-gitops trigger` from that workflow"
            found.dropped("workflow_run", "no job here is of such a workflow", hint)


def _variables(
    draft: Draft, half: Half, job: dict[str, Any], body: dict[str, Any], path: str
) -> None:
    for prefix, given in (
        ("env.", half.root.get("env")),
        (f"jobs.{half.id}.env.", half.body.get("env")),
        *((f"{piece.place} env.", piece.data.get("env")) for piece in _first_of_steps(half)),
    ):
        if isinstance(given, Mapping):
            inner = Fields(given, draft.rows, half.title, prefix)
            add_variables(inner, job, body, path)


def _first_of_steps(half: Half) -> list[Piece]:
    """One piece of each step that runs dbt: the lines of a script share its variables."""
    found = {id(piece.data): piece for piece in half.pieces if piece.steps}
    return list(found.values())


def _limits(draft: Draft, fields: Fields, half: Half, job: dict[str, Any], path: str) -> None:
    minutes = half.body.get("timeout-minutes")
    if type(minutes) is int and 0 < minutes <= MOST_MINUTES:
        job["timeout"] = spell_duration(timedelta(minutes=minutes))
        fields.translated("timeout-minutes", f"{path}.timeout", "a duration")
    else:
        fields.dropped("timeout-minutes", "it is no number of minutes", "write `timeout` by hand")
    for given in (half.root.get("concurrency"), half.body.get("concurrency")):
        cancels = isinstance(given, Mapping) and given.get("cancel-in-progress") is True
        if cancels and not half.pull_request:
            job["concurrency"] = "cancel"
    why = (
        "a newer commit replaces the run of an older one" if half.pull_request else "its own group"
    )
    fields.translated("concurrency", f"{path}.concurrency", why)
    whole = Fields(half.root, draft.rows, half.title)
    whole.translated("concurrency", f"{path}.concurrency", why)
    whole.dropped("defaults", "`project` says where dbt runs")


def _steps(draft: Draft, half: Half, halves: Halves, job: dict[str, Any], fields: Fields) -> None:
    found = [
        (piece, _in_folder(step, piece.folder))
        for piece in half.pieces
        for step in piece.steps
        if step.step is not None
    ]
    placed = place(draft, job, [step for _, step in found])
    fetches = tell_pieces(draft, half.title, half.pieces)
    if fetches or wants_defer(placed.steps) or needs_state(job):
        _defer(job, half, halves)
    for why in (*placed.lost, without_deferral(job)):
        if why:
            fields.note("steps", why, "look at the job's steps")


def _in_folder(step: StepOf, folder: str) -> StepOf:
    settings = dict(step.settings)
    settings["project"] = posixpath.join(folder, settings.get("project", "."))
    if "profiles_dir" in settings and not settings["profiles_dir"].startswith("~"):
        settings["profiles_dir"] = posixpath.join(folder, settings["profiles_dir"])
    return replace(step, settings=settings)


def _defer(job: dict[str, Any], half: Half, halves: Halves) -> None:
    names = (half.environment, "production", *(k.environment for k in halves.known.values()))
    for name in names:
        if publishes(halves.known, name):
            job["defer"] = {"to": f"environment:{name}" if name in halves.known else name}
            return
