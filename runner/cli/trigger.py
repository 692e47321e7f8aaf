"""``dbt-gitops trigger JOB``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from runner.cli.config_file import load_config
from runner.cli.launch.overrides import asked_overrides, find_job
from runner.cli.launch.overriding import overriding
from runner.cli.options import config_option
from runner.cli.past.dispatching import check_dispatch, start
from runner.events import DispatchOverrides, inputs_of


@click.command()
@click.argument("job")
@config_option
@click.option("--cause", required=True, help="Why; shown in the record and to dbt.")
@overriding
@click.option("--ref", metavar="BRANCH", help="Run this branch's workflow.  [the default branch]")
@click.option("--wait", is_flag=True, help="Follow the run, and end as the job does.")
def trigger(
    job: str,
    config: Path | None,
    cause: str,
    asked: DispatchOverrides,
    ref: str | None,
    wait: bool,
) -> int:
    """Start JOB on GitHub, and print the address of the workflow's run.

    The token, GITHUB_TOKEN or GH_TOKEN, needs `actions: write`. What a dispatch may say differently
    is for the jobs file to decide. With --wait, Ctrl-C stops following and not the run.
    """
    environ = dict(os.environ)
    loaded = load_config(config)
    found = find_job(loaded, job)
    check_dispatch(found, asked)
    asked_overrides(loaded, found, asked)
    return start(loaded, inputs_of(job, cause, asked), environ, ref=ref, wait=wait)
