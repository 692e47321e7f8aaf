"""From the jobs files to the text of the workflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.blocks import blocks
from runner.model import Config
from runner.workflow import jobs
from runner.workflow.actions import Action
from runner.workflow.events import events
from runner.workflow.header import with_header
from runner.workflow.needs import cleaned_environments, plan_permissions
from runner.workflow.writing import Lines, indented

# From the root of the repository.
PATH = ".github/workflows/dbt-jobs.yml"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A jobs file; ``path`` is from the root of the repository, with slashes."""

    path: str
    config: Config


def compiled(sources: Sequence[Source], action: Action) -> str:
    """The same text each time, for the same files and action."""
    files = [source.config for source in sources]
    lines = [
        "name: dbt",
        *events(files),
        "permissions: {} # each job is granted what it needs, and says for what",
        "jobs:",
        *indented(_jobs(sources, action)),
    ]
    return with_header("".join(f"{line}\n" for line in lines), [source.path for source in sources])


def _jobs(sources: Sequence[Source], action: Action) -> Lines:
    files = [source.config for source in sources]
    paths = {source.config.path: source.path for source in sources}
    found = blocks(files)
    places = [(source.path, cleaned_environments(source.config)) for source in sources]
    parts = [
        jobs.plan(list(paths.values()), found, plan_permissions(files), action.uses),
        *(jobs.of_block(block, paths[block.config.path], action.uses) for block in found),
        jobs.clean([place for place in places if place[1]], action.uses),
        jobs.report(list(paths.values()), found, action.uses),
    ]
    spaced = [["", *part] for part in parts if part]
    return [line for part in spaced for line in part][1:]
