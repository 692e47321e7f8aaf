"""``dbt-gitops report``: what a run couldn't say itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import click

from runner.cli.config_file import load_config
from runner.cli.connecting import connect
from runner.cli.occasion import delivery_of
from runner.delivery.delivery import Delivered, Delivery
from runner.delivery.place import place_of
from runner.errors import ConfigInvalid, ExitCode
from runner.events import WorkflowRun, event_of
from runner.git import repository_root
from runner.github.commands import annotation
from runner.github.fence import defused
from runner.model import Config
from runner.reports.report import Place, Report

DEAD = "the run ended without a word, cancelled or with its machine: see the log"


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="The jobs file.  [dbt_jobs.yml]")
@click.option("--unfinished", metavar="JOB", help="End the status that a dead run of JOB left.")
def report(config: Path | None, unfinished: str | None) -> ExitCode:
    """Report to GitHub what a run couldn't report itself.

    In a workflow on `workflow_run`: the runs of forks, which have a token that can only read. What
    they left is taken as a stranger's word. With --unfinished: the last status of a job whose run
    has died, in the workflow of that run.
    """
    environ = dict(os.environ)
    loaded = load_config(config)
    if unfinished:
        return _end(loaded, unfinished, environ)
    event = event_of(environ)
    if not isinstance(event, WorkflowRun):
        raise ConfigInvalid(
            "there is no run to report",
            why="it is the runs of forks that are reported, by a workflow on `workflow_run`",
            hint="`on: { workflow_run: { workflows: [dbt], types: [completed] } }`",
        )
    return _report_fork(loaded, event, environ)


def _end(config: Config, job: str, environ: Mapping[str, str]) -> ExitCode:
    event = event_of(environ)
    root = repository_root(config.root, environ) or config.root
    place = place_of(event, environ, config.project.resolve(), root)
    delivery = delivery_of(config, job, event, place, environ)
    return _checked(delivery.failed(DEAD)) if delivery else ExitCode.SUCCESS


def _report_fork(config: Config, event: WorkflowRun, environ: Mapping[str, str]) -> ExitCode:
    if event.event != "pull_request" or not event.fork or event.action != "completed":
        click.echo("nothing to report: only the runs of forks need another to speak for them")
        return ExitCode.SUCCESS
    from runner.delivery.forks import pull_request_of, told

    with closing(connect(config, environ)) as github:
        pull_request = pull_request_of(github, event)
        if pull_request is None:
            click.echo(f"nothing to report: {event.head_sha[:7]} is no open pull request's head")
            return ExitCode.SUCCESS
        jobs = [job.name for job in config.jobs.values() if job.triggers.pull_request]
        worst = ExitCode.SUCCESS
        for each in told(github, event, pull_request.number, jobs):
            if each.run is None:
                click.echo(defused(f"passed over {each.artifact}: {each.passed_over}"))
                continue
            place = _place(config, event, environ)
            delivery = Delivery(
                connect=lambda: connect(config, environ),
                place=place,
                job=each.run.job,
                number=pull_request.number,
            )
            ended = _checked(delivery.ended(Report(run=each.run, place=place)))
            click.echo(f"reported `{each.run.job}` on #{pull_request.number}: {each.run.reason}")
            worst = max(worst, ended)
        return worst


def _place(config: Config, event: WorkflowRun, environ: Mapping[str, str]) -> Place:
    """Of the fork's run, not of the one that reports it."""
    root = repository_root(config.root, environ) or config.root
    theirs = {**environ, "GITHUB_SHA": event.head_sha, "GITHUB_RUN_ID": str(event.run_id)}
    return place_of(None, theirs, config.project.resolve(), root)


def _checked(delivered: Delivered) -> ExitCode:
    for problem in delivered.problems:
        click.echo(annotation("warning", f"not reported: {problem}", title="dbt-gitops"))
    return ExitCode.SUCCESS if delivered.reported else ExitCode.GITHUB_FAILED
