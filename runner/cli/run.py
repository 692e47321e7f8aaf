"""``dbt-gitops run JOB``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click
from click.core import ParameterSource

from runner.cli.config_file import load_config
from runner.cli.launch.again import as_it_was, cause_of
from runner.cli.launch.chain_here import run_chain
from runner.cli.launch.former import run_again
from runner.cli.launch.occasion import occasion_of
from runner.cli.launch.overrides import asked_overrides, find_job, over
from runner.cli.launch.overriding import overriding
from runner.cli.launch.running import Asked, run_and_tell
from runner.cli.launch.starting import start_of
from runner.cli.launch.telling import tell_skipped, tell_unprepared
from runner.cli.options import config_option
from runner.config import default_file
from runner.errors import ConfigInvalid, DbtGitopsError
from runner.events import Dispatch, DispatchOverrides
from runner.execution.request import Alongside

# What --chain can stand beside.
WITH_CHAIN = frozenset({"job", "config", "cause", "chain", "as_json"})


@click.command()
@click.argument("job")
@config_option
@overriding
@click.option("--cause", default="", help="Why; shown in the record and to dbt.")
@click.option(
    "--start",
    default="",
    metavar="JSON",
    help="The run as `plan` has planned it: its id, when, why.",
)
@click.option(
    "--chain",
    is_flag=True,
    help="Then run the jobs that start after it, and so on, on this machine.",
)
@click.option("--beside", type=click.Path(path_type=Path), hidden=True)
@click.option("--installed", is_flag=True, hidden=True)
@click.option("--json", "as_json", is_flag=True, help="Print the run's record to standard output.")
def run(
    job: str,
    config: Path | None,
    asked: DispatchOverrides,
    cause: str,
    start: str,
    chain: bool,
    beside: Path | None,
    installed: bool,
    as_json: bool,
) -> int:
    """Run JOB of the jobs file, now.

    What dbt prints goes to standard error, the summary or the record to standard output. In a
    workflow on GitHub the event decides with it: a pull request's job runs as its base declares it,
    posts a commit status and the pull request's comment, annotates files and writes the summary.
    """
    environ = dict(os.environ)
    if chain:
        _only_what_a_chain_takes(click.get_current_context(), environ)
        return run_chain(load_config(config), job, cause, environ, as_json)
    try:
        occasion = occasion_of(load_config(config), job, environ)
        entry = start_of(start, job, occasion)
    except DbtGitopsError as error:
        tell_unprepared(job, (config or default_file()).parent, environ, error)
        raise
    if occasion.skipped:
        return tell_skipped(occasion, job, environ)
    if isinstance(occasion.event, Dispatch) and occasion.event.job in ("", job):
        asked = over(occasion.event.overrides, asked)
    found = find_job(occasion.config, job)
    again = run_again(occasion, found, asked, environ, entry.attempt if entry else 1)
    why = cause or (entry.cause if entry else occasion.cause)
    if again.former:
        asked = as_it_was(again.former.run, asked)
        why = f"{why}: {cause_of(again.former)}"
    overrides = asked_overrides(occasion.config, found, asked)
    asked_for = Asked(
        job=found,
        overrides=overrides,
        cause=why,
        start=entry,
        again=again,
        alongside=Alongside(target=beside, installed=installed) if beside else None,
    )
    return run_and_tell(occasion, asked_for, environ, as_json)


def _only_what_a_chain_takes(context: click.Context, environ: Mapping[str, str]) -> None:
    if environ.get("GITHUB_ACTIONS") == "true":
        raise ConfigInvalid(
            "--chain is for one's own machine",
            why="on GitHub each job of a chain is a workflow run of its own",
        )
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name not in WITH_CHAIN
        and context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    ]
    if given:
        raise ConfigInvalid(
            f"{', '.join(given)} can't stand beside --chain",
            why="every job of a chain runs as it is declared",
            hint="run the job alone to change something",
        )
