"""``dbt-gitops run JOB``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from runner.cli.again import cause_of, recorded_overrides
from runner.cli.config_file import load_config
from runner.cli.former import run_again
from runner.cli.occasion import occasion_of
from runner.cli.overrides import asked_overrides, find_job, over
from runner.cli.overriding import overriding
from runner.cli.running import Asked, run_and_tell
from runner.cli.starting import start_of
from runner.cli.telling import tell_skipped, tell_unprepared
from runner.config import default_file
from runner.errors import DbtGitopsError
from runner.events import Dispatch, DispatchOverrides


@click.command()
@click.argument("job")
@click.option("--config", type=click.Path(path_type=Path), help="The jobs file.  [dbt_jobs.yml]")
@overriding
@click.option("--cause", default="", help="Why; shown in the record and to dbt.")
@click.option(
    "--start",
    default="",
    metavar="JSON",
    help="The run as `plan` has planned it: its id, when, why.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run's record to standard output.")
def run(
    job: str,
    config: Path | None,
    asked: DispatchOverrides,
    cause: str,
    start: str,
    as_json: bool,
) -> int:
    """Run JOB of the jobs file, now.

    What dbt prints goes to standard error, the summary or the record to standard output. In a
    workflow on GitHub the event decides with it: a pull request's job runs as its base declares it,
    posts a commit status and the pull request's comment, annotates files and writes the summary.
    """
    environ = dict(os.environ)
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
    again = run_again(occasion, found, environ, entry.attempt if entry else 1)
    why = cause or (entry.cause if entry else occasion.cause)
    if again.former:
        asked = over(recorded_overrides(again.former.run, asked.env), asked)
        why = f"{why}: {cause_of(again.former)}"
    overrides = asked_overrides(occasion.config, found, asked)
    asked_for = Asked(job=found, overrides=overrides, cause=why, start=entry, again=again)
    return run_and_tell(occasion, asked_for, environ, as_json)
