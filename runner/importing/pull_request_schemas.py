"""The schema of pull requests, which an importer proposes, where a jobs file is there already.

An environment's schema is that of all its jobs, so it is never given to one with jobs of other kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import ConfigInvalid
from runner.importing.changes import at

Plain = dict[str, Any]


def keep_apart(content: Plain, there: Plain) -> None:
    """Leave out of a draft's content each such schema that people have decided on, or that is of others.

    A job that has a place of its own for pull requests stays there. Raises ConfigInvalid where a job would
    need one that other jobs are in.
    """
    for name, environment in [*content.get("environments", {}).items()]:
        before = at(there, ("environments", name))
        inside = _jobs_in(there, name)
        if "schema" not in environment or before is None or not (before.get("schema") or inside):
            continue
        schema = environment.pop("schema")
        jobs = _jobs_in(content, name)
        if others := [each for each in inside if each not in jobs]:
            for job in jobs:
                if job not in inside and not before.get("schema"):
                    _stay(content, there, job, _Taken(name=name, schema=schema, others=others))
            if not _jobs_in(content, name):
                del content["environments"][name]


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """An environment with the jobs ``others``, for which a schema of pull requests was proposed."""

    name: str
    schema: str
    others: list[str]

    def refusal(self, job: str) -> ConfigInvalid:
        named = ", ".join(f"`{each}`" for each in self.others)
        return ConfigInvalid(
            f"nothing is written: `{job}` is for pull requests, and its environment `{self.name}` has "
            f"other jobs: {named}",
            why=f"its schema, `{self.schema}`, would be theirs, too",
            hint="give those another environment in the jobs file, or remove them, and import again",
        )


def _stay(content: Plain, there: Plain, job: str, taken: _Taken) -> None:
    """Leave a job in the environment that it has, with what the draft says of the one taken."""
    own = at(there, ("jobs", job, "environment"))
    if not at(there, ("environments", str(own), "schema")):
        raise taken.refusal(job)
    content["jobs"][job]["environment"] = own
    body = content["environments"][taken.name]
    content["environments"].setdefault(own, {**body})


def _jobs_in(whole: Mapping[str, Any], environment: str) -> list[str]:
    jobs = whole.get("jobs") or {}
    return [name for name in jobs if at(jobs, (name, "environment")) == environment]
