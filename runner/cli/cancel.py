"""``dbt-gitops cancel RUN``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.blocks import runs_job, runs_none
from runner.cli.config_file import load_config
from runner.cli.connecting import connect
from runner.cli.options import config_option
from runner.cli.past.following import COMPLETED
from runner.cli.past.histories import history_of
from runner.cli.past.run_ids import Known, known_runs
from runner.cli.past.under_way import UnderWay, under_way
from runner.cli.saying import say
from runner.cli.stores import workflow
from runner.errors import ConfigInvalid, ExitCode, GitHubFailed, StateUnresolved
from runner.history import Entry, History
from runner.history_readings import unfinished
from runner.model import Config
from runner.unknown import did_you_mean

if TYPE_CHECKING:
    from runner.github.answers import WorkflowRun
    from runner.github.client import GitHub

NOT_THERE = 404


@click.command()
@click.argument("name", metavar="RUN")
@config_option
@click.option("--yes", is_flag=True, help="Also where other jobs share the workflow's run.")
@click.option(
    "--force",
    is_flag=True,
    help="End what doesn't listen: nothing is recorded and reported any more.",
)
def cancel(name: str, config: Path | None, yes: bool, force: bool) -> int:
    """Cancel a run on GitHub, or all that a job has under way.

    RUN is a run's id or a part of it, a job's name, or GitHub's number of a workflow run. GitHub
    interrupts dbt and the run records that it was cancelled. A workflow's run that hasn't planned yet
    doesn't say which job it runs: it is named, and left alone. The token needs `actions: write`.
    """
    environ = dict(os.environ)
    loaded = load_config(config)
    if name in loaded.jobs:
        _cancel_job(loaded, name, environ, yes, force)
    else:
        _cancel_run(loaded, name, environ, yes, force)
    return ExitCode.SUCCESS


def _cancel_job(
    config: Config, job: str, environ: Mapping[str, str], yes: bool, force: bool
) -> None:
    """Raises ConfigInvalid where it isn't known whether anything of the job is under way."""
    history = history_of(config, environ, say) or History()
    planned = {each.workflow_run for each in unfinished(history, job) if each.workflow_run}
    with closing(connect(config.root, environ)) as github:
        found = under_way(github, workflow(environ), job, planned)
        for run in found.runs:
            _cancel(github, run, job, yes, force)
    others = "\n".join(_left_alone(found, job))
    if found.perhaps and not found.runs:
        raise ConfigInvalid(
            f"`{job}` has nothing under way that is known, and nothing is cancelled",
            why=others,
            hint=f"dbt-gitops cancel {found.perhaps[0].id}",
        )
    if others:
        say(others)
    elif not found.runs:
        say(f"`{job}` has nothing under way on GitHub")


def _left_alone(found: UnderWay, job: str) -> Iterator[str]:
    for run in found.checks:
        yield f"{run.html_url} runs it for a {_words(run.event)}: dbt-gitops cancel {run.id}"
    for run in found.perhaps:
        yield (
            f"{run.html_url} ({_words(run.event)}, {_words(run.status or 'queued')}) hasn't said yet"
            f" which jobs it runs; `{job}` may be one"
        )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cancel_run(
    config: Config, name: str, environ: Mapping[str, str], yes: bool, force: bool
) -> None:
    """Digits may be a part of a run's id as well as GitHub's number: the history comes first."""
    number = int(name) if name.isascii() and name.isdigit() else 0
    known = _known(config, name, environ, number)
    if number and not known.matching(name):
        with closing(connect(config.root, environ)) as github:
            _cancel(github, github.run(number), "", yes, force)
        return
    run_id = _one(config, name, known)
    entry = known.entry(run_id)
    if nothing := _nothing(entry, run_id):
        say(nothing)
    if nothing and not number:
        return
    with closing(connect(config.root, environ)) as github:
        if number and (other := _numbered(github, number)):
            say(f"{name} is in the id of run {run_id}, which is meant, and not {other.html_url}")
        if entry and not nothing:
            _cancel(github, github.run(entry.workflow_run), entry.job, yes, force)


def _known(config: Config, name: str, environ: Mapping[str, str], number: int) -> Known:
    try:
        return known_runs(name, config, environ, say)
    except StateUnresolved as error:
        if not number:
            raise
        say(f"the history can't be read, so {name} is GitHub's number: {error}")
        return Known(history=History(), here=())


def _one(config: Config, name: str, known: Known) -> str:
    if not known.matching(name):
        raise ConfigInvalid(
            f"there is no run and no job {name!a}",
            why=f"the jobs are: {', '.join(config.jobs)}; no run of the history is called so",
            hint=did_you_mean(name, config.jobs)
            or "`dbt-gitops runs` lists them; GitHub's number of the workflow's run, which stands in its"
            " address, does too",
        )
    return known.one(name)


def _nothing(entry: Entry | None, run_id: str) -> str:
    """Why there is nothing to cancel, "" where there is."""
    if entry and entry.outcome:
        return f"run {run_id} has ended: {entry.outcome.status}"
    if entry is None or not entry.workflow_run:
        return f"run {run_id} isn't on GitHub: Ctrl-C ends it where it runs"
    return ""


def _numbered(github: GitHub, number: int) -> WorkflowRun | None:
    try:
        return github.run(number)
    except GitHubFailed as error:
        if error.status != NOT_THERE:
            raise
        return None


def _cancel(github: GitHub, run: WorkflowRun, job: str, yes: bool, force: bool) -> None:
    if run.status == COMPLETED:
        say(f"{run.html_url} has ended: {run.conclusion}")
        return
    if others := _others(github, run, job):
        _ask(run, others, yes)
    if github.actions.cancel(run.id, force=force):
        then = "" if force else f"; if it doesn't end: dbt-gitops cancel {run.id} --force"
        say(f"GitHub is asked to cancel {run.html_url}{then}")
    else:
        say(f"{run.html_url} has ended meanwhile")


def _others(github: GitHub, run: WorkflowRun, job: str) -> list[str]:
    """What else goes on in the same workflow run; nothing where that itself is meant."""
    if not job:
        return []
    jobs = github.actions.jobs(run.id, run.run_attempt)
    going = [each.name for each in jobs if each.status != COMPLETED]
    return [name for name in going if not (runs_none(name) or runs_job(name, job))]


def _ask(run: WorkflowRun, others: list[str], yes: bool) -> None:
    """Raises ConfigInvalid where nobody is there to be asked."""
    text = f"{run.html_url} runs {', '.join(others)} too, and GitHub cancels all of it or none"
    if yes:
        say(text)
    elif not sys.stdin.isatty():
        raise ConfigInvalid("this would cancel other jobs too", why=text, hint="--yes does it")
    else:
        click.confirm(f"{text}. Cancel it?", abort=True, err=True)
