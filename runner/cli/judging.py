"""What `validate` knows beside the file: the history, the project's packages, and dbt's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from runner.builds.facts import Builds
from runner.cli.saying import say
from runner.config import Loaded
from runner.config.rules import Known
from runner.config.rules.judging import Judged, judged
from runner.config.rules.rule import Packages
from runner.dbt.project import has_packages, packages_path, read_project
from runner.errors import ConfigInvalid
from runner.history import History
from runner.model import Config

Answers = Mapping[Path, Builds]


def judgements(
    checked: Sequence[Loaded], history: History | None, answers: Answers
) -> list[Judged]:
    """Each file by all that is known of it."""
    return [
        judged(
            each,
            Known(
                history=history,
                builds=answers.get(each.file),
                packages=_packages(each.config),
                elsewhere=_elsewhere(each, checked, answers),
            ),
        )
        for each in checked
    ]


def answers_of(
    checked: Sequence[Loaded], manifest: Path | None, environ: Mapping[str, str]
) -> dict[Path, Builds]:
    """dbt's answers, by file, of the files that are valid; raises as :func:`asked` does."""
    from runner.cli.asking import asked  # late: few ask for it

    return {
        each.file: asked(each.config, environ, say, manifest) for each in checked if each.config
    }


def _elsewhere(loaded: Loaded, checked: Sequence[Loaded], answers: Answers) -> frozenset[str]:
    """What the jobs of the project's other files build, or may build."""
    others = (
        answers[other.file].may_be_built_by(job)
        for other in checked
        if other.file != loaded.file and other.file in answers
        if other.config and loaded.config and other.config.project == loaded.config.project
        for job in other.config.jobs.values()
        if job.enabled and job.deploys
    )
    return frozenset().union(*others)


def _packages(config: Config | None) -> Packages | None:
    """None without packages, or where the project can't be read: then dbt has the word."""
    try:
        if config is None or not has_packages(config.project):
            return None
        project = read_project(config.project)
    except (ConfigInvalid, OSError, ValueError):
        return None
    cleaned = project.get("clean-targets")
    return Packages(
        cleaned=packages_path(project) in (cleaned if isinstance(cleaned, list) else ())
    )
