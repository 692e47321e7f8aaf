"""Workflows to the draft of a jobs file."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.config.nodes import Mapping, plain
from runner.config.text import Source
from runner.errors import ConfigInvalid
from runner.importing.draft import Draft
from runner.importing.fields import Fields, shown
from runner.importing.hand_written.conditions import Condition, condition_of
from runner.importing.hand_written.half import Half, Halves
from runner.importing.hand_written.job import convert
from runner.importing.hand_written.masks import without_values
from runner.importing.hand_written.pieces import Piece, joined, pieces
from runner.importing.hand_written.secrets import Secrets
from runner.importing.hand_written.starts import ALL_ENDINGS, PULL_REQUESTS, starts_of
from runner.importing.hand_written.telling import NEVER, Telling
from runner.importing.hand_written.triggers import events_of
from runner.importing.projects import most_used, only_of
from runner.importing.reading import Kind, files_of, read_yaml, text_of, wrong
from runner.importing.rows import Row, told_apart
from runner.workflow import NotOurs, header_of

KIND = Kind(
    name="a GitHub workflow", patterns=(".github/workflows/*.yml", ".github/workflows/*.yaml")
)
NOT_OURS = "nothing in it runs dbt"
ALONE = "it stays in a workflow of its own"
CALLS = "it calls another workflow, whose jobs aren't read here"
_DBT = re.compile(r"(\b|\\[nrt])dbt\b")  # in YAML's text, where a line may begin with `\n`


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One file: its name, and its jobs by their ids."""

    file: Path
    title: str
    root: dict[str, Any]
    jobs: dict[str, Mapping]


def read(paths: Sequence[Path], project: str = "") -> Draft:
    """The jobs of workflow files, of globs, or of the folder of a repository.

    ``project`` is the folder of the dbt project, from the repository; "" for that of most steps. Raises
    ConfigInvalid where a file can't be read, or where nothing in them runs dbt.
    """
    draft = Draft(top={"state": "github"})
    files = files_of(paths, KIND)
    found = [half for file in files for half in _halves(draft, file)]
    folder = posixpath.normpath(project) if project else _project(found)
    halves = Halves()
    for half in found:
        halves.add(_of_project(half, folder))
    if not halves.all:
        raise _nothing(files, found, project)
    for half in halves.others:
        _leave_out(draft, half, halves)
    secrets = Secrets(halves.all)
    jobs = {(half.title, half.file, half.id) for half in halves.all}
    titles = Counter(title for title, *_ in jobs)
    for half in halves.all:
        before = len(draft.rows)
        convert(draft, half, halves, secrets)
        if titles[half.title] > 1:
            draft.rows[before:] = told_apart(draft.rows[before:], half.title, half.file)
    return draft


def _nothing(files: Sequence[Path], found: Sequence[Half], project: str) -> ConfigInvalid:
    """No job is left; where commands were lost, the first of them says why."""
    lost = [piece for half in found for piece in half.lost]
    why = f"of the dbt project in {project}" if project else "plain dbt commands in `run:` are read"
    hint = "name other files, or write the jobs file by `dbt-gitops init`"
    if lost and lost[0].command:
        said = shown("", lost[0].command.text)
        reason = next((step.why for step in lost[0].steps if step.why), "the shell decides on it")
        why = f"{lost[0].place} has {said}: {reason}"
        hint = "write the values into the command, or its job by hand"
    names = ", ".join(str(file) for file in files)
    return ConfigInvalid(f"no job in {names} has a step that dbt runs", why=why, hint=hint)


def _halves(draft: Draft, file: Path) -> Iterator[Half]:
    source, root = read_yaml(file, KIND)
    why = "dbt-gitops has compiled it" if _is_compiled(source.text) else NOT_OURS
    if why != NOT_OURS or not _DBT.search(source.text):
        draft.rows.append(Row(job="", field=str(file), value="", fate="dropped", why=why))
        return
    workflow = _workflow(file, source, root)
    fields = Fields(workflow.root, draft.rows, workflow.title)
    jobs = fields.inner("jobs")
    running = []
    for name in jobs:
        if name in workflow.jobs and any(p.runs or p.lost for p in _pieces(workflow, name)):
            running.append(name)
        else:
            calls = name in workflow.jobs and "uses" in workflow.jobs[name].entries
            hint = "import that one as well, with the triggers of this" if calls else ALONE
            jobs.dropped(name, CALLS if calls else NOT_OURS, hint)
    if not running:
        events = events_of(workflow.root.get("on"))
        Fields(events, draft.rows, workflow.title, "on.").rest(NOT_OURS)
        fields.pass_on(*(["on"] if events else []))
        fields.rest(NOT_OURS)
    for name in running:
        title = workflow.title if len(running) == 1 else f"{workflow.title} {name}"
        yield from _split(title, name, workflow)


def _workflow(file: Path, source: Source, root: Mapping) -> Workflow:
    given = root.get("jobs")
    if not isinstance(given, Mapping):
        at = given.span if given else root.span
        raise wrong(source, at, "there are no `jobs`", KIND.hint, "a workflow is a mapping of jobs")
    data = without_values({key: plain(entry.node) for key, entry in root.entries.items()})
    jobs = {k: entry.node for k, entry in given.entries.items() if isinstance(entry.node, Mapping)}
    return Workflow(file=file, title=text_of(data.get("name")) or file.stem, root=data, jobs=jobs)


def _is_compiled(text: str) -> bool:
    try:
        header_of(text)
    except NotOurs:
        return False
    return True


def _pieces(workflow: Workflow, name: str) -> list[Piece]:
    body = workflow.jobs[name]
    said = without_values(plain(body))
    folder = _folder(said) or _folder(workflow.root)
    variables = {**_env(workflow.root), **_env(said)}
    return list(pieces(body, str(workflow.file), joined(".", folder), variables))


def _split(title: str, name: str, workflow: Workflow) -> Iterator[Half]:
    """A job as one for pull requests, one for the rest, or both."""
    body = without_values(plain(workflow.jobs[name]))
    events = events_of(workflow.root.get("on"))
    said = condition_of(body.get("if"))
    condition = Condition() if said.never else said
    endings = ALL_ENDINGS if "needs" in body else ALL_ENDINGS[:1]
    admitted = {e: given for e, given in events.items() if _may_start(condition, e, given, endings)}
    left_out = {event: given for event, given in events.items() if event not in admitted}
    checks = {event: given for event, given in admitted.items() if event in PULL_REQUESTS}
    if checks.keys() == {"merge_group"}:
        checks = {}
    others = {event: given for event, given in admitted.items() if event not in checks}
    ways = [(False, others)] if others or not checks else []
    ways += [(True, checks)] if checks else []
    for number, (is_pr, own) in enumerate(ways):
        yield Half(
            title=f"{title} pull request" if is_pr and len(ways) > 1 else title,
            workflow=workflow.title,
            file=str(workflow.file),
            line=workflow.jobs[name].span.line,
            id=name,
            root=workflow.root,
            body=body,
            events=own,
            left_out={} if number else left_out,
            condition=condition,
            off=said.never,
            pull_request=is_pr,
            pieces=tuple(_pieces(workflow, name)),
        )


def _may_start(condition: Condition, event: str, given: Any, endings: Sequence[str]) -> bool:
    after = ALL_ENDINGS[:1] if event in PULL_REQUESTS else endings
    starts = starts_of(event, given, condition.branches)
    return any(condition.admits(start, after) is not False for start in starts)


def _project(found: Sequence[Half]) -> str:
    """The folder of the dbt project of most steps."""
    return most_used(step for half in found for piece in half.kept for step in piece.steps)


def _of_project(half: Half, folder: str) -> Half:
    """The half without the steps of other projects."""
    hint = "import it into a jobs file of its own: --project {0} --out {0}/dbt_jobs.yml"
    kept = []
    for piece in half.pieces:
        if piece.command:
            steps = tuple(only_of(folder, step, hint) for step in piece.steps)
            piece = replace(piece, command=replace(piece.command, steps=steps))
        kept.append(piece)
    return replace(half, pieces=tuple(kept))


def _leave_out(draft: Draft, half: Half, halves: Halves) -> None:
    """Tell each field of a job that has no step left."""
    sibling = halves.sibling(half)
    why = f"no step of dbt is left for {'pull requests' if half.pull_request else 'it'}"
    why = NEVER if half.kept else why
    Telling(draft=draft, half=half, path="", sibling=sibling, pinned=False).tell(None)
    events = {**half.events, **half.left_out}
    on = Fields(events, draft.rows, half.title, "on.")
    for event in events:
        on.inner(event).rest(why)
    on.rest(why)
    if sibling:
        return
    body = Fields(half.body, draft.rows, half.title, f"jobs.{half.id}.")
    whole = Fields(half.root, draft.rows, half.title)
    body.pass_on("steps")
    whole.pass_on("jobs", *(["on"] if events else []))
    for fields in (whole, body):
        fields.inner("env")
        fields.rest(why, ALONE)


def _env(data: Any) -> dict[str, Any]:
    given = data.get("env") if isinstance(data, dict) else None
    return given if isinstance(given, dict) else {}


def _folder(data: Any) -> str:
    defaults = data.get("defaults") if isinstance(data, dict) else None
    run = defaults.get("run") if isinstance(defaults, dict) else None
    return text_of(run.get("working-directory")) if isinstance(run, dict) else ""
