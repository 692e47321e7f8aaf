"""``dbt-gitops plan``: what an event starts, and why."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import click

from runner.cli.config_file import load_configs
from runner.cli.jobs_files import jobs_files
from runner.cli.options import configs_option
from runner.cli.plans.plan_telling import (
    tell_invalid,
    tell_skipped,
    tell_started,
    write_history,
    write_plan,
)
from runner.cli.plans.planning import decided
from runner.errors import ConfigInvalid, ExitCode
from runner.events import Dispatch, Event, MergeGroup, PullRequest, read_event
from runner.git import repository_root
from runner.reports.matrices import as_matrix
from runner.reports.plan import Planned, as_json, as_text
from runner.triggers import EXPECTED, NotTriggered

RENDERERS = {"text": as_text, "json": as_json, "matrix": as_matrix}


@click.command()
@configs_option
@click.option("--event", metavar="NAME", help="GitHub's name of the event.  [GITHUB_EVENT_NAME]")
@click.option(
    "--event-path",
    type=click.Path(path_type=Path),
    help="The file with the event's payload.  [GITHUB_EVENT_PATH]",
)
@click.option(
    "--base",
    metavar="REF",
    help="Compare with the jobs file of this commit or branch.  [a pull request's base]",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(list(RENDERERS)),
    default="text",
    show_default=True,
    help="text for people, json for programs, matrix for a workflow.",
)
def plan(
    config: tuple[Path, ...],
    event: str | None,
    event_path: Path | None,
    base: str | None,
    output: str,
) -> ExitCode:
    """Say which jobs an event of GitHub starts and why, and which it doesn't and why not.

    On a pull request the base's jobs file decides, and what the pull request changes in it is shown.
    On a schedule it is every fire time since the last tick that the history knows of. In a workflow
    `legs`, `matrix`, `due`, `deploys` (true or false) and `jobs` are outputs of the step too, each run
    that is started stands in the history before it starts, and a pull request's check that has nothing
    to do gets a success that says why.

    Without an event: what starts each job, when it fires next, and what is due now.
    """
    # All that is built here lives until the end, and looking for garbage in it takes a tenth of the time.
    gc.disable()
    environ = dict(os.environ)
    now = datetime.now(timezone.utc)
    if not _anything(event, event_path, environ):
        return _overview(config or jobs_files(environ), output, now)
    happened = _event(event, event_path, environ)
    starts = event is None and environ.get("GITHUB_ACTIONS") == "true"
    paths = config or jobs_files(environ)
    with _told(paths, happened, environ, starts=starts):
        files = load_configs(paths)
    found = decided(files, happened, base, environ, now, starts=starts)
    planned = found.planned
    click.echo(RENDERERS[output](planned))
    folder = files[0].root
    change = isinstance(happened, (PullRequest, MergeGroup))
    with _told(paths, happened, environ, starts=starts):
        write_plan(planned, happened, repository_root(folder, environ) or folder.resolve(), environ)
    if starts and change:
        tell_skipped(planned, happened, environ)
    elif starts:
        tell_started(found, happened, folder, environ, now)
    _refuse(planned, happened)
    write_history(found, environ)
    return ExitCode.SUCCESS


@contextmanager
def _told(
    paths: Sequence[Path], event: Event, environ: Mapping[str, str], *, starts: bool
) -> Iterator[None]:
    """What stops the plan ends the statuses that a pull request waits for."""
    try:
        yield
    except ConfigInvalid as error:
        if starts:
            tell_invalid(paths, event, error, environ)
        raise


def _anything(name: str | None, path: Path | None, environ: Mapping[str, str]) -> bool:
    """Whether something has happened. On GitHub something always has."""
    said = (name, path, environ.get("GITHUB_EVENT_NAME"), environ.get("GITHUB_EVENT_PATH"))
    return any(said) or environ.get("GITHUB_ACTIONS") == "true"


def _overview(paths: tuple[Path, ...], output: str, now: datetime) -> ExitCode:
    from runner.cli.plans.overview import overview_of
    from runner.reports import overview

    renderers = {"text": overview.as_text, "json": overview.as_json}
    if output not in renderers:
        raise ConfigInvalid(
            "there is no matrix without an event",
            hint="dbt-gitops plan --format matrix --event push --event-path payload.json",
        )
    click.echo(renderers[output](overview_of(load_configs(paths), dict(os.environ), now)))
    return ExitCode.SUCCESS


def _refuse(planned: Planned, event: Event) -> None:
    """A dispatch that can't be is an error for whoever sent it."""
    if not isinstance(event, Dispatch) or not event.job:
        return
    verdict = planned.verdict(event.job)
    if isinstance(verdict, NotTriggered) and verdict.code not in EXPECTED:
        raise ConfigInvalid(f"`{event.job}` isn't run", why=verdict.reason)


def _event(name: str | None, path: Path | None, environ: Mapping[str, str]) -> Event:
    name = name or environ.get("GITHUB_EVENT_NAME")
    file = path or environ.get("GITHUB_EVENT_PATH")
    if not name or not file:
        raise ConfigInvalid(
            "no payload of the event is given" if name else "no event is given",
            why="on GitHub, GITHUB_EVENT_NAME and GITHUB_EVENT_PATH say what happened",
            hint="elsewhere: dbt-gitops plan --event pull_request --event-path payload.json",
        )
    return read_event(name, Path(file))
