"""A jobs file is that of one dbt project: which one, and what is of another."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from runner.importing.commands import StepOf
from runner.importing.draft import Draft

ELSEWHERE = "it is of the dbt project in {}, and a jobs file is that of one project"


def most_used(steps: Iterable[StepOf]) -> str:
    """The folder of the project that most steps are of, the first of several such."""
    found = Counter(project_of(step) for step in steps if step.step is not None)
    return next((folder for folder, _ in found.most_common(1)), ".")


def project_of(step: StepOf) -> str:
    return posixpath.normpath(str(step.settings.get("project", ".")))


def only_of(project: str, step: StepOf, hint: str) -> StepOf:
    """The step; dropped where it is of another project, whose folder the hint may name as ``{}``."""
    there = project_of(step)
    if step.step is None or there == project:
        return step
    return StepOf(step=None, why=ELSEWHERE.format(there), hint=hint.format(there))


def seen_from(draft: Draft, jobs_file: Path) -> Draft:
    """The draft with its folders from the folder of the jobs file, no more from this one."""
    start = jobs_file.parent
    if not start.is_absolute() and start != Path():
        draft.top["project"] = _from(str(start), draft.top.get("project", "."))
        for body in draft.environments.values():
            if "profiles_dir" in body:
                body["profiles_dir"] = _from(str(start), body["profiles_dir"])
    if draft.top.get("project") == ".":
        del draft.top["project"]
    return draft


def _from(start: str, folder: str) -> str:
    return folder if posixpath.isabs(folder) else posixpath.relpath(folder, start)
