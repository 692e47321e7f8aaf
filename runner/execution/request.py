"""What was asked for: a job, who asked and why, and what the command line says differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from runner.config.build import core_requirement
from runner.durations import spell_duration
from runner.execution.former import Former
from runner.execution.schema_name import schema_name
from runner.git import Checkout
from runner.model import Config, Deferral, Environment, Job, PinnedDbt, Retries, VarValue
from runner.record import Run
from runner.steps import Step, parse_step

# With these a job builds what it would have built without them.
SAYING_THE_SAME = frozenset({"threads", "full", "defer_to", "timeout", "generate_docs"})


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What this run does differently from the jobs file; None and empty mean as the file says.

    ``dbt`` is a version of dbt-core, as the file writes it.
    """

    target: str | None = None
    threads: int | None = None
    vars: Mapping[str, VarValue] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    schema: str | None = None
    defer_to: Deferral | None = None
    full: bool = False
    git_ref: str | None = None
    dbt: str | None = None
    timeout: timedelta | None = None
    generate_docs: bool | None = None

    def given(self) -> dict[str, Any]:
        """Those that are given, as the record shows them. Values of `env` stay out of it."""
        shown: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value:
                shown[each.name] = value
        if self.generate_docs is not None:
            shown["generate_docs"] = self.generate_docs
        if self.steps:
            shown["steps"] = [step.text for step in self.steps]
        if self.defer_to:
            shown["defer_to"] = self.defer_to.to
        if self.env:
            shown["env"] = sorted(self.env)
        if self.timeout:
            shown["timeout"] = spell_duration(self.timeout)
        return shown

    def elsewhere(self) -> list[str]:
        """Those that make a run say nothing about the job as it is declared."""
        return sorted(set(self.given()) - SAYING_THE_SAME)


@dataclass(frozen=True, kw_only=True)
class Alongside:
    """A run beside others in one checkout, which whoever starts them all holds meanwhile.

    ``target`` is dbt's target folder for this one alone. ``installed``: packages are there, and
    another `dbt deps` would take them from those that run.
    """

    target: Path
    installed: bool


@dataclass(frozen=True, kw_only=True)
class Request:
    """One run that was asked for.

    ``pr_number`` is None outside a pull request, and ``head_branch``, the pull request's, "".
    ``parse_only`` says why dbt mustn't connect and only parses the project, "" where it may.
    ``run_id`` is "" and ``queued_at`` None where nobody has planned the run. ``replaced_by`` is the id of
    a newer run that does what this one would have done: it ends before it begins, "" where there is none.
    ``former`` is the run that this one runs again, None where it is a run of its own. ``remark`` is for
    the record. ``alongside`` is None where the run has the checkout to itself.
    """

    job: Job
    environment: Environment
    overrides: Overrides = Overrides()
    trigger: str = "manual"
    cause: str = ""
    actor: str = ""
    pr_number: int | None = None
    head_branch: str = ""
    parse_only: str = ""
    run_id: str = ""
    queued_at: datetime | None = None
    replaced_by: str = ""
    alongside: Alongside | None = None
    former: Former | None = None
    remark: str = ""

    @property
    def goes_on(self) -> Run | None:
        """The run from whose failure this one goes on, None where all is run."""
        return self.former.run if self.former and self.former.from_failure else None


def parsing(request: Request, why: str) -> Request:
    """The request as a parse of the project, without a connection and without secrets.

    A profile reads the secrets while it is parsed; what stands in their place opens nothing.
    """
    absent = dict.fromkeys(request.environment.secrets, "not-given")
    job = replace(
        request.job,
        steps=(parse_step("dbt parse"),),
        env={**absent, **request.job.env},
        defer=None,
        source_freshness=False,
        generate_docs=False,
        retries=Retries(),
    )
    environment = replace(request.environment, secrets=())
    return replace(request, job=job, environment=environment, parse_only=why)


def without_deps(request: Request) -> Request:
    """The request without its `dbt deps`, as far as other steps are left."""
    steps = tuple(step for step in request.job.steps if step.command != "deps")
    return replace(request, job=replace(request.job, steps=steps or request.job.steps))


def schema_fields(request: Request, checkout: Checkout) -> dict[str, str]:
    """What fills the environment's schema; a field that this run doesn't have is ""."""
    return {
        "pr_number": str(request.pr_number or ""),
        "job": request.job.name,
        "sha7": checkout.commit[:7],
        # GitHub Actions checks a pull request out detached, at a merge commit.
        "branch": checkout.branch or request.head_branch,
    }


def target_schema(request: Request, checkout: Checkout) -> str:
    """The schema that the run writes into, "" where that is the profile's own; raises ConfigInvalid."""
    template = request.environment.schema
    return "" if template is None else schema_name(template, schema_fields(request, checkout))


def with_overrides(config: Config, name: str, overrides: Overrides) -> tuple[Job, Environment]:
    """The job and its environment, as this run has them."""
    job = config.jobs[name]
    environment = config.environment_of(job)
    job = replace(
        job,
        target=overrides.target or job.target,
        threads=overrides.threads or job.threads,
        vars={**job.vars, **overrides.vars},
        env={**job.env, **overrides.env},
        steps=overrides.steps or job.steps,
        defer=None if overrides.full else overrides.defer_to or job.defer,
        timeout=overrides.timeout or job.timeout,
        generate_docs=_either(overrides.generate_docs, job.generate_docs),
    )
    dbt = environment.dbt
    if overrides.dbt and isinstance(dbt, PinnedDbt):
        dbt = replace(dbt, core=core_requirement(overrides.dbt))
    return job, replace(environment, schema=overrides.schema or environment.schema, dbt=dbt)


def _either(said: bool | None, declared: bool) -> bool:
    return declared if said is None else said
