"""``dbt-gitops import terraform``: jobs of Terraform's provider dbtcloud."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from runner.cli.importing.ending import end, import_options
from runner.errors import ExitCode
from runner.importing.terraform import read


@click.command("terraform")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--project",
    default="",
    help="Only the jobs of this project, by dbt Cloud's number, or the resource's name in .tf files.",
)
@import_options
def terraform(
    files: tuple[Path, ...], project: str, out: Path | None, check: bool, report: str, dry_run: bool
) -> ExitCode:
    """Import jobs of dbt Cloud that Terraform makes.

    FILES are .tf files, folders of them, or, with every value worked out, the JSON that
    `terraform show -json` prints of a state or a plan.
    """
    # Trees of HCL are millions of objects, none of them garbage: looking for some doubles the time.
    gc.disable()
    try:
        draft = read(files, project)
    finally:
        gc.enable()
    return end(draft, out, check, report, dry_run)
