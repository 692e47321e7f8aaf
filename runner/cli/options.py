"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

ONE_FILE = "The jobs file.  [dbt_jobs.yml]"
FILES = "A jobs file; repeatable.  [dbt_jobs.yml]"

config_option = click.option("--config", type=click.Path(path_type=Path), help=ONE_FILE)
configs_option = click.option(
    "--config", multiple=True, type=click.Path(path_type=Path), help=FILES
)
# Without a value "", so that dbt is asked itself.
manifest_option = click.option(
    "--manifest",
    is_flag=False,
    flag_value="",
    metavar="[PATH]",
    help="Ask dbt what the steps select: of the project, or of the manifest.json at PATH.",
)
