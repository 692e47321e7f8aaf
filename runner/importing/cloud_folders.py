"""The folders in which dbt Cloud starts dbt, and the one dbt project that a jobs file is of."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from runner.importing.commands import StepOf

Json = Mapping[str, Any]
SUBDIRECTORY = "dbt_project_subdirectory"
ELSEWHERE = "write it by hand into a jobs file of its own, {}/dbt_jobs.yml"


def folder_of(job: Json, otherwise: str) -> str:
    """Where it runs, from the repository, of which a project's subdirectory is always a part."""
    place = job.get("environment")
    if not isinstance(place, Mapping) or SUBDIRECTORY not in place:
        return otherwise
    written = str(place[SUBDIRECTORY] or "").strip()
    return posixpath.normpath(f"/{written}").strip("/") or "."


def folder_of_most(jobs: Iterable[Json]) -> str:
    """That of a project's jobs which don't say theirs; "." where the others don't agree."""
    known = {folder for job in jobs if (folder := folder_of(job, ""))}
    return known.pop() if len(known) == 1 else "."


def started_in(folder: str, step: StepOf) -> StepOf:
    """The step with its project from the repository."""
    project = posixpath.normpath(posixpath.join(folder, step.settings.get("project", ".")))
    return replace(step, settings={**step.settings, "project": project})
