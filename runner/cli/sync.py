"""``dbt-gitops sync``: the jobs files as a workflow of GitHub's."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import click

from runner.cli.compiling import Compilation, compilation, lost_state, root_of, workflow_at
from runner.cli.config_file import as_set, load_whole
from runner.cli.connecting import connect
from runner.config import Loaded, default_file
from runner.errors import ConfigInvalid, ExitCode, GitHubFailed
from runner.github.fence import defused
from runner.model import Problem
from runner.reports.compiled import as_text
from runner.reports.problems import problem_text
from runner.workflow import PATH, Action, NotOurs, action_of, header_of, is_edited

# Of a difference: more is a page that nobody reads.
MOST_LINES = 60
# How GitHub answers to a ref that a repository has not.
NO_COMMIT = 422


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; fail where the workflow is stale.")
@click.option("--force", is_flag=True, help="Overwrite what was changed by hand.")
@click.option("--pin", is_flag=True, help="Pin the action to the commit of its ref; asks GitHub.")
def sync(files: tuple[Path, ...], check: bool, force: bool, pin: bool) -> ExitCode:
    """Compile the jobs files into .github/workflows/dbt-jobs.yml.

    FILES are jobs files; without any those that the workflow was compiled from, else dbt_jobs.yml in
    this folder. Their schedules, events and environments decide what is in it. A workflow that was
    changed by hand, or that somebody else wrote, is left alone.
    """
    environ = dict(os.environ)
    if check and pin:
        raise click.UsageError("--check writes nothing, so there is nothing to --pin")
    root = root_of(Path(), environ)
    loaded = [load_whole(file) for file in files or _files(root)]
    _warn(problem for each in loaded for problem in as_set(each, lost_state(each)))
    action = action_of([each.config for each in loaded if each.config])
    commit = _commit(action, root, environ) if pin else ""
    result = compilation(_once(loaded), root, commit)
    if check and result.text != result.there:
        _say_difference(result)
        _refuse_foreign(result.there or "")
        raise ConfigInvalid(f"{PATH} is stale", hint="dbt-gitops sync")
    if not write_workflow(result, root, force=force):
        click.echo(f"{PATH} is up to date: nothing has changed")
        return ExitCode.SUCCESS
    click.echo(defused(as_text(result.sources, action, result.there, result.text)))
    warn_of_rivals(root, action)
    return ExitCode.SUCCESS


def write_workflow(result: Compilation, root: Path, *, force: bool = False) -> bool:
    """Whether there was anything to write. Raises ConfigInvalid where somebody else wrote what is there."""
    if result.text == result.there:
        return False
    if result.there is not None and not force:
        _refuse_foreign(result.there)
    _write(root / PATH, result.text)
    return True


def warn_of_rivals(root: Path, action: Action) -> None:
    for name in _rivals(root, action):
        click.echo(
            defused(f"note: {name} plans too, and starts the same jobs once more: remove it"),
            err=True,
        )


def _files(root: Path) -> tuple[Path, ...]:
    """Those of the workflow's header, else the one of this folder."""
    there = workflow_at(root)
    with suppress(NotOurs):
        names = header_of(there).files if there else ()
        gone = [name for name in names if not (root / name).is_file()]
        if gone:
            raise ConfigInvalid(
                f"{PATH} was compiled from {gone[0]}, which isn't there",
                hint="name the jobs files: dbt-gitops sync FILES",
            )
        if names:
            return tuple(Path(os.path.relpath(root / name)) for name in names)
    return (default_file(),)


def _warn(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(defused(problem_text(problem)), err=True)


def _rivals(root: Path, action: Action) -> Iterator[str]:
    """Other workflows that call the action to plan, such as one that was written by hand before."""
    for path in sorted(filter(Path.is_file, (root / PATH).parent.glob("*.y*ml"))):
        text = path.read_text(encoding="utf-8", errors="replace")
        calls = f"uses: {action.name}" in text and "command: plan" in text
        if calls and path.name != Path(PATH).name:
            yield path.relative_to(root).as_posix()


def _once(files: list[Loaded]) -> list[Loaded]:
    """Without those that are named twice."""
    return list({each.file.resolve(): each for each in files}.values())


def _commit(action: Action, root: Path, environ: Mapping[str, str]) -> str:
    if not action.pinnable:
        return ""
    github = connect(root, environ)
    try:
        return github.commit_of(action.name, action.ref)
    except GitHubFailed as error:
        if error.status != NO_COMMIT:
            raise
        raise GitHubFailed(
            f"there is no {action.ref} in {action.name}",
            why="GitHub knows no branch, tag or commit of this name there",
            hint="check `action:` in the jobs file",
            status=error.status,
        ) from error
    finally:
        github.close()


def _refuse_foreign(there: str) -> None:
    """Raises ConfigInvalid where it isn't as it was compiled."""
    hint = "dbt-gitops sync --force overwrites it"
    try:
        edited = is_edited(there)
    except NotOurs:
        raise ConfigInvalid(
            f"{PATH} is not a workflow that dbt-gitops compiled",
            why="it has no header that says from which files",
            hint=f"move it away; {hint}",
        ) from None
    if edited:
        raise ConfigInvalid(
            f"{PATH} was changed by hand",
            why="its checksum isn't that of what was compiled, and the change would be lost",
            hint=f"say it in the jobs file where that can say it; {hint}",
        )


def _say_difference(result: Compilation) -> None:
    """Raises ConfigInvalid where there is no file."""
    if result.there is None:
        raise ConfigInvalid(f"there is no {PATH}", hint="dbt-gitops sync")
    names = PATH, "as the jobs files say it"
    before, after = result.there.splitlines(), result.text.splitlines()
    lines = list(difflib.unified_diff(before, after, *names, n=2, lineterm=""))
    shown = lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        shown.append(f"… and {len(lines) - MOST_LINES} lines more")
    click.echo(defused("\n".join(shown)))


def _write(path: Path, text: str) -> None:
    """The whole file or nothing."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigInvalid(f"{path} can't be written", why=str(error)) from error
