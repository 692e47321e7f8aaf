"""What a run has built has to be where the run that goes on from its failure looks for it."""

from __future__ import annotations

from runner.errors import ConfigInvalid
from runner.execution.request import Request, target_schema
from runner.git import Checkout
from runner.record import Run


def check_same_place(request: Request, checkout: Checkout) -> None:
    """Raise ConfigInvalid where the environment, the target or the schema is another than then.

    To be asked before the new run has a record: that would say today's, beside steps that ran elsewhere.
    """
    former = request.goes_on
    if former is None or not any(step.argv for step in former.steps):
        return
    moved = elsewhere(former, request.job.environment, request.job.target)
    if moved := moved or _another_schema(former, target_schema(request, checkout)):
        raise not_from_failure(former.run_id, moved)


def elsewhere(former: Run, environment: str, target: str | None) -> str:
    """How the former run's environment or target is another than these, "" where neither is.

    A record that doesn't say its target is taken to be of this one; the new run's notes tell it.
    """
    run = f"run {former.run_id}"
    if former.environment != environment:
        return another_environment(former.run_id, former.environment, environment)
    if former.target in (None, target or ""):
        return ""
    return f"{run} was on {_target(former.target)}, and this one would be on {_target(target)}"


def another_environment(run_id: str, then: str, now: str) -> str:
    return f"run {run_id} was in environment {then!a}, and the job is in {now!a}"


def _target(name: str | None) -> str:
    return f"target {name!a}" if name else "the profile's default target"


def _another_schema(former: Run, schema: str) -> str:
    """The same of the schema; a record that doesn't say its own is taken to be of this one, too."""
    if former.target_schema in (None, schema):
        return ""
    before = _schema(former.target_schema)
    return f"run {former.run_id} wrote into {before}, and this one would into {_schema(schema)}"


def _schema(name: str | None) -> str:
    return f"schema {name!a}" if name else "the profile's own schema"


def not_from_failure(run_id: str, moved: str) -> ConfigInvalid:
    """The hint holds for jobs that no dispatch starts, too."""
    return ConfigInvalid(
        f"the failure of run {run_id} can't be gone on from",
        why=f"{moved}; what was built there isn't what is there in this one",
        hint=f"run all of it again here: dbt-gitops rerun {run_id}, without --from-failure",
    )
