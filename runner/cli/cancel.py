"""``dbt-gitops cancel RUN``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.blocks import runs_job, runs_none
from runner.cli.again import record_here
from runner.cli.config_file import load_config
from runner.cli.connecting import connect
from runner.cli.dispatching import say
from runner.cli.following import COMPLETED
from runner.cli.planned import entry_of, history_of
from runner.errors import ConfigInvalid, ExitCode
from runner.history_readings import unfinished
from runner.model import Config

if TYPE_CHECKING:
    from runner.github.answers import WorkflowRun
    from runner.github.client import GitHub


@dataclass(frozen=True, kw_only=True)
class Found:
    """Ids of workflow runs on GitHub; ``nothing`` says why there are none.

    ``job`` is whose run is meant, "" where a workflow run itself was named.
    """

    workflow_runs: tuple[int, ...] = ()
    job: str = ""
    nothing: str = ""


@click.command()
@click.argument("name", metavar="RUN")
@click.option("--config", type=click.Path(path_type=Path), help="The jobs file.  [dbt_jobs.yml]")
@click.option("--yes", is_flag=True, help="Also where other jobs share the workflow's run.")
@click.option(
    "--force",
    is_flag=True,
    help="End what doesn't listen: nothing is recorded and reported any more.",
)
def cancel(name: str, config: Path | None, yes: bool, force: bool) -> int:
    """Cancel a run on GitHub, or all that a job has under way.

    RUN is a run's id, a job's name, or GitHub's number of a workflow run. GitHub interrupts dbt and
    the run records that it was cancelled. The token needs `actions: write`.
    """
    environ = dict(os.environ)
    loaded = load_config(config)
    found = _find(loaded, name, environ)
    if found.nothing:
        say(found.nothing)
        return ExitCode.SUCCESS
    with closing(connect(loaded.root, environ)) as github:
        for run_id in found.workflow_runs:
            _cancel(github, github.run(run_id), found.job, yes, force)
    return ExitCode.SUCCESS


def _find(config: Config, name: str, environ: Mapping[str, str]) -> Found:
    if name.isdigit() and name not in config.jobs:
        return Found(workflow_runs=(int(name),))
    history = history_of(config, environ)
    if name in config.jobs:
        entries = [each for each in unfinished(history, name) if each.workflow_run]
        ids = tuple(dict.fromkeys(each.workflow_run for each in entries))
        nothing = "" if ids else f"`{name}` has nothing under way on GitHub"
        return Found(workflow_runs=ids, job=name, nothing=nothing)
    entry = entry_of(history, name)
    if entry and entry.outcome:
        return Found(nothing=f"run {name} has ended: {entry.outcome.status}")
    if entry and entry.workflow_run:
        return Found(workflow_runs=(entry.workflow_run,), job=entry.job)
    if entry or record_here(config.root, name):
        return Found(nothing=f"run {name} isn't on GitHub: Ctrl-C ends it where it runs")
    raise ConfigInvalid(
        f"there is no run and no job {name!a}",
        why=f"the jobs are: {', '.join(config.jobs)}; no run of the history is called so",
        hint="GitHub's number of the workflow's run does too: it stands in its address",
    )


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
