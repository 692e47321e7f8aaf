"""``dbt-gitops import dbt-cloud``: jobs of dbt Cloud."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.importing.ending import end, import_options
from runner.errors import ExitCode
from runner.importing.dbt_cloud import read


@click.command("dbt-cloud")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--project", default="", help="Only the jobs of this project, by its number.")
@import_options
def dbt_cloud(
    files: tuple[Path, ...], project: str, out: Path | None, check: bool, report: str, dry_run: bool
) -> ExitCode:
    """Import jobs of dbt Cloud.

    FILES are what its API answers, as JSON: a job, a list of jobs, or all pages of
    /api/v2/accounts/ACCOUNT/jobs/; environments, too, for their names. Import what belongs together
    at once: jobs name each other, and the environments that they defer to, by number.
    """
    return end(read(files, project), out, check, report, dry_run)
