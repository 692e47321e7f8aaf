"""Workflows to the draft of a jobs file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.config.nodes import Mapping, plain
from runner.errors import ConfigInvalid
from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.importing.hand_written.job import Half, Halves, convert
from runner.importing.hand_written.pieces import Piece, pieces
from runner.importing.hand_written.triggers import Started, events_of, started_by
from runner.importing.hand_written.variables import without_secrets
from runner.importing.reading import files_of, read_yaml, text_of
from runner.importing.rows import Row
from runner.workflow import NotOurs, header_of

PATTERNS = (".github/workflows/*.yml", ".github/workflows/*.yaml")
NOT_OURS = "nothing in it runs dbt"


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One file: its name, what starts it, and its jobs by their ids."""

    file: Path
    title: str
    root: dict[str, Any]
    jobs: dict[str, Mapping]

    @property
    def jobs_data(self) -> dict[str, object]:
        return {name: plain(node) for name, node in self.jobs.items()}


def read(paths: Sequence[Path]) -> Draft:
    """The jobs of workflow files, of globs, or of the folder of a repository.

    Raises ConfigInvalid where a file can't be read, or where nothing in them runs dbt.
    """
    draft = Draft(top={"state": "github"})
    files = files_of(paths, PATTERNS)
    halves = Halves()
    for file in files:
        for workflow in _workflow(draft, file):
            _split(draft, workflow, halves)
    if not halves.all:
        names = ", ".join(str(file) for file in files)
        raise ConfigInvalid(
            f"no job in {names} has a step that dbt runs",
            why="only `run:` steps with plain dbt commands can be read",
            hint="name other files, or write the jobs file by `dbt-gitops init`",
        )
    for half in halves.all:
        convert(draft, half, halves)
    _settle(draft)
    return draft


def _workflow(draft: Draft, file: Path) -> Iterator[Workflow]:
    source, root = read_yaml(file)
    if _is_compiled(source.text):
        why = "dbt-gitops has compiled it"
        draft.rows.append(Row(job="", field=str(file), value="", fate="dropped", why=why))
        return
    data = {key: plain(entry.node) for key, entry in root.entries.items()}
    jobs = {
        name: entry.node
        for name, entry in root.mapping("jobs").entries.items()
        if isinstance(entry.node, Mapping)
    }
    title = text_of(data.get("name")) or file.stem
    yield Workflow(file=file, title=title, root=data, jobs=jobs)


def _is_compiled(text: str) -> bool:
    try:
        header_of(text)
    except NotOurs:
        return False
    return True


def _split(draft: Draft, workflow: Workflow, halves: Halves) -> None:
    """Each job of a workflow that runs dbt as a job for pull requests, one for the rest, or both."""
    found: dict[str, list[Piece]] = {}
    for name, body in workflow.jobs.items():
        folder = _folder(body) or _folder_of(workflow.root)
        found[name] = list(pieces(body, str(workflow.file), folder or "."))
    running = [name for name, parts in found.items() if _runs(parts)]
    fields = Fields(workflow.root, draft.rows, workflow.title)
    if not running:
        fields.rest(NOT_OURS)
        return
    started = _started(workflow, draft)
    jobs = Fields(workflow.jobs_data, draft.rows, workflow.title, "jobs.")
    for name in workflow.jobs:
        if name not in running:
            jobs.dropped(name, NOT_OURS, "it stays in a workflow of its own")
    for name in running:
        title = workflow.title if len(running) == 1 else f"{workflow.title} {name}"
        halves.add(_half(title, name, workflow, started, found[name]))
    fields.translated("name", "jobs", "the names of the jobs are made of it")
    fields.dropped("permissions", "the compiled workflow says what it needs")
    fields.pass_on("jobs", "env", "concurrency", "defaults", "on")
    fields.rest()


def _half(
    title: str, name: str, workflow: Workflow, started: Started, parts: list[Piece]
) -> list[Half]:
    pull_request = started.triggers.get("pull_request")
    others = {k: v for k, v in started.triggers.items() if k != "pull_request"}
    both = pull_request is not None and bool(others or started.after)
    body = {key: plain(entry.node) for key, entry in workflow.jobs[name].entries.items()}
    ways: list[tuple[bool, dict[str, Any]]] = []
    if pull_request is None or both:
        ways.append((False, others))
    if pull_request is not None:
        ways.append((True, {"pull_request": pull_request}))
    return [
        Half(
            title=f"{title} pull request" if is_pr and both else title,
            workflow=workflow.title,
            id=name,
            root=workflow.root,
            body=body,
            triggers=triggers,
            after=() if is_pr else started.after,
            pull_request=is_pr,
            pieces=tuple(each for each in parts if each.part is None or each.belongs(is_pr)),
        )
        for is_pr, triggers in ways
    ]


def _started(workflow: Workflow, draft: Draft) -> Started:
    events = events_of(workflow.root.get("on"))
    return started_by(events, Fields(events, draft.rows, workflow.title, "on."))


def _runs(parts: Sequence[Piece]) -> bool:
    return any(step.step is not None for piece in parts for step in piece.steps)


def _folder(body: Mapping) -> str:
    return body.mapping("defaults").mapping("run").text("working-directory") or ""


def _folder_of(root: dict[str, Any]) -> str:
    defaults = root.get("defaults")
    run = defaults.get("run") if isinstance(defaults, dict) else None
    return text_of(run.get("working-directory")) if isinstance(run, dict) else ""


def _settle(draft: Draft) -> None:
    """What only the whole draft knows."""
    for name, job in draft.jobs.items():
        for lost in without_secrets(job, draft.environments[job["environment"]]):
            why = "another job has it as a secret of the same environment"
            row = Row(job=name, field=f"env.{lost}", value="", fate="dropped", why=why)
            draft.rows.append(row)
    if draft.top.get("project") == ".":
        del draft.top["project"]
