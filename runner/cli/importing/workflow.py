"""``dbt-gitops import workflow``: GitHub workflows, written by hand, that call dbt."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.importing.ending import end, import_options
from runner.config import default_file
from runner.errors import ExitCode
from runner.importing.hand_written import read
from runner.importing.projects import seen_from


@click.command("workflow")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--project",
    default="",
    help="Only the jobs of the dbt project in this folder of the repository.",
)
@import_options
def workflow(
    files: tuple[Path, ...], project: str, out: Path | None, check: bool, report: str, dry_run: bool
) -> ExitCode:
    """Import GitHub workflows that call dbt.

    FILES are workflows, globs, or folders of repositories; without them .github/workflows/*.yml of this
    folder. What runs no dbt, and what dbt-gitops has compiled, is left out. Import what belongs together
    at once: workflows start each other.
    """
    draft = read(files or (Path(),), project)
    return end(seen_from(draft, out or default_file()), out, check, report, dry_run)
