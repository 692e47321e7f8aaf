"""Load the jobs file, or fail with every problem it has."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from runner.cli.jobs_files import jobs_file
from runner.config import Loaded, load
from runner.errors import ConfigInvalid, JobsFileInvalid
from runner.model import Config
from runner.reports.problems import annotated, as_text


def load_config(given: Path | None) -> Config:
    """The jobs file as a Config; raises JobsFileInvalid after every problem has been printed."""
    config = load_whole(given or jobs_file(os.environ)).config
    assert config is not None, "else it is refused"
    return config


def load_whole(path: Path) -> Loaded:
    """The same with the places of what is in it."""
    loaded = load(path)
    if loaded.problems:
        click.echo(as_text(loaded), err=True)
    if loaded.problems and os.environ.get("GITHUB_ACTIONS") == "true":
        click.echo(annotated(loaded.problems), err=True)
    if loaded.config is None:
        first, more = loaded.errors[0], len(loaded.errors) - 1
        raise JobsFileInvalid(
            f"{path}:{first.line}: {first.what}",
            why=f"and {more} more, which the log lists" if more else first.why,
            hint=first.hint,
        )
    return loaded


def load_configs(paths: Sequence[Path]) -> tuple[Config, ...]:
    """Several jobs files of a repository, which have no job's name in common.

    Raises ConfigInvalid after every problem of all of them has been printed.
    """
    invalid: list[ConfigInvalid] = []
    files = [config for path in paths for config in _sound(path, invalid)]
    if invalid:
        raise invalid[0]
    _each_name_once(files)
    return tuple(files)


def _sound(path: Path, invalid: list[ConfigInvalid]) -> Iterator[Config]:
    try:
        yield load_config(path)
    except ConfigInvalid as error:
        invalid.append(error)


def _each_name_once(files: Sequence[Config]) -> None:
    seen: dict[str, Config] = {}
    for config in files:
        for name in config.jobs:
            if name in seen:
                raise ConfigInvalid(
                    f"two jobs are called `{name}`: in {seen[name].path} and in {config.path}",
                    why="a job's artifacts, statuses and turns are named after it alone",
                    hint="give one of them another name",
                )
            seen[name] = config
