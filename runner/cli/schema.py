"""``dbt-gitops schema``: the JSON Schemas, for editors and for other programs."""

from __future__ import annotations

import click

from runner.config.schema import schema_text
from runner.errors import ExitCode

FILES = {"jobs": "dbt_jobs.schema.json", "run": "run.schema.json", "history": "history.schema.json"}


@click.command()
@click.option(
    "--of",
    type=click.Choice(list(FILES)),
    default="jobs",
    show_default=True,
    help="Of what: the jobs file, the record of a run, or the history of all.",
)
def schema(of: str) -> ExitCode:
    """Print the JSON Schema of the jobs file, of run records or of the history."""
    click.echo(schema_text(FILES[of]), nl=False)
    return ExitCode.SUCCESS
