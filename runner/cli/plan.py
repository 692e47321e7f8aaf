"""``dbt-gitops plan``: what an event starts, and why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from runner.cli.config_file import load_config
from runner.cli.deciding import plan_report
from runner.cli.occasion import delivery_of
from runner.delivery.delivery import Delivery
from runner.delivery.place import place_of
from runner.errors import ConfigInvalid, ExitCode
from runner.events import Event, MergeGroup, PullRequest, read_event
from runner.git import repository_root
from runner.github.commands import annotation
from runner.github.outputs import write_outputs
from runner.model import Config
from runner.reports.plan import PlanReport, as_jobs, as_json, as_matrix, as_text

# What a pull request's event is called when it brings a commit that hasn't been checked.
NEW_COMMIT = frozenset({"opened", "synchronize", "reopened", "ready_for_review"})
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
    loaded = load_config(config)
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
    if event is None and environ.get("GITHUB_ACTIONS") == "true":
        return _tell_skipped(loaded, happened, report, environ)
    return ExitCode.SUCCESS


def _tell_skipped(
    config: Config, event: Event, report: PlanReport, environ: Mapping[str, str]
) -> ExitCode:
    """A status for each job that a pull request would start, and doesn't: its checks wait for it.

    Only where the event brings a commit to check: the result of an earlier run on the same commit
    mustn't give way to a success that checked nothing.
    """
    if isinstance(event, PullRequest) and event.action not in NEW_COMMIT:
        return ExitCode.SUCCESS
    if not isinstance(event, (PullRequest, MergeGroup)):
        return ExitCode.SUCCESS
    root = repository_root(config.root, environ) or config.root
    place = place_of(event, environ, config.project.resolve(), root)
    told = [
        _tell(delivery_of(config, each.job, event, place, environ), each.reason)
        for each in report.plan.not_triggered
        if _checks(each.job, (report.config, config))
    ]
    return ExitCode.SUCCESS if all(told) else ExitCode.GITHUB_FAILED


def _tell(delivery: Delivery | None, reason: str) -> bool:
    """Whether the status is set, or none could be."""
    if delivery is None:
        return True
    delivered = delivery.skipped(reason)
    for problem in delivered.problems:
        click.echo(annotation("warning", f"not reported: {problem}", title="dbt-gitops"))
    return delivered.reported


def _checks(job: str, configs: tuple[Config | None, ...]) -> bool:
    """Whether the job is one of a pull request's checks, by either jobs file."""
    found = (config.jobs.get(job) for config in configs if config)
    return any(each.triggers.pull_request for each in found if each)


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
