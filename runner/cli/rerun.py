"""``dbt-gitops rerun RUN``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from runner.cli.config_file import load_config
from runner.cli.launch.again import (
    cause_of,
    newer_here,
    not_the_latest,
    record_here,
    recorded_overrides,
)
from runner.cli.launch.former import Again
from runner.cli.launch.occasion import occasion_of
from runner.cli.launch.overrides import asked_overrides, find_job, parse_env
from runner.cli.launch.running import Asked, run_and_tell
from runner.cli.options import config_option
from runner.cli.past.dispatching import start
from runner.cli.past.histories import history_of
from runner.cli.past.run_ids import Known, known_runs
from runner.cli.saying import say
from runner.errors import ConfigInvalid
from runner.events import DispatchOverrides, inputs_of
from runner.execution.former import Former, check_again, no_failure
from runner.execution.same_place import another_environment, not_from_failure
from runner.history import Entry, History, same_run
from runner.model import Config, Job


@click.command()
@click.argument("run_id", metavar="RUN")
@config_option
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
@click.option("--wait", is_flag=True, help="Follow a run on GitHub, and end as the job does.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's record to standard output.")
def rerun(
    run_id: str,
    config: Path | None,
    from_failure: bool,
    env: tuple[str, ...],
    cause: str,
    wait: bool,
    as_json: bool,
) -> int:
    """Run a job's latest run again, as it was: its overrides, vars, state and deferral.

    RUN is its id or a part of it, as `dbt-gitops runs` shows it.
    A run of this machine is run again here, and one of the history on GitHub. Today's code is run, so
    a fix counts. A rerun from failure publishes no state.
    """
    environ, values = dict(os.environ), parse_env(env)
    loaded = load_config(config)
    known = known_runs(run_id, loaded, environ, say)
    name = known.one(run_id)
    if found := record_here(loaded.root, name):
        former = Former(run=found, from_failure=from_failure)
        return _here(loaded, former, values, cause, as_json, environ)
    entry = _latest(loaded, name, from_failure, environ)
    inputs = inputs_of(
        entry.job,
        cause,
        DispatchOverrides(env=values),
        rerun=entry.run_id,
        from_failure=from_failure,
    )
    return start(loaded, inputs, environ, wait=wait)


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
        raise not_the_latest(run.job, run.run_id, newer, from_failure=former.from_failure)
    job = find_job(config, run.job)
    overrides = asked_overrides(config, job, recorded_overrides(run, env))
    occasion = occasion_of(config, job.name, environ)
    again = Asked(
        job=job,
        overrides=overrides,
        cause=cause or cause_of(former),
        again=Again(former=former),
    )
    return run_and_tell(occasion, again, environ, as_json)


def _latest(config: Config, run_id: str, from_failure: bool, environ: Mapping[str, str]) -> Entry:
    """The run in the newest history; raises ConfigInvalid where GitHub would refuse to run it again."""
    known = Known(history=history_of(config, environ, say) or History(), here=())
    entry = known.entry(known.one(run_id))
    if entry is None or not entry.workflow_run:
        raise ConfigInvalid(
            f"run {run_id} can't be run again here",
            why="it was run on another machine than GitHub's, whose .dbt-gitops/runs has its record",
            hint=f"start the job anew: dbt-gitops run {entry.job if entry else 'JOB'}",
        )
    job = find_job(config, entry.job)
    if entry.outcome is None:
        raise ConfigInvalid(
            f"run {run_id} hasn't ended yet", hint=f"to end it: dbt-gitops cancel {run_id}"
        )
    newest = known.history.latest(entry.job) or entry
    meant = entry.rerun_of if entry.rerun_in_vain else entry.run_id
    if newest is not entry and not same_run(meant, newest.run_id):
        raise not_the_latest(entry.job, run_id, newest.run_id, from_failure=from_failure)
    if entry.rerun_in_vain:
        say(f"run {run_id} left no record, so run {meant}, which it was to run again, is")
    if from_failure:
        _check_failure(newest, job)
    return replace(newest, run_id=meant)  # the history may have forgotten that one itself


def _check_failure(entry: Entry, job: Job) -> None:
    """As far as the history knows; the run itself looks at the record."""
    outcome = entry.outcome
    assert outcome is not None, "it has ended"
    if outcome.status in ("success", "skipped"):
        raise no_failure(entry.run_id, outcome.status, outcome.reason)
    if outcome.steps and entry.environment != job.environment:
        moved = another_environment(entry.run_id, entry.environment, job.environment)
        raise not_from_failure(entry.run_id, moved)
