"""``dbt-gitops validate``: all that is wrong with jobs files, at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from runner.cli.compiling import in_workflow
from runner.cli.config_file import with_names_once
from runner.cli.jobs_files import jobs_files
from runner.cli.plans.crowding import with_crowding
from runner.cli.plans.pace import history_of_any, with_pace
from runner.cli.targets import with_targets
from runner.config import Loaded, load
from runner.config.rules.judging import judged
from runner.errors import ExitCode
from runner.reports.problems import as_annotations, as_json, as_text

RENDERERS = {"text": as_text, "github": as_annotations}


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="text for people, json for programs, github for annotations, sarif for code scanning.",
)
def validate(files: tuple[Path, ...], output: str) -> ExitCode:
    """Check jobs files, and report everything that is wrong with them.

    FILES are jobs files; without any, dbt_jobs.yml in this folder, else on one's own machine those that
    the compiled workflow names.
    """
    environ = dict(os.environ)
    checked = [
        _checked(load(file), environ) for file in dict.fromkeys(files or jobs_files(environ))
    ]
    history = history_of_any(checked, environ)
    checked = with_names_once(with_crowding(with_pace(checked, history)))
    judgements = [judged(loaded, history) for loaded in checked]
    checked = [each.loaded for each in judgements]
    if output == "json":
        click.echo(as_json(checked))
    elif output == "sarif":
        from runner.reports.sarif import as_sarif  # late: few ask for it

        click.echo(as_sarif(judgements))
    else:
        for loaded in checked:
            click.echo(RENDERERS[output](loaded))
    valid = all(loaded.config for loaded in checked)
    return ExitCode.SUCCESS if valid else ExitCode.CONFIG_INVALID


def _checked(loaded: Loaded, environ: Mapping[str, str]) -> Loaded:
    """With what is wrong beside it: with profiles.yml, and the workflow that it is compiled into."""
    loaded = with_targets(loaded, environ)
    return replace(loaded, problems=(*loaded.problems, *in_workflow(loaded, environ)))
