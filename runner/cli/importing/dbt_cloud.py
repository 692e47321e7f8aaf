"""``dbt-gitops import dbt-cloud``: jobs of dbt Cloud."""

from __future__ import annotations

import os
from pathlib import Path

import click

from runner.cli.importing.ending import end, import_options
from runner.cli.saying import say
from runner.errors import ExitCode
from runner.importing.dbt_cloud import read
from runner.importing.draft import Draft

HOST = "cloud.getdbt.com"


@click.command("dbt-cloud")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--account-id", type=click.IntRange(min=1), help="Ask dbt Cloud itself for this account's jobs."
)
@click.option("--host", help=f"The host that the account is on.  [{HOST}]")
@click.option("--project", default="", help="Only the jobs of this project, by its number.")
@import_options
def dbt_cloud(
    files: tuple[Path, ...],
    account_id: int | None,
    host: str | None,
    project: str,
    out: Path | None,
    check: bool,
    report: str,
    dry_run: bool,
) -> ExitCode:
    """Import jobs of dbt Cloud.

    FILES are what its API answers, as JSON: a job, a list of jobs, or all pages of
    /api/v2/accounts/ACCOUNT/jobs/; environments, too, for their names. Import what belongs together
    at once: jobs name each other, and the environments that they defer to, by number.

    With --account-id there are no FILES: dbt Cloud is asked, with the token in DBT_CLOUD_TOKEN,
    DBT_API_KEY or DBT_CLOUD_API_TOKEN. Nothing is changed there.
    """
    if bool(files) == bool(account_id):
        raise click.UsageError("name FILES, or an account by --account-id: one of the two")
    if host is not None and not account_id:
        raise click.UsageError("--host is for --account-id; FILES are read from here")
    draft = _live(account_id, host or HOST, project) if account_id else read(files, project)
    return end(draft, out, check, report, dry_run)


def _live(account_id: int, host: str, project: str) -> Draft:
    from runner.importing.cloud_api import account_of
    from runner.importing.cloud_live import read_live

    return read_live(account_of(os.environ, host, account_id), project, say)
