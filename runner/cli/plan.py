"""``dbt-gitops plan``: what an event starts, and why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from runner.cli.base_file import load_base
from runner.cli.config_file import load_config
from runner.cli.deciding import plan_report
from runner.cli.deliveries import checks, delivery_of, place_here, says_so
from runner.cli.telling import warn
from runner.config import default_file
from runner.errors import ConfigInvalid, ExitCode
from runner.events import Dispatch, Event, MergeGroup, PullRequest, read_event
from runner.git import repository_root
from runner.github.outputs import write_outputs
from runner.model import Config
from runner.reports.plan import PlanReport, as_jobs, as_json, as_matrix, as_text

RENDERERS = {"text": as_text, "json": as_json, "matrix": as_matrix}


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="The jobs file.  [dbt_jobs.yml]")
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
    config: Path | None, event: str | None, event_path: Path | None, base: str | None, output: str
) -> ExitCode:
    """Say which jobs an event of GitHub starts and why, and which it doesn't and why not.

    On a pull request the base's jobs file decides, and what the pull request changes in it is shown.
    In a workflow, `matrix`, `due` (true or false) and `jobs` are outputs of the step too, and a pull
    request's check that has nothing to do gets a success that says why.
    """
    environ = dict(os.environ)
    happened = _event(event, event_path, environ)
    telling = event is None and environ.get("GITHUB_ACTIONS") == "true"
    try:
        loaded = load_config(config)
    except ConfigInvalid as error:
        if telling:
            _tell_invalid(config or default_file(), happened, error, environ)
        raise
    report = plan_report(loaded, happened, base, environ)
    text = RENDERERS[output](report)
    click.echo(text)
    if environ.get("GITHUB_OUTPUT"):
        values = {
            "matrix": as_matrix(report),
            "due": "true" if report.plan.triggered else "false",
            "jobs": as_jobs(report),
        }
        write_outputs(Path(environ["GITHUB_OUTPUT"]), values)
    if telling:
        _tell_skipped(loaded, happened, report, environ)
    if isinstance(happened, Dispatch) and happened.job and not report.plan.triggered:
        raise ConfigInvalid(f"`{happened.job}` isn't run", why=report.verdict(happened.job).reason)
    return ExitCode.SUCCESS


def _tell_skipped(
    config: Config, event: Event, report: PlanReport, environ: Mapping[str, str]
) -> None:
    """A status for each job that a pull request would start, and doesn't: its checks wait for it.

    What GitHub refuses is said, and holds up no job that is due.
    """
    place = place_here(event, environ, config.root, config.project)
    names = {*checks(config), *checks(report.config)}
    for each in report.plan.not_triggered:
        if each.job in names and says_so(each, event):
            delivery = delivery_of(each.job, event, place, config.root, environ)
            if delivery:
                warn(delivery.skipped(each.reason))


def _tell_invalid(
    path: Path, event: Event, error: ConfigInvalid, environ: Mapping[str, str]
) -> None:
    """The jobs file can't be read, so no job runs: the base's checks wait for a status all the same."""
    root = repository_root(path.parent, environ)
    if root is None or not isinstance(event, (PullRequest, MergeGroup)):
        return
    base = load_base(path.parent.resolve() / path.name, root, event.base_sha, environ).config
    place = place_here(event, environ, root)
    for job in checks(base):
        delivery = delivery_of(job, event, place, root, environ)
        if delivery:
            warn(delivery.failed(error.what))


def _event(name: str | None, path: Path | None, environ: Mapping[str, str]) -> Event:
    name = name or environ.get("GITHUB_EVENT_NAME")
    file = path or environ.get("GITHUB_EVENT_PATH")
    if not name or not file:
        raise ConfigInvalid(
            "no event is given",
            why="on GitHub, GITHUB_EVENT_NAME and GITHUB_EVENT_PATH say what happened",
            hint="elsewhere: dbt-gitops plan --event pull_request --event-path payload.json",
        )
    return read_event(name, Path(file))
