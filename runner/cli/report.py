"""``dbt-gitops report``: what a run couldn't say itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import click

from runner.cli.config_file import load_config
from runner.cli.connecting import connect
from runner.cli.deliveries import checks, delivery_of, place_here
from runner.cli.ended_runs import report_ended
from runner.cli.telling import warn
from runner.delivery.delivery import Delivered, Delivery
from runner.errors import ExitCode
from runner.events import WorkflowRun, event_of
from runner.github.fence import defused
from runner.model import Config
from runner.reports.report import Place, Report
from runner.reports.text import clipped, one_line

LONGEST_LINE = 1000
DEAD = "the run ended without a word, cancelled or with its machine: see the log"


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="The jobs file.  [dbt_jobs.yml]")
@click.option("--unfinished", metavar="JOB", help="End the status that a dead run of JOB left.")
def report(config: Path | None, unfinished: str | None) -> ExitCode:
    """Report to GitHub, and to the history, what runs couldn't report themselves.

    As the last job of a workflow: how the runs have ended that the workflow has started. On
    `workflow_run`: the runs of forks, which have a token that can only read. What
    they left is taken as a stranger's word. With --unfinished: the last status of a job whose run
    has died, in the workflow of that run.
    """
    environ = dict(os.environ)
    if unfinished:
        return _end(unfinished, environ)
    loaded = load_config(config)
    event = event_of(environ)
    if isinstance(event, WorkflowRun):
        return _report_fork(loaded, event, environ)
    return report_ended([loaded], environ)


def _end(job: str, environ: Mapping[str, str]) -> ExitCode:
    """Without the jobs file, which may be what the run has died of."""
    event, here = event_of(environ), Path.cwd()
    delivery = delivery_of(job, event, place_here(event, environ, here), here, environ)
    return _checked(delivery.failed(DEAD)) if delivery else ExitCode.SUCCESS


def _report_fork(config: Config, event: WorkflowRun, environ: Mapping[str, str]) -> ExitCode:
    if event.event != "pull_request" or not event.fork or event.action != "completed":
        click.echo("nothing to report: only the runs of forks need another to speak for them")
        return ExitCode.SUCCESS
    from runner.delivery.forks import expected, pull_request_of, told

    with closing(connect(config.root, environ)) as github:
        pull_request = pull_request_of(github, event)
        if pull_request is None:
            click.echo(f"nothing to report: {event.head_sha[:7]} is no open pull request's head")
            return ExitCode.SUCCESS
        place = _place(config, event, environ)
        worst, heard = ExitCode.SUCCESS, []
        for each in told(github, event, pull_request.number, checks(config)):
            heard.append(each)
            if each.run is None:
                _say(f"passed over {each.artifact}: {each.passed_over}")
                continue
            delivery = _delivery(config, each.run.job, pull_request.number, place, environ)
            worst = max(worst, _checked(delivery.ended(Report(run=each.run, place=place))))
            _say(f"reported `{each.run.job}` on #{pull_request.number}: {each.run.reason}")
        for job, reason, failed in expected(config, event, pull_request, heard):
            delivery = _delivery(config, job, pull_request.number, place, environ)
            worst = max(worst, _checked((delivery.failed if failed else delivery.skipped)(reason)))
            _say(f"reported `{job}` on #{pull_request.number}: {reason}")
        return worst


def _delivery(
    config: Config, job: str, number: int, place: Place, environ: Mapping[str, str]
) -> Delivery:
    return Delivery(
        connect=lambda: connect(config.root, environ), place=place, job=job, number=number
    )


def _place(config: Config, event: WorkflowRun, environ: Mapping[str, str]) -> Place:
    """Of the fork's run, not of the one that reports it."""
    theirs = {**environ, "GITHUB_SHA": event.head_sha, "GITHUB_RUN_ID": str(event.run_id)}
    return place_here(None, theirs, config.root, config.project)


def _say(text: str) -> None:
    """A stranger's words among ours."""
    click.echo(defused(clipped(one_line(text), LONGEST_LINE)))


def _checked(delivered: Delivered) -> ExitCode:
    warn(delivered)
    return ExitCode.SUCCESS if delivered.reported else ExitCode.GITHUB_FAILED
