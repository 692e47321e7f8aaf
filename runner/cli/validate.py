"""``dbt-gitops validate``: all that is wrong with jobs files, at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from runner.builds.facts import Builds
from runner.cli.compiling import in_workflow
from runner.cli.config_file import with_names_once
from runner.cli.jobs_files import jobs_files
from runner.cli.judging import answers_of, judgements
from runner.cli.options import manifest_option
from runner.cli.plans.crowding import with_crowding
from runner.cli.plans.pace import history_of_any, with_pace
from runner.cli.targets import with_targets
from runner.config import Loaded, load
from runner.config.rules.judging import Judged
from runner.errors import DbtGitopsError, ExitCode
from runner.reports.problems import as_annotations, as_json, as_text
from runner.reports.sizes import Size, sizes_as_text, sizes_of

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
@manifest_option
def validate(files: tuple[Path, ...], output: str, manifest: str | None) -> ExitCode:
    """Check jobs files, and report everything that is wrong with them.

    FILES are jobs files; without any, dbt_jobs.yml in this folder, else on one's own machine those that
    the compiled workflow names. With --manifest dbt itself says what each step selects: names that
    nothing has, models that no job builds, jobs that build the same at once, and how many nodes each
    job builds.
    """
    environ = dict(os.environ)
    checked = [
        _checked(load(file), environ) for file in dict.fromkeys(files or jobs_files(environ))
    ]
    history = history_of_any(checked, environ)
    checked = with_names_once(with_crowding(with_pace(checked, history)))
    answers: dict[Path, Builds] = {}
    trouble = None
    if manifest is not None:
        try:
            answers = answers_of(checked, Path(manifest) if manifest else None, environ)
        except DbtGitopsError as error:
            trouble = error  # what the files alone are told of comes first
    sizes = {
        each.file: sizes_of(answers[each.file], each.config.jobs.values())
        for each in checked
        if each.config and each.file in answers
    }
    judged = judgements(checked, history, answers, environ)
    _show(judged, sizes, output)
    if trouble:
        raise trouble
    valid = all(each.loaded.config for each in judged)
    return ExitCode.SUCCESS if valid else ExitCode.CONFIG_INVALID


def _show(judged: list[Judged], sizes: Mapping[Path, Sequence[Size]], output: str) -> None:
    if output == "json":
        click.echo(as_json([each.loaded for each in judged], sizes))
    elif output == "sarif":
        from runner.reports.sarif import as_sarif  # late: few ask for it

        click.echo(as_sarif(judged))
    else:
        for each in judged:
            click.echo(RENDERERS[output](each.loaded))
            found = sizes.get(each.loaded.file)
            if found and output == "text":
                click.echo(f"\n{sizes_as_text(found)}")


def _checked(loaded: Loaded, environ: Mapping[str, str]) -> Loaded:
    """With what is wrong beside it: with profiles.yml, and the workflow that it is compiled into."""
    loaded = with_targets(loaded, environ)
    return replace(loaded, problems=(*loaded.problems, *in_workflow(loaded, environ)))
