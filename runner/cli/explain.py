"""``dbt-gitops explain JOB``: what a job does, in plain words."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import click

from runner.cli.config_file import config_of, load_whole
from runner.cli.jobs_files import jobs_files
from runner.cli.options import configs_option
from runner.config import Loaded
from runner.errors import ExitCode
from runner.execution.explaining.explain import explanation
from runner.reports.explanation import as_json, as_markdown, as_text
from runner.unknown import no_such

RENDERERS = {"text": as_text, "json": as_json, "markdown": as_markdown}


@click.command()
@click.argument("job")
@configs_option
@click.option(
    "--format",
    "output",
    type=click.Choice(list(RENDERERS)),
    default="text",
    show_default=True,
    help="text for people, json for programs, markdown for pages.",
)
def explain(job: str, config: tuple[Path, ...], output: str) -> ExitCode:
    """Say what JOB does: when, after what, with which commands of dbt, and which line says so.

    Its next five times, what starts it and what it starts, what it builds and defers to, what may stop,
    replace or skip it, and who is told. The commands are those that a run would try, with every flag;
    what a run makes for itself, such as a folder, stands there in angle brackets. With a manifest in
    dbt's target folder it counts the nodes of the selections that leave no doubt. Nothing is run.
    """
    environ = dict(os.environ)
    files = [load_whole(path) for path in config or jobs_files(environ)]
    loaded = _having(files, job)
    found = config_of(loaded)
    explained = explanation(loaded, found, found.jobs[job], environ, datetime.now(timezone.utc))
    click.echo(RENDERERS[output](explained))
    return ExitCode.SUCCESS


def _having(files: list[Loaded], job: str) -> Loaded:
    for loaded in files:
        if job in config_of(loaded).jobs:
            return loaded
    names = [name for loaded in files for name in config_of(loaded).jobs]
    raise no_such("job", job, names, str(files[0].file) if len(files) == 1 else "")
