"""``dbt-gitops explain JOB``: what a job does, in plain words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

import click

from runner.cli.config_file import config_of, load_whole
from runner.cli.jobs_files import jobs_files
from runner.cli.options import configs_option, manifest_option
from runner.cli.saying import say
from runner.config import Loaded
from runner.errors import ExitCode
from runner.execution.explaining.counting import Counting
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
@manifest_option
def explain(job: str, config: tuple[Path, ...], output: str, manifest: str | None) -> ExitCode:
    """Say what JOB does: when, after what, with which commands of dbt, and which line says so.

    Its next five times, what starts it and what it starts, what it builds and defers to, what may stop,
    replace or skip it, and who is told. The commands are those that a run would try, with every flag;
    what a run makes for itself, such as a folder, stands there in angle brackets. With --manifest dbt
    itself says how many nodes each step selects, by folder and tag. Nothing is run.
    """
    environ = dict(os.environ)
    files = [load_whole(path) for path in config or jobs_files(environ)]
    loaded = _having(files, job)
    found = config_of(loaded)
    counting = None if manifest is None else _counting(loaded, job, manifest, environ)
    now = datetime.now(timezone.utc)
    explained = explanation(loaded, found, found.jobs[job], environ, now, counting)
    click.echo(RENDERERS[output](explained))
    return ExitCode.SUCCESS


def _counting(loaded: Loaded, job: str, manifest: str, environ: Mapping[str, str]) -> Counting:
    from runner.cli.asking import asked  # late: few ask for it

    path = Path(manifest) if manifest else None
    config = config_of(loaded)
    builds = asked(config, environ, say, path, jobs=[config.jobs[job]], mask=loaded.mask)
    return Counting(builds=builds, manifest=path)


def _having(files: list[Loaded], job: str) -> Loaded:
    for loaded in files:
        if job in config_of(loaded).jobs:
            return loaded
    names = [name for loaded in files for name in config_of(loaded).jobs]
    raise no_such("job", job, names, str(files[0].file) if len(files) == 1 else "")
