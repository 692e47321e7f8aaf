"""What every import ends with: the jobs file, its drift, and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from shlex import quote
from typing import Any

import click
from click.core import ParameterSource

from runner.cli.saying import say
from runner.config import default_file
from runner.errors import ConfigInvalid, ExitCode
from runner.github.fence import defused
from runner.importing.draft import Draft
from runner.importing.drift import besides, drift
from runner.importing.kept_apart import kept_apart
from runner.importing.proposing.files import projects_below
from runner.importing.writing import config_of, drafted, taken_away, text_there, valid, write
from runner.reports.losses import as_json, as_markdown, as_text
from runner.reports.next_steps import Step, next_steps
from runner.reports.plan import difference_lines

RENDERERS = {"text": as_text, "json": as_json, "markdown": as_markdown}
SIGNS = {"added": "+", "removed": "-", "unchanged": "~", "warning": "!"}


def import_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every source."""
    options = (
        click.option(
            "--out", type=click.Path(path_type=Path), help="The jobs file.  [dbt_jobs.yml]"
        ),
        click.option(
            "--check", is_flag=True, help="Write nothing; fail where the source says otherwise."
        ),
        click.option(
            "--report",
            type=click.Choice(list(RENDERERS)),
            default="text",
            show_default=True,
            help="How to tell what became of each field.",
        ),
        click.option("--dry-run", is_flag=True, help="Print the jobs file and write nothing."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def end(draft: Draft, out: Path | None, check: bool, report: str, dry_run: bool) -> ExitCode:
    """Merge, check and write; the report goes to standard output, of a dry run to standard error."""
    if check and dry_run:
        raise click.UsageError("--check writes nothing, so there is nothing for a --dry-run")
    source = click.get_current_context().get_parameter_source("report")
    if check and source is not ParameterSource.DEFAULT:
        raise click.UsageError("--check prints what differs, so there is no --report")
    path = out or default_file()
    there = text_there(path)
    if there is not None:
        kept_apart(draft, config_of(path, there))
    if check:
        return _check(draft, path, there)
    if there is None:
        _find_project(draft, path.parent)
    text = drafted(draft, there)
    _check_result(path, text)
    if dry_run:
        click.echo(defused(text), nl=False)
        say(RENDERERS[report](draft.rows))
        return ExitCode.SUCCESS
    click.echo(RENDERERS[report](draft.rows))
    if there is not None:
        _say_what_differs(draft, path, there)
    if text == there:
        say(f"{path} is up to date: nothing has changed")
        return ExitCode.SUCCESS
    write(path, text)
    say(f"{path} has the imported jobs\n{next_steps(_next(path))}")
    return ExitCode.SUCCESS


def _check_result(path: Path, text: str) -> None:
    """What is about to be written; its lines are in no file, so none is named."""
    try:
        valid(path, text)
    except ConfigInvalid as error:
        said = error.what.removeprefix(f"{path}:").partition(": ")[2]
        raise ConfigInvalid(
            f"nothing is written: {path} would not be valid with what the source says: {said}",
            why=error.why,
            hint=error.hint,
        ) from error


def _find_project(draft: Draft, folder: Path) -> None:
    """Where the source doesn't say it: the only one below the jobs file, unless that lies in one."""
    found = projects_below(folder)
    if "project" not in draft.top and len(found) == 1 and found != [folder]:
        draft.top["project"] = found[0].relative_to(folder).as_posix()
        say(f"note: the dbt project is in {draft.top['project']}")


def _next(path: Path) -> Iterator[Step]:
    named = "" if path == default_file() else f" {quote(str(path))}"
    yield "see what a reviewer would say of it:", [f"dbt-gitops validate{named}"]
    yield "compile the workflow; it says which secrets to create:", [f"dbt-gitops sync{named}"]
    yield (
        "commit both; while the source still runs, this import with --check tells where they differ",
        [],
    )


def _check(draft: Draft, path: Path, there: str | None) -> ExitCode:
    if there is None:
        raise ConfigInvalid(f"there is no {path}", hint="import without --check writes it")
    found = drift(draft, path, there, datetime.now(timezone.utc))
    if found.difference.changes:
        say(f"{path} (-) and the source (+) differ:")
    for line in difference_lines(found.difference):
        click.echo(defused(f"{SIGNS[line.kind]} {line.text}"))
    _say_besides(path, found.besides)
    if not found.difference.changes:
        click.echo(f"{path} says what the source says")
        return ExitCode.SUCCESS
    return ExitCode.STEP_FAILED


def _say_what_differs(draft: Draft, path: Path, there: str) -> None:
    """What a merge leaves alone that may be forgotten there, and what it takes away."""
    _say_besides(path, besides(draft, config_of(path, there)))
    if gone := taken_away(draft, there):
        say(f"note: taken out of {path}, for the source has none: {', '.join(gone)}")


def _say_besides(path: Path, jobs: Sequence[str]) -> None:
    if jobs:
        say(f"note: only in {path}, where they go on as before: {', '.join(jobs)}")
