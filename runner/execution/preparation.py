"""What a run needs before its first step, besides the engine: the profile and the state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runner.dbt.argv import JobFlags
from runner.dbt.profiles import find_profiles_dir, plain_schemas, write_overlay
from runner.dbt.rewriting import RewritingFailed, manifest_schemas
from runner.errors import StateUnresolved
from runner.execution.deferral import (
    Decision,
    check_manifest,
    decide,
    decide_again,
    gone,
    newest,
)
from runner.execution.project import MANIFEST, Project
from runner.execution.request import Request, target_schema
from runner.execution.sequence import now
from runner.execution.surroundings import Surroundings
from runner.model import Job

DEFERRED_TO = "it is in the manifest that the run defers to"


def profiles_dir(request: Request, around: Surroundings, scratch: Path) -> Path:
    """The folder of profiles.yml; a copy in ``scratch`` where the run writes into another schema."""
    variables = {**around.environ, **request.job.env}
    found = find_profiles_dir(request.environment.profiles_dir, around.config.project, variables)
    if request.environment.schema is None:
        return found
    schema = target_schema(request, around.checkout)
    around.reporter.say(f"schema: {schema}")
    return write_overlay(found, schema, scratch / "profiles")


def decide_deferral(request: Request, around: Surroundings) -> Decision:
    """Raises StateUnresolved where the job says that missing state is a failure."""
    job, store = request.job, around.store
    if request.overrides.full:
        return Decision(action="full", text="full build: asked for by --full")
    if request.former:
        again = decide_again(job, request.former, around.config, now())
        if again:
            return again
    found = newest(store, job.defer) if job.defer else None
    return decide(job, found, around.config, store.location, now())


def fetch_state(
    decision: Decision, request: Request, around: Surroundings, project: Project, into: Path
) -> Path | None:
    """The folder that ``--state`` names, with the decision's manifest; None without one."""
    if decision.state is None:
        return None
    into.mkdir()
    try:
        around.store.fetch(decision.state, into)
    except StateUnresolved as error:
        if request.former:
            raise gone(request.former, decision.state, error) from error
        raise
    check_manifest(into, decision.state, project.name)
    return into


def job_flags(job: Job, profiles: Path, state: Path | None) -> JobFlags:
    """What the job adds to its commands; what it compares with is what it defers to."""
    return JobFlags(
        target=job.target,
        threads=job.threads,
        vars=job.vars,
        profiles_dir=profiles,
        state=state,
        defer_state=state,
    )


def taken_schemas(request: Request, around: Surroundings, state: Path | None) -> dict[str, str]:
    """Names of schemas, in small letters, that are no pull request's own, and why."""
    if request.pr_number is None or request.environment.schema is None:
        return {}
    variables = {**around.environ, **request.job.env}
    found = find_profiles_dir(request.environment.profiles_dir, around.config.project, variables)
    plain = {
        name.lower(): f"target `{request.job.target or 'default'}` writes into it too"
        for name in plain_schemas(found, request.job.target)
    }
    try:
        deferred = manifest_schemas(state / MANIFEST) if state else ()
    except RewritingFailed as error:
        raise StateUnresolved("the manifest to defer to can't be read", why=str(error)) from error
    return {**plain, **{each.schema.lower(): DEFERRED_TO for each in deferred}}


def without_state(request: Request) -> Request:
    """The request as a full build: no step compares with a state that isn't there."""
    steps = tuple(step.without_state() for step in request.job.steps)
    return replace(request, job=replace(request.job, steps=steps))
