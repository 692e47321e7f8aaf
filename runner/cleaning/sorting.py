"""What of the recorded schemas may be dropped: pure. A record is believed in nothing that matters.

The pull request's number and job are those that its artifact's name says, environment and template
those of the base's jobs file, and the branch is the one that GitHub names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runner.cleaned import CleanedSchema
from runner.cleaning.records import Record
from runner.cleaning.taken import Taken
from runner.execution.own_schemas import Claim, why_not_own
from runner.model import Config
from runner.record import Run, Schema

# What every warehouse takes as a name, quoted or not; `--` would begin a comment.
SCHEMA = re.compile(r"[A-Za-z0-9_$]{1,255}")
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
DATABASE = re.compile(r"(?=.{0,255}$)([A-Za-z0-9_$]+(-[A-Za-z0-9_$]+)*)?")


def sort_out(records: Iterable[Record], config: Config, taken: Taken) -> tuple[CleanedSchema, ...]:
    """Each recorded schema once: ``listed``, or ``left`` with the reason."""
    found: dict[tuple[str, Schema], CleanedSchema] = {}
    for each in _all(records, config, taken):
        key = (each.environment, each.schema)
        if key not in found or found[key].fate == "left":
            found[key] = each
    return tuple(found.values())


def _all(records: Iterable[Record], config: Config, taken: Taken) -> Iterator[CleanedSchema]:
    for record in records:
        run = record.run
        refused = _why_not_of(run, config)
        for schema in run.own_schemas:
            reason = refused or _why_no_name(schema)
            reason = reason or why_not_own(schema, _claim(record, config, taken))
            yield CleanedSchema(
                pr_number=record.number,
                job=run.job,
                environment=run.environment,
                schema=schema,
                fate="left" if reason else "listed",
                reason=reason,
            )


def _why_not_of(run: Run, config: Config) -> str:
    """Why nothing that this run made is dropped."""
    job = config.jobs.get(run.job)
    if job is None:
        return "its job isn't in the jobs file any more"
    if job.deploys:
        return f"`{run.job}` isn't started by pull requests, so its schemas are a deployment's"
    if job.environment != run.environment:
        return f"`{run.job}` runs in environment `{job.environment}` now"
    return ""


def _why_no_name(schema: Schema) -> str:
    if SCHEMA.fullmatch(schema.schema) and DATABASE.fullmatch(schema.database):
        return ""
    return "its name holds more than letters, digits and underscores"


def _claim(record: Record, config: Config, taken: Taken) -> Claim:
    run = record.run
    environment = config.environments[run.environment]
    return Claim(
        number=record.number,
        environment=environment.name,
        template=environment.schema,
        fields={
            "pr_number": str(record.number),
            "job": run.job,
            # Of another length or other letters it would be any name.
            "sha7": run.commit[:7] if COMMIT.fullmatch(run.commit) else "",
            "branch": record.branch,
        },
        taken=taken.names,
        unknown=taken.unknown,
    )
