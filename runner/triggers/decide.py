"""What an event starts: the one place that decides, and says why and why not."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timezone

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
from runner.history import History
from runner.model import Config, Ending, Environment, Job
from runner.schedule.due import due
from runner.triggers import dispatches, rules, ticks
from runner.triggers.dispatches import Asked
from runner.triggers.plan import Changes, NotTriggered, Plan, Trigger, Triggered, Verdict
from runner.unknown import no_such


def decide(
    config: Config,
    event: Event,
    changes: Changes,
    proposed: Config | None = None,
    *,
    history: History | None = None,
    now: datetime | None = None,
    policy: Config | None = None,
    elsewhere: Collection[str] = (),
) -> Plan:
    """What the event starts.

    ``config`` is what holds: on a pull request the base's. ``proposed`` is the head's then; a job that
    is only there isn't run. ``history`` and ``now`` count for what pull requests don't start; without
    a history nothing was started before. ``policy`` is the default branch's jobs file where another is
    dispatched on, ``elsewhere`` the jobs of other files. Raises ConfigInvalid on a dispatch of a job
    that isn't there.
    """
    if isinstance(event, Dispatch) and event.job:
        _known(config, event.job, elsewhere)
    if isinstance(event, Tick):
        return _ticked(config, event, history, now or datetime.now(timezone.utc))
    asked = Asked(config=config, policy=policy or config, history=history or History())
    verdicts: list[Verdict] = [
        _as_base(_verdict(asked, job, event, changes), config, proposed)
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
            _first(job, "job", reason, dispatches.after_job(job, name, ending))
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


def _known(config: Config, name: str, elsewhere: Collection[str] = ()) -> None:
    jobs = dict.fromkeys([*config.jobs, *sorted(elsewhere)])
    if name not in jobs:
        raise no_such("job", name, jobs, "" if elsewhere else os.path.relpath(config.path))


def _ticked(config: Config, event: Tick, history: History | None, now: datetime) -> Plan:
    window = due(config.jobs.values(), history, now, event.schedule)
    tick = ticks.ticked(window, history or History(), event.schedule, now)
    verdicts = tuple(
        ticks.verdict(job, tick) if job.enabled else _disabled(job) for job in config.jobs.values()
    )
    failing = frozenset(
        each.job
        for each in verdicts
        if isinstance(each, NotTriggered) and each.code == "disabled_after"
    )
    return Plan(verdicts=verdicts, window=ticks.without(window, failing, now))


def _verdict(asked: Asked, job: Job, event: Event, changes: Changes) -> Verdict:
    config = asked.config
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
        objections = rules.merge(config, job, event, changes)
        return _if_sound(_first(job, "merge", reason, objections), job, asked.history)
    if isinstance(event, Dispatch):
        return _asked_for(asked, job, event)
    assert not isinstance(event, Tick), "a tick decides on all jobs at once"
    return NotTriggered(job=job.name, code="event", reason=_idle(event))


def _asked_for(asked: Asked, job: Job, event: Dispatch) -> Verdict:
    """What is said of all upstream runs goes with it, whether it starts or waits."""
    trigger: Trigger = "job" if event.upstream else "dispatch"
    objections = dispatches.dispatch(job, event, asked)
    verdict = _first(job, trigger, _dispatched(event), objections)
    if event.upstream is None:
        return verdict
    upstream = dispatches.arrived(job, event, asked.history)
    if isinstance(verdict, NotTriggered):
        return replace(verdict, waiting=upstream) if verdict.code == "waits" else verdict
    return _if_sound(replace(verdict, upstream=upstream), job, asked.history)


def _if_sound(verdict: Verdict, job: Job, history: History) -> Verdict:
    """The verdict, unless the job has failed too often to start without a person's word."""
    objection = ticks.failing(job, history) if isinstance(verdict, Triggered) else None
    if objection is None:
        return verdict
    code, why_not = objection
    return NotTriggered(job=job.name, code=code, reason=why_not)


def _first(
    job: Job, trigger: Trigger, reason: str, objections: Iterator[rules.Objection]
) -> Verdict:
    """The first objection decides; without any the job runs."""
    if not job.enabled:
        return _disabled(job)
    objection = next(objections, None)
    if objection is None:
        return Triggered(job=job.name, trigger=trigger, reason=reason)
    code, why_not = objection
    return NotTriggered(job=job.name, code=code, reason=why_not)


def _disabled(job: Job) -> NotTriggered:
    return NotTriggered(job=job.name, code="disabled", reason="it is disabled in the jobs file")


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
        here = dispatches.chained(event)
        upstream = replace(event.upstream, repository="") if here else event.upstream
        said = upstream.cause
        return said if event.cause == said else f"{said}{cause}"
    return f"run {event.rerun} is to be run again{cause}" if event.rerun else f"asked for{cause}"


def _idle(event: PullRequestClosed | WorkflowRun) -> str:
    if isinstance(event, PullRequestClosed):
        ending = "merged" if event.merged else "closed"
        return f"pull request #{event.number} is {ending}: that starts nothing"
    return "another workflow's run starts nothing"
