"""``dbt-gitops rerun RUN``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from runner.cli.again import (
    cause_of,
    newer_here,
    not_the_latest,
    record_here,
    recorded_overrides,
)
from runner.cli.config_file import load_config
from runner.cli.former import Again
from runner.cli.occasion import occasion_of
from runner.cli.overrides import asked_overrides, find_job, parse_env
from runner.cli.running import run_and_tell
from runner.errors import ConfigInvalid
from runner.execution.former import Former, check_again
from runner.model import Config


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--config", type=click.Path(path_type=Path), help="The jobs file.  [dbt_jobs.yml]")
@click.option(
    "--from-failure",
    is_flag=True,
    help="Only what failed or was skipped, and then the steps that were skipped.",
)
@click.option(
    "--env",
    multiple=True,
    metavar="K=V",
    help="A variable that the run was given so: records don't keep the values. Repeatable.",
)
@click.option("--cause", default="", help="Why; shown in the record and to dbt.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's record to standard output.")
def rerun(
    run_id: str,
    config: Path | None,
    from_failure: bool,
    env: tuple[str, ...],
    cause: str,
    as_json: bool,
) -> int:
    """Run a job's latest run again, as it was: its overrides, vars, state and deferral.

    What is checked out now is run, so a fix counts. A rerun from failure publishes no state.
    """
    environ = dict(os.environ)
    loaded = load_config(config)
    found = record_here(loaded.root, run_id)
    if found is None:
        raise ConfigInvalid(f"there is no run {run_id} here")
    former = Former(run=found, from_failure=from_failure)
    return _here(loaded, former, parse_env(env), cause, as_json, environ)


def _here(
    config: Config,
    former: Former,
    env: Mapping[str, str],
    cause: str,
    as_json: bool,
    environ: Mapping[str, str],
) -> int:
    run = former.run
    check_again(former)
    if newer := newer_here(config.root, run):
        raise not_the_latest(run.job, run.run_id, newer)
    job = find_job(config, run.job)
    overrides = asked_overrides(config, job, recorded_overrides(run, env))
    occasion = occasion_of(config, job.name, environ)
    return run_and_tell(
        occasion, job, overrides, cause or cause_of(former), environ, as_json, Again(former=former)
    )
