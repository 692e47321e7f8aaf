"""The compiled workflow of the repository that a jobs file is in: as it is, and as it should be."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from runner.cli.config_file import config_of, each_name_once
from runner.cli.stores import in_checkout
from runner.config import Loaded, load
from runner.errors import ConfigInvalid
from runner.git import repository_root
from runner.model import Problem
from runner.workflow import (
    PATH,
    NotOurs,
    Source,
    action_of,
    compiled,
    header_of,
    is_edited,
    pinned_in,
)


@dataclass(frozen=True, kw_only=True)
class Compilation:
    """``text`` is the workflow as the files say it; ``there`` what is there, None without a file."""

    sources: tuple[Source, ...]
    text: str
    there: str | None


def root_of(folder: Path, environ: Mapping[str, str]) -> Path:
    root = repository_root(folder, environ)
    if root is None:
        raise ConfigInvalid(
            f"{folder.resolve()} is not in a git checkout",
            why=f"the workflow is {PATH} of a repository",
            hint="git init, or call it from within the repository",
        )
    return root


def workflow_at(root: Path) -> str | None:
    """The workflow, however it ends its lines; None where there is none."""
    try:
        return (root / PATH).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigInvalid(f"{root / PATH} can't be read", why=str(error)) from error


def compilation(files: Sequence[Loaded], root: Path, commit: str = "") -> Compilation:
    """Of jobs files that are valid. ``commit`` pins the action, "" leaves it as it is there.

    Raises ConfigInvalid where the files don't go together.
    """
    _refuse_differences(files)
    sources = tuple(_source(loaded, root) for loaded in files)
    there = workflow_at(root)
    action = action_of([source.config for source in sources])
    commit = commit or (pinned_in(there, action) if there else "")
    text = compiled(sources, replace(action, commit=commit))
    return Compilation(sources=sources, text=text, there=there)


def in_workflow(loaded: Loaded, environ: Mapping[str, str]) -> Iterator[Problem]:
    """Warnings of a file that a compiled workflow names: of that workflow, and of the file there."""
    path = loaded.file.absolute()
    if loaded.config is None or not any((above / PATH).is_file() for above in path.parents):
        return
    root = repository_root(path.parent, environ)
    if root is None or _from_root(loaded.file, root) not in files_of(workflow_at(root)):
        return
    yield from lost_state(loaded)
    if _is_stale(loaded, root):
        edited = is_edited(workflow_at(root) or "")
        overwrites = "say the change in the jobs file; dbt-gitops sync --force overwrites it"
        yield loaded.problem(
            "edited-workflow" if edited else "stale-workflow",
            f"{PATH} {'was changed by hand' if edited else 'is not what this file compiles to'}",
            why="GitHub runs what the workflow says",
            hint=overwrites if edited else "dbt-gitops sync",
            at=None,
        )


def lost_state(loaded: Loaded) -> Iterator[Problem]:
    """A warning where runs on GitHub need what goes with the machine of each."""
    config = config_of(loaded)
    if not in_checkout(config):
        return
    jobs = [job for job in config.jobs.values() if job.enabled]
    scheduled = next((job.name for job in jobs if job.triggers.schedule), "")
    deferring = next((job.name for job in jobs if job.defer), "")
    lacks = [
        f"`{scheduled}` makes up for no time that was missed" if scheduled else "",
        f"`{deferring}` finds no state to defer to" if deferring else "",
    ]
    if any(lacks):
        yield loaded.problem(
            "lost-state",
            f"state is kept in the folder {config.state} of the checkout",
            why="each run on GitHub has a checkout of its own, which goes with its machine:"
            f" {' and '.join(filter(None, lacks))}",
            hint="write `state: github`",
            at=loaded.where("state"),
        )


def files_of(there: str | None) -> tuple[str, ...]:
    """The jobs files that a workflow was compiled from; none where it isn't ours."""
    try:
        return header_of(there).files if there else ()
    except NotOurs:
        return ()


def _is_stale(loaded: Loaded, root: Path) -> bool:
    """False where another of its files isn't valid: what it should be isn't known then."""
    there = workflow_at(root)
    own, named = _from_root(loaded.file, root), files_of(there)
    files = [loaded if name == own else load(root / name) for name in named]
    if any(each.config is None for each in files):
        return False
    try:
        return compilation(files, root).text != there
    except ConfigInvalid:
        return True


def _source(loaded: Loaded, root: Path) -> Source:
    name = _from_root(loaded.file, root)
    if name is None:
        raise ConfigInvalid(f"{loaded.file} is not in the repository {root}")
    if not name.isprintable() or name != name.strip():
        raise ConfigInvalid(f"a workflow can't name the file {name!r}")
    return Source(path=name, config=config_of(loaded))


def _from_root(file: Path, root: Path) -> str | None:
    """The path as the workflow has it; the file's folder may be reached by a link."""
    folder = Path(os.path.relpath(file.parent.resolve(), root))
    return None if os.pardir in folder.parts else (folder / file.name).as_posix()


def _refuse_differences(files: Sequence[Loaded]) -> None:
    each_name_once(files)
    for first, second in pairwise(files):
        if config_of(first).action != config_of(second).action:
            raise ConfigInvalid(
                f"{second.place('action')}: another action than that of {first.place('action')}",
                why=f"one workflow calls one action: {_named(second)}, {_named(first)}",
                hint="write the same `action` into both, or into neither",
            )


def _named(loaded: Loaded) -> str:
    action = config_of(loaded).action
    return f"`{action}`" if action else "none, which is this release's"
