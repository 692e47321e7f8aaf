"""The files of Bolt to the draft of a jobs file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runner.config.nodes import Mapping, Node, plain
from runner.config.nodes import Sequence as Nodes
from runner.config.text import Source
from runner.errors import ConfigInvalid
from runner.importing.bolt.known import Bolt, Schedules
from runner.importing.bolt.schedule import Schedule
from runner.importing.bolt.words import decided
from runner.importing.commands import StepOf, steps_of
from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.importing.projects import most_used, only_of
from runner.importing.reading import Kind, files_of, read_yaml, text_of, wrong
from runner.importing.rows import told_apart

KIND = Kind(
    name="a file of Bolt",
    patterns=(
        "paradime_schedules.yml",
        "paradime_schedules.yaml",
        ".bolt/**/*.yml",
        ".bolt/**/*.yaml",
    ),
)
ELSEWHERE = "write it by hand into a jobs file of its own, {}/dbt_jobs.yml"


def read(paths: Sequence[Path]) -> Draft:
    """The jobs of files, of globs, or of the folder of a dbt project.

    Raises ConfigInvalid where a file can't be read, or where nothing in them is a job.
    """
    draft = Draft(top={"state": "github"})
    files = files_of(paths, KIND)
    found = [schedule for file in files for schedule in _schedules(draft, file)]
    found = _of_one_project(found)
    known = Schedules(found)
    titles = Counter(each.title for each in found)
    for each in found:
        before, own = len(draft.rows), known.job_of(each)
        Schedule(draft, each, known).convert()
        if own:
            decided(draft, own.name, each, draft.rows[before:])
        if titles[each.title] > 1:
            draft.rows[before:] = told_apart(draft.rows[before:], each.title, each.place)
    if not draft.jobs:
        names = ", ".join(str(file) for file in files)
        raise ConfigInvalid(
            f"no schedule in {names} has a step that dbt runs",
            why="a job is a list of dbt commands",
            hint="name other files, or write the jobs file by `dbt-gitops init`",
        )
    return draft


def _of_one_project(found: Sequence[Bolt]) -> list[Bolt]:
    """The schedules without the steps of other projects than that of most steps."""
    folder = most_used(step for bolt in found for _, step in bolt.steps)
    return [
        replace(
            bolt, steps=tuple((at, only_of(folder, step, ELSEWHERE)) for at, step in bolt.steps)
        )
        for bolt in found
    ]


def _schedules(draft: Draft, file: Path) -> list[Bolt]:
    source, root = read_yaml(file, KIND)
    fields = Fields({key: plain(entry.node) for key, entry in root.entries.items()}, draft.rows)
    fields.translated("version", "version", "the jobs file has a version of its own")
    if "schedules" not in root.entries:
        raise wrong(
            source, root.span, "there is no `schedules`", "Bolt's files have `schedules: [...]`"
        )
    given = root.entries["schedules"].node
    if not isinstance(given, Nodes):
        raise wrong(
            source, given.span, "`schedules` is no list", "Bolt's files have `schedules: [...]`"
        )
    fields.pass_on("schedules")
    fields.rest()
    return [_schedule(source, node) for node in given.items]


def _schedule(source: Source, node: Node) -> Bolt:
    if not isinstance(node, Mapping):
        raise wrong(source, node.span, "a schedule must be a mapping", "`- name: daily` starts one")
    data = {key: plain(entry.node) for key, entry in node.entries.items()}
    name = text_of(data.get("name"))
    if not name:
        raise wrong(source, node.span, "a schedule has no `name`", "Bolt needs one, too")
    return Bolt(data=data, name=name, place=f"{source.file}:{node.span.line}", steps=_steps(data))


def _steps(data: dict[str, object]) -> tuple[tuple[int, StepOf], ...]:
    """The steps of each command, by its place in the list."""
    commands = data.get("commands")
    found: list[tuple[int, StepOf]] = []
    for index, command in enumerate(commands if isinstance(commands, list) else []):
        text = command.get("command") if isinstance(command, dict) else command
        found += [(index, step) for step in steps_of(text_of(text))]
    return tuple(found)
