"""What an event starts: the one place that decides, and says why and why not."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace

from runner.errors import ConfigInvalid
from runner.events import (
    Dispatch,
    Event,
    Merge,
    MergeGroup,
    PullRequest,
    PullRequestClosed,
    Tick,
    WorkflowRun,
)
from runner.model import Config, Ending, Environment, Job
from runner.triggers import rules
from runner.triggers.plan import Changes, NotTriggered, Plan, Trigger, Triggered, Verdict


def decide(config: Config, event: Event, changes: Changes, proposed: Config | None = None) -> Plan:
    """What the event starts.

    ``config`` is what holds: on a pull request the base's. ``proposed`` is the head's then; a job that
    is only there isn't run. Raises ConfigInvalid on a dispatch of a job that isn't there.
    """
    if isinstance(event, Dispatch) and event.job:
        _known(config, event.job)
    verdicts: list[Verdict] = [
        _as_base(_verdict(config, job, event, changes), config, proposed)
        for job in config.jobs.values()
    ]
    added = [name for name in (proposed.jobs if proposed else ()) if name not in config.jobs]
    reason = "the base's jobs file doesn't have it: it takes effect when it is merged"
    verdicts += [NotTriggered(job=name, code="not-in-base", reason=reason) for name in added]
    return Plan(verdicts=tuple(verdicts))


def after(config: Config, name: str, ending: Ending) -> Plan:
    """What the end of a job starts; raises ConfigInvalid where there is no such job."""
    _known(config, name)
    reason = f"`{name}` has ended: {ending}"
    return Plan(
        verdicts=tuple(
            _first(job, "job", reason, rules.after_job(job, name, ending))
            for job in config.jobs.values()
        )
    )


def _as_base(verdict: Verdict, config: Config, proposed: Config | None) -> Verdict:
    """The verdict, which says so where the job runs otherwise than the head's file declares it."""
    if proposed is None or not isinstance(verdict, Triggered):
        return verdict
    if _declared(config, verdict.job) == _declared(proposed, verdict.job):
        return verdict
    return replace(verdict, reason=f"{verdict.reason}; as the base's jobs file declares it")


def _declared(config: Config, name: str) -> tuple[Job, Environment] | None:
    job = config.jobs.get(name)
    return (job, config.environment_of(job)) if job else None


def _known(config: Config, name: str) -> None:
    if name not in config.jobs:
        near = difflib.get_close_matches(name, config.jobs, n=1)
        raise ConfigInvalid(
            f"there is no job {name!r} in {config.path.name}",
            why=f"its jobs are: {', '.join(config.jobs)}",
            hint=f"did you mean `{near[0]}`?" if near else "",
        )


def _verdict(config: Config, job: Job, event: Event, changes: Changes) -> Verdict:
    if isinstance(event, PullRequest):
        reason = f"pull request #{event.number} into {event.base_ref} ({event.action})"
        objections = rules.pull_request(config, job, event, changes)
        verdict = _first(job, "pull_request", reason + _unknown(changes), objections)
        return _without_connection(verdict, rules.parse_only(config, job, event))
    if isinstance(event, MergeGroup):
        reason = f"the merge queue of {event.base_ref} asks for checks"
        return _first(job, "merge_group", reason, rules.merge_group(config, job, event, changes))
    if isinstance(event, Merge):
        reason = f"push to {event.branch}"
        return _first(job, "merge", reason, rules.merge(config, job, event, changes))
    if isinstance(event, Tick):
        return _first(
            job, "schedule", f"the schedule {event.schedule} fired", rules.tick(job, event)
        )
    if isinstance(event, Dispatch):
        trigger: Trigger = "job" if event.upstream else "dispatch"
        return _first(job, trigger, _dispatched(event), rules.dispatch(job, event))
    return NotTriggered(job=job.name, code="event", reason=_idle(event))


def _first(
    job: Job, trigger: Trigger, reason: str, objections: Iterator[rules.Objection]
) -> Verdict:
    """The first objection decides; without any the job runs."""
    disabled: rules.Objection = ("disabled", "it is disabled in the jobs file")
    objection = next(objections, None) if job.enabled else disabled
    if objection is None:
        return Triggered(job=job.name, trigger=trigger, reason=reason)
    code, why_not = objection
    return NotTriggered(job=job.name, code=code, reason=why_not)


def _without_connection(verdict: Verdict, why: str) -> Verdict:
    if not why or not isinstance(verdict, Triggered):
        return verdict
    reason = f"{verdict.reason}; validated and parsed only: {why}"
    return replace(verdict, reason=reason, parse_only=why)


def _unknown(changes: Changes) -> str:
    return "" if changes.paths is not None else "; which files changed isn't known"


def _dispatched(event: Dispatch) -> str:
    cause = f": {event.cause}" if event.cause else ""
    if event.upstream:
        said = event.upstream.cause
        return said if event.cause == said else f"{said}{cause}"
    return f"run {event.rerun} is to be run again{cause}" if event.rerun else f"asked for{cause}"


def _idle(event: PullRequestClosed | WorkflowRun) -> str:
    if isinstance(event, PullRequestClosed):
        ending = "merged" if event.merged else "closed"
        return f"pull request #{event.number} is {ending}: that starts nothing"
    return "another workflow's run starts nothing"
