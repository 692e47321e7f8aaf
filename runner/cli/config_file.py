"""Load the jobs file, or fail with every problem it has."""

from __future__ import annotations

import os
from pathlib import Path

import click

from runner.config import Loaded, default_file, load
from runner.errors import ConfigInvalid
from runner.model import Config
from runner.reports.problems import as_annotations, as_text


def load_config(given: Path | None) -> Config:
    """The jobs file as a Config; raises ConfigInvalid after every problem has been printed."""
    config = load_whole(given or default_file()).config
    assert config is not None, "else it is refused"
    return config


def load_whole(path: Path) -> Loaded:
    """The same with the places of what is in it."""
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
    return loaded
