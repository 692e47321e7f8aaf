"""The sources of ``dbt-gitops import``."""

from __future__ import annotations

import importlib

import click

# Name → (module, what it does): a source's module is imported when it is called.
SOURCES = {
    "dbt-cloud": ("dbt_cloud", "Import jobs of dbt Cloud, from its API or files of it."),
    "jobs-as-code": ("jobs_as_code", "Import jobs of dbt-jobs-as-code, from its YAML files."),
    "terraform": ("terraform", "Import jobs of dbt Cloud that Terraform makes."),
    "bolt": ("bolt", "Import schedules of Paradime Bolt."),
    "workflow": ("workflow", "Import GitHub workflows that call dbt."),
}


class Sources(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(SOURCES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in SOURCES:
            return None
        name = SOURCES[cmd_name][0]
        module = importlib.import_module(f"runner.cli.importing.{name}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in SOURCES.items()])


@click.command(cls=Sources, name="import")
def import_() -> None:
    """Import the jobs of another scheduler into the jobs file.

    What the jobs file has besides stays as it is. The report tells what became of each field.
    """
