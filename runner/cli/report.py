"""``dbt-gitops report``: what a run couldn't say itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click

from runner.cli.config_file import load_config, load_configs
from runner.cli.connecting import connect
from runner.cli.launch.chaining import chaining_of
from runner.cli.launch.deliveries import checks, delivery_of, place_here
from runner.cli.launch.telling import not_started, warn
from runner.cli.options import configs_option
from runner.cli.past.ended_runs import report_ended
from runner.config import default_file
from runner.delivery.delivery import Delivered, Delivery
from runner.errors import ExitCode, RecordFailed
from runner.events import WorkflowRun, event_of
from runner.execution.recording import DIED
from runner.github.fence import defused
from runner.model import Config
from runner.record import Run
from runner.record_json import RECORD, run_from_json, run_to_json
from runner.reports.report import Place, Report
from runner.reports.text import clipped, one_line

LONGEST_LINE = 1000
LOST = "the run ended without a word, cancelled or with its machine: see the log"


@click.command()
@configs_option
@click.option("--unfinished", metavar="JOB", help="End what a dead run of JOB left.")
@click.option(
    "--left",
    metavar="FOLDER",
    default="",
    help="With --unfinished: the run folder that it left; the jobs after it are started.",
)
@click.option(
    "--cancelled",
    is_flag=True,
    help="With --unfinished: the run was cancelled, so it died of that.",
)
def report(
    config: tuple[Path, ...], unfinished: str | None, left: str, cancelled: bool
) -> ExitCode:
    """Report to GitHub, and to the history, what runs couldn't report themselves.

    As the last job of a workflow: how the runs have ended that the workflow has started. On
    `workflow_run`: the runs of forks, which have a token that can only read; what
    they left is taken as a stranger's word. With --unfinished: the last status of a job whose run
    has died, in the workflow of that run, and the jobs that start after it.
    """
    environ = dict(os.environ)
    paths = config or (default_file(),)
    if unfinished:
        ended = _end(unfinished, environ)
        return max(ended, _start_rest(paths[0], Path(left), cancelled, environ)) if left else ended
    files = load_configs(paths)
    event = event_of(environ)
    if isinstance(event, WorkflowRun):
        return max(_report_fork(each, event, environ) for each in files)
    return report_ended(files, event, environ)


def _end(job: str, environ: Mapping[str, str]) -> ExitCode:
    """Without the jobs file, which may be what the run has died of."""
    event, here = event_of(environ), Path.cwd()
    delivery = delivery_of(job, event, place_here(event, environ, here), here, environ)
    return _checked(delivery.failed(LOST)) if delivery else ExitCode.SUCCESS


def _start_rest(path: Path, folder: Path, cancelled: bool, environ: Mapping[str, str]) -> ExitCode:
    """What the run would have started, and its record made whole.

    Where it left no folder, the workflow's job `report` does it: it can't know that this has.
    """
    event = event_of(environ)
    chaining = chaining_of(load_config(path), event, environ)
    if chaining is None:
        return ExitCode.SUCCESS
    run = _record(folder)
    if run.reason == DIED and cancelled:
        code = int(ExitCode.INTERRUPTED)
        run = replace(run, status="cancelled", reason=f"{DIED}: cancelled", exit_code=code)
    said = chaining.after(run, folder)
    run = replace(run, notes=(*run.notes, *said))
    (folder / RECORD).write_text(run_to_json(run), encoding="utf-8")
    for note in said:
        _say(note)
    return ExitCode(not_started(chaining.problems))


def _record(folder: Path) -> Run:
    try:
        return run_from_json((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordFailed(
            f"the record of the run in {folder} can't be read",
            why=str(error),
            hint="no job is started after it: start those that wait for it by hand",
        ) from error


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
