"""Which schemas the environments write into without a pull request: none of them is ever dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from runner.dbt.profiles import all_plain, find_profiles_dir, plain_schemas
from runner.errors import ConfigInvalid
from runner.execution.schema_name import schema_name
from runner.model import Config, Job


@dataclass(frozen=True, kw_only=True)
class Taken:
    """``names`` says of schemas, in small letters, which environment has them.

    ``unknown`` is an environment whose schemas can't all be known here, "" where there is none.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    unknown: str = ""


def taken_schemas(config: Config, environ: Mapping[str, str], note: Callable[[str], None]) -> Taken:
    """What the jobs file and the profiles tell; ``note`` is told once of what they don't."""
    names: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for job in config.jobs.values():
        found, why = _schemas(job, config, environ)
        reason = f"environment `{job.environment}` writes into it"
        names |= {name.lower(): reason for name in found}
        if why:
            unknown.setdefault(job.environment, why)
    for environment, why in unknown.items():
        note(f"the schema that environment `{environment}` writes into isn't known: {why}")
    return Taken(names=names, unknown=next(iter(unknown), ""))


def _schemas(job: Job, config: Config, environ: Mapping[str, str]) -> tuple[frozenset[str], str]:
    """A job's, and why they aren't all: "" where they are."""
    environment = config.environment_of(job)
    variables = {**environ, **job.env}
    names: frozenset[str] = frozenset()
    try:
        profiles = find_profiles_dir(environment.profiles_dir, config.project, variables)
        names = plain_schemas(profiles, job.target)
        known = all_plain(profiles, job.target)
        why = "" if known else "its profile doesn't name it, or in Jinja"
    except ConfigInvalid as error:
        why = error.what
    if environment.schema is None:
        return names, why
    try:
        return names | {schema_name(environment.schema, {"job": job.name})}, ""
    except ConfigInvalid:
        # It has another for each pull request, and no run without one; or for each branch or commit.
        sure = not job.deploys or "{pr_number}" in environment.schema
        return names, "" if sure else f"{environment.schema} may be any"
