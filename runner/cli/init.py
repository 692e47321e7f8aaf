"""``dbt-gitops init``: a first jobs file, made of what the dbt project says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

import click

from runner.cli.compiling import compilation, files_of, root_of, workflow_at
from runner.cli.config_file import load_whole
from runner.cli.initial.asking import (
    adapter_of,
    ask_adapter,
    at_a_terminal,
    choices,
    project_folder,
)
from runner.cli.initial.telling import chosen_text, found_text, next_text
from runner.cli.sync import warn_of_rivals, write_workflow
from runner.config import load
from runner.config.load import DEFAULT_FILES
from runner.errors import ConfigInvalid, ExitCode
from runner.github.fence import defused
from runner.importing.proposing.look import Found, NoAdapter, look
from runner.importing.proposing.propose import proposed
from runner.importing.writing import drafted, valid, write
from runner.workflow import PATH, action_of


@click.command()
@click.option(
    "--project-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of dbt_project.yml.  [this one, or the only one below it]",
)
@click.option(
    "--adapter",
    default="",
    callback=lambda _context, _option, value: adapter_of(value) if value else "",
    help="Where nothing names it: snowflake, bigquery, …",
)
@click.option("--yes", is_flag=True, help="Ask nothing, and take what would have been offered.")
def init(project_dir: Path | None, adapter: str, yes: bool) -> ExitCode:
    """Write a first dbt_jobs.yml beside dbt_project.yml, and the workflow that it compiles to.

    It reads the project, its profile, the dbt that is pinned or installed, and what runs dbt today;
    nothing is run. In a terminal it asks which target is production, when it is built, and which jobs
    are wanted. What is there is never overwritten: where there is a jobs file it changes nothing.
    """
    environ = dict(os.environ)
    ask = at_a_terminal() and not yes
    folder = project_folder(project_dir, ask)
    root = root_of(folder, environ)
    there = _there(folder, root)
    if there is not None:
        _say_there(there, root)
        return ExitCode.SUCCESS
    found = _found(folder, root, environ, adapter, ask)
    click.echo(defused(found_text(found)))
    chosen = choices(found, environ, ask)
    draft = proposed(found, chosen)
    path = Path(os.path.relpath(folder / DEFAULT_FILES[0]))
    text = drafted(draft, None)
    valid(path, text)
    write(path, text)
    click.echo(defused(chosen_text(found, chosen, asked=ask)))
    click.echo(defused(f"wrote {path}: each line's reason stands beside it"))
    _sync(path, root)
    click.echo(defused(next_text(found, draft, path)))
    return ExitCode.SUCCESS


def _there(folder: Path, root: Path) -> Path | None:
    """The jobs file that the project has: beside it, in this folder, or one of the workflow's."""
    beside = [folder / name for name in DEFAULT_FILES]
    others = [Path.cwd() / name for name in DEFAULT_FILES]
    others += [root / name for name in (*map(str, DEFAULT_FILES), *files_of(workflow_at(root)))]
    for path in (*beside, *dict.fromkeys(others)):
        if (path.exists() or path.is_symlink()) and (path in beside or _is_of(path, folder)):
            return path
    return None


def _is_of(path: Path, folder: Path) -> bool:
    """Whether a jobs file that lies elsewhere is of this project. Raises ConfigInvalid."""
    config = load(path).config
    if config is None:
        name = os.path.relpath(path)
        raise ConfigInvalid(
            f"{name} is not valid, so whether it is of this project isn't known",
            why="a project has one jobs file, and all of them are compiled into one workflow",
            hint=f"dbt-gitops validate {name} says what is wrong",
        )
    return config.project.resolve() == folder


def _say_there(path: Path, root: Path) -> None:
    name = os.path.relpath(path)
    lines = [
        f"{name} is there already: nothing has changed",
        f"  dbt-gitops validate {name}    checks it",
        "  dbt-gitops import --help    lists whose jobs can be added to it",
    ]
    if os.path.relpath(path.resolve(), root) not in files_of(workflow_at(root)):
        compiled = " ".join(quote(os.path.relpath(file)) for file in _files(path, root))
        lines.append(f"  dbt-gitops sync {compiled}    compiles it to {PATH}, which is missing")
    click.echo(defused("\n".join(lines)))


def _found(folder: Path, root: Path, environ: Mapping[str, str], adapter: str, ask: bool) -> Found:
    siblings = len(_files(folder / DEFAULT_FILES[0], root)) > 1
    try:
        return look(folder, root, environ, adapter, siblings)
    except NoAdapter as error:
        if not ask:
            raise
        return look(folder, root, environ, ask_adapter(error), siblings)


def _files(path: Path, root: Path) -> list[Path]:
    """The other files that the workflow is compiled from already, and this one."""
    named = [root / name for name in files_of(workflow_at(root))]
    return [*(each for each in named if each != path.resolve()), path]


def _sync(path: Path, root: Path) -> None:
    """As the verb does it. Raises ConfigInvalid, which says that the jobs file is there."""
    try:
        files = [load_whole(Path(os.path.relpath(file))) for file in _files(path, root)]
        result = compilation(files, root)
        write_workflow(result, root)
    except ConfigInvalid as error:
        raise ConfigInvalid(
            f"{PATH} isn't written, and {path} is",
            why="\n".join(filter(None, (error.what, error.why))),
            hint=f"{error.hint or 'mend that'}; then dbt-gitops sync"
            f" {' '.join(quote(os.path.relpath(file)) for file in _files(path, root))}",
        ) from error
    click.echo(f"wrote {os.path.relpath(root / PATH)}: what GitHub runs, compiled from it")
    warn_of_rivals(root, action_of([each.config for each in files if each.config]))
