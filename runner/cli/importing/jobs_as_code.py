"""``dbt-gitops import jobs-as-code``: files of dbt-jobs-as-code."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.importing.ending import end, import_options
from runner.errors import ExitCode
from runner.importing.jobs_as_code import read


@click.command("jobs-as-code")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--vars",
    "-v",
    "vars_files",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A file with what Jinja's variables are; may be given several times.",
)
@click.option("--project", default="", help="Only the jobs of this project, by its number.")
@click.option(
    "--environment",
    "named",
    multiple=True,
    metavar="NUMBER=NAME",
    help="What an environment of dbt Cloud is called; may be given several times.",
)
@import_options
def jobs_as_code(
    files: tuple[Path, ...],
    vars_files: tuple[Path, ...],
    project: str,
    named: tuple[str, ...],
    out: Path | None,
    check: bool,
    report: str,
    dry_run: bool,
) -> ExitCode:
    """Import jobs of dbt-jobs-as-code.

    FILES are its YAML files, globs, which may be quoted, or folders. Import what belongs together at
    once: jobs name each other by number, which `linked_id` gives a job.
    """
    draft = read(files, vars_files, project, _names(named))
    return end(draft, out, check, report, dry_run)


def _names(named: tuple[str, ...]) -> dict[str, str]:
    names: dict[str, str] = {}
    for each in named:
        number, equals, name = each.partition("=")
        if not (number and equals and name):
            raise click.BadParameter(f"{each!r} isn't NUMBER=NAME", param_hint="--environment")
        names[number] = name
    return names
