"""Load the jobs file, or fail with every problem it has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from runner.cli.jobs_files import jobs_file
from runner.config import Loaded, load
from runner.errors import ConfigInvalid, JobsFileInvalid
from runner.model import Config, Problem
from runner.reports.problems import annotated, as_text


def load_config(given: Path | None) -> Config:
    """The jobs file as a Config; raises JobsFileInvalid after every problem has been printed."""
    return config_of(load_whole(given or jobs_file(os.environ)))


def config_of(loaded: Loaded) -> Config:
    assert loaded.config is not None, "else it is refused"
    return loaded.config


def load_whole(path: Path) -> Loaded:
    """The same with the places of what is in it.

    Of its warnings those are printed that the file sets so; one that it makes an error stops no run.
    """
    loaded = _settled(load(path))
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


def as_set(loaded: Loaded, warnings: Iterable[Problem]) -> tuple[Problem, ...]:
    """Warnings of a command about a file, as the file sets and ignores them."""
    return _settled(replace(loaded, problems=tuple(warnings))).problems


def _settled(loaded: Loaded) -> Loaded:
    if not loaded.problems:
        return loaded
    from runner.config.rules.judging import settled  # late: few files have any

    return settled(loaded)


def load_configs(paths: Sequence[Path]) -> tuple[Config, ...]:
    """Several jobs files of a repository, which have no job's name in common.

    Raises ConfigInvalid after every problem of all of them has been printed.
    """
    invalid: list[ConfigInvalid] = []
    files = [loaded for path in paths for loaded in _sound(path, invalid)]
    if invalid:
        raise invalid[0]
    each_name_once(files)
    return tuple(map(config_of, files))


def each_name_once(files: Sequence[Loaded]) -> None:
    """Raise ConfigInvalid where two of these files have a job of the same name."""
    for loaded, name, problem in _names_twice(files):
        raise ConfigInvalid(
            f"{loaded.place('jobs', name)}: {problem.what}", why=problem.why, hint=problem.hint
        )


def with_names_once(files: Sequence[Loaded]) -> list[Loaded]:
    """The same as problems of the later file, which isn't valid then."""
    found: dict[Path, list[Problem]] = {}
    for loaded, _, problem in _names_twice(files):
        found.setdefault(loaded.file, []).append(problem)
    return [
        replace(each, config=None, problems=(*each.problems, *found[each.file]))
        if each.file in found
        else each
        for each in files
    ]


def _names_twice(files: Iterable[Loaded]) -> Iterator[tuple[Loaded, str, Problem]]:
    """Each name that a file before has, with the file that has it once more."""
    seen: dict[str, Loaded] = {}
    for loaded in files:
        for name in loaded.config.jobs if loaded.config else ():
            if (first := seen.setdefault(name, loaded)) is loaded:
                continue
            yield (
                loaded,
                name,
                loaded.problem(
                    "duplicate-job",
                    f"there is a job `{name}` already",
                    why=f"{first.place('jobs', name)} has it; a run, a status and an artifact are"
                    " named by the job alone",
                    hint="give one of the two another name",
                    at=loaded.where("jobs", name),
                    severity="error",
                ),
            )


def _sound(path: Path, invalid: list[ConfigInvalid]) -> Iterator[Loaded]:
    try:
        yield load_whole(path)
    except ConfigInvalid as error:
        invalid.append(error)
