"""Load the jobs file, or fail with every problem it has."""

from __future__ import annotations

import os
from pathlib import Path

import click

from runner.config import default_file, load
from runner.errors import ConfigInvalid
from runner.model import Config
from runner.reports.problems import as_annotations, as_text


def load_config(given: Path | None) -> Config:
    """The jobs file as a Config; raises ConfigInvalid after every problem has been printed."""
    path = given or default_file()
    loaded = load(path)
    if loaded.problems:
        click.echo(as_text(loaded), err=True)
    if loaded.problems and os.environ.get("GITHUB_ACTIONS") == "true":
        click.echo(as_annotations(loaded), err=True)
    if loaded.config is None:
        first, more = loaded.errors[0], len(loaded.errors) - 1
        raise ConfigInvalid(
            f"{path}:{first.line}: {first.what}",
            why=f"and {more} more, listed above" if more else first.why,
            hint=first.hint,
        )
    return loaded.config
