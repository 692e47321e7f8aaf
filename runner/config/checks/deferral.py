"""Deferral that leads nowhere, and selectors that need it."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.checks.steps import step_of
from runner.config.nodes import Scalar
from runner.config.targets import Ambiguous, Target, Unknown, resolve
from runner.config.text import shown
from runner.config.written import Written, WrittenJob
from runner.model import Problem
from runner.steps import compares
from runner.unknown import did_you_mean


def deferral_targets(written: Written) -> Iterator[Problem]:
    """Deferrals to what isn't there, or to what never publishes state."""
    environments, jobs = set(written.names("environments")), set(written.names("jobs"))
    publishing = {job.environment for job in written.jobs.values() if job.deploys}
    for job in written.jobs.values():
        to = job.defers.scalar("to") if job.defers else None
        if to is None:
            continue
        target = resolve(to.text, job.name, environments, jobs)
        if isinstance(target, Unknown):
            yield _unknown(written, to, target)
        elif isinstance(target, Ambiguous):
            yield _ambiguous(written, to)
        else:
            yield from _unpublished(written, job, to, target, publishing)


def state_without_deferral(written: Written) -> Iterator[Problem]:
    """Selectors that compare with state in jobs that don't say with which."""
    for job in written.jobs.values():
        if job.defers or written.is_unsound(job, "defer"):
            continue
        for node in job.settings.scalars("steps"):
            step = step_of(node.text)
            if step is None or not step.needs_state or step.option("--state") is not None:
                continue
            word = next(word for _, word in step.criteria() if compares(word))
            names = written.names("environments")
            yield written.source.problem(
                written.source.narrowed(node.span, word),
                "state-without-defer",
                f"{shown(word)} compares with state, and job {shown(job.name)} has no `defer`",
                why="`defer` says which run's state to compare with",
                hint=f"add `defer: {{ to: {names[0] if names else 'production'} }}` to the job",
            )


def _unknown(written: Written, to: Scalar, target: Unknown) -> Problem:
    what = f"there is no {target.kind} {shown(target.name)} to defer to"
    known = ["self"] if target.kind == "environment or job" else []
    known += written.names("environments") if "environment" in target.kind else []
    known += written.names("jobs") if "job" in target.kind else []
    hint = did_you_mean(target.name, known) or "name an environment, a job, or `self`"
    return written.source.problem(to.span, "unknown-deferral", what, hint=hint)


def _ambiguous(written: Written, to: Scalar) -> Problem:
    what = f"{shown(to.text)} is both an environment and a job"
    hint = f"write `environment:{to.text}` or `job:{to.text}`"
    return written.source.problem(to.span, "ambiguous-deferral", what, hint=hint)


def _unpublished(
    written: Written, job: WrittenJob, to: Scalar, target: Target, publishing: set[str | None]
) -> Iterator[Problem]:
    """Only a deployment job publishes state; where there is none, there will never be any."""
    if target.job is not None:
        other = written.jobs.get(target.job)
        if other is None or other.deploys:
            return
        what = f"job {shown(other.name)} never publishes state"
        why = "pull requests start it, and only jobs that no pull request starts publish state"
        hint = "defer to the environment or the job that builds production"
        if other.name == job.name:
            hint = f"{hint}, not to `self`"
    else:
        if target.environment in publishing or not written.every_job_is_placed:
            return
        what = f"nothing ever publishes state in environment {shown(str(target.environment))}"
        runs = any(other.environment == target.environment for other in written.jobs.values())
        why = "each of its jobs is started by pull requests" if runs else "no job runs in it"
        hint = "defer to an environment with a job that a schedule or a merge starts"
    yield written.source.problem(to.span, "never-published", what, why=why, hint=hint)
