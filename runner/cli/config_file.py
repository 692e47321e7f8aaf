"""Load the jobs file, or fail with every problem it has."""

from __future__ import annotations

from pathlib import Path

import click

from runner.config import default_file, load
from runner.errors import ConfigInvalid
from runner.model import Config
from runner.reports.problems import as_text


def load_config(given: Path | None) -> Config:
    """The jobs file as a Config; raises ConfigInvalid after every problem has been printed."""
    path = given or default_file()
    loaded = load(path)
    if loaded.problems:
        click.echo(as_text(loaded), err=True)
    if loaded.config is None:
        raise ConfigInvalid(f"{path} has problems", hint=f"dbt-gitops validate {path}")
    return loaded.config
