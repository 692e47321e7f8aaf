"""What `validate` knows beside the file: history, packages, profiles, dbt's answers, other files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from runner.builds.facts import Builds
from runner.cli.saying import say
from runner.cli.targets import profiles_of
from runner.config import Loaded
from runner.config.rules import Known
from runner.config.rules.judging import Judged, judged
from runner.config.rules.rule import Packages, Subject
from runner.dbt.project import has_packages, packages_path, read_project
from runner.errors import ConfigInvalid
from runner.history import History
from runner.model import Config

Answers = Mapping[Path, Builds]


def judgements(
    checked: Sequence[Loaded],
    history: History | None,
    answers: Answers,
    environ: Mapping[str, str],
) -> list[Judged]:
    """Each file by all that is known of it, and of the project's other files."""
    known = {
        each.file: Known(
            history=history,
            builds=answers.get(each.file),
            packages=_packages(each.config),
            profiles=profiles_of(each.config, environ),
        )
        for each in checked
        if each.config
    }
    files = [Subject(loaded=each, known=known[each.file]) for each in checked if each.config]
    return [
        judged(each, replace(known.get(each.file, Known()), elsewhere=_elsewhere(each, files)))
        for each in checked
    ]


def answers_of(
    checked: Sequence[Loaded], manifest: Path | None, environ: Mapping[str, str]
) -> dict[Path, Builds]:
    """dbt's answers, by file, of the files that are valid; raises as :func:`asked` does."""
    from runner.cli.asking import asked  # late: few ask for it

    return {
        each.file: asked(each.config, environ, say, manifest, mask=each.mask)
        for each in checked
        if each.config
    }


def _elsewhere(loaded: Loaded, files: Sequence[Subject]) -> tuple[Subject, ...]:
    """The other files of the project."""
    return tuple(
        each
        for each in files
        if each.loaded.file != loaded.file
        if loaded.config and loaded.config.project == each.config.project
    )


def _packages(config: Config) -> Packages | None:
    """None without packages, or where the project can't be read: then dbt has the word."""
    try:
        if not has_packages(config.project):
            return None
        project = read_project(config.project)
    except (ConfigInvalid, OSError, ValueError):
        return None
    cleaned = project.get("clean-targets")
    return Packages(
        cleaned=packages_path(project) in (cleaned if isinstance(cleaned, list) else ())
    )
