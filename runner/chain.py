"""What the end of a job starts, here and in other repositories: pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from runner.events import Upstream
from runner.model import Config, Ending
from runner.triggers import after


@dataclass(frozen=True, kw_only=True)
class Dependent:
    """A job that starts because another has ended.

    ``repository`` is "" where it is this one; otherwise ``token`` names the variable that holds a
    token for it, as ``$NAME``.
    """

    job: str
    repository: str = ""
    token: str = ""

    def __str__(self) -> str:
        return f"`{self.job}` of {self.repository}" if self.repository else f"`{self.job}`"


def dependents(config: Config, job: str, ending: Ending) -> tuple[Dependent, ...]:
    """What starts when ``job`` has ended so: this file's jobs in its order, then those elsewhere."""
    here = [Dependent(job=each.job) for each in after(config, job, ending).triggered]
    there = [
        Dependent(job=each.job, repository=each.repository, token=each.token)
        for each in config.jobs[job].dispatches
        if ending in each.on
    ]
    return (*here, *there)


def inputs(job: str, upstream: Upstream) -> dict[str, str]:
    """Of the `workflow_dispatch` that starts ``job``."""
    said = json.dumps({key: value for key, value in asdict(upstream).items() if value})
    return {"job": job, "cause": upstream.cause, "upstream": said}


def payload(job: str, upstream: Upstream) -> dict[str, Any]:
    """Of the `repository_dispatch` that starts ``job`` in another repository."""
    return {"job": job, "cause": upstream.cause, "upstream": asdict(upstream)}
