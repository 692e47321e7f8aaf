"""What a run has built has to be where the run that goes on from its failure looks for it."""

from __future__ import annotations

from dataclasses import replace

from runner.errors import ConfigInvalid
from runner.execution.request import Request, schema_fields
from runner.execution.schema_name import schema_name
from runner.git import Checkout
from runner.record import Run


def check_same_place(request: Request, checkout: Checkout) -> None:
    """Raise ConfigInvalid where the environment, the target or the schema is another than then.

    To be asked before the new run has a record: that would say today's, beside steps that ran elsewhere.
    """
    former = request.goes_on
    if former is None or not any(step.argv for step in former.steps):
        return
    if moved := elsewhere(former, request.job.environment, request.job.target):
        raise _refused(former, moved)
    if moved := _another_schema(former, request, checkout):
        raise _refused(former, moved)


def elsewhere(former: Run, environment: str, target: str | None) -> str:
    """How the former run's environment or target is another than these, "" where neither is.

    A record that doesn't say its target is taken to be of this one; the new run's notes tell it.
    """
    run = f"run {former.run_id}"
    if former.environment != environment:
        return f"{run} was in environment {former.environment!a}, and the job is in {environment!a}"
    if former.target in (None, target or ""):
        return ""
    return f"{run} was on {_target(former.target)}, and this one would be on {_target(target)}"


def _target(name: str | None) -> str:
    return f"target {name!a}" if name else "the profile's default target"


def _another_schema(former: Run, request: Request, checkout: Checkout) -> str:
    template = request.environment.schema
    if template is None:
        return ""
    then = replace(checkout, commit=former.commit, branch=former.branch)
    before = schema_name(template, schema_fields(request, then))
    now = schema_name(template, schema_fields(request, checkout))
    if before == now:
        return ""
    return (
        f"run {former.run_id} wrote into schema {before}, and this one would into {now}:"
        f" the environment's schema is {template}"
    )


def _refused(former: Run, moved: str) -> ConfigInvalid:
    job = former.job
    return ConfigInvalid(
        f"the failure of run {former.run_id} can't be gone on from",
        why=f"{moved}; what was built there isn't what is there in this one",
        hint=f"start the job anew: dbt-gitops run {job}, or on GitHub dbt-gitops trigger {job} --cause …",
    )
