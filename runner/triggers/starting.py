"""What a plan starts, as the history has it: an entry for each run before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runner.events import Dispatch, Event
from runner.history import LEFT_NO_WORD, Entry, History, Outcome
from runner.history_changes import ended, handled, noticed, started, trimmed
from runner.model import Config, Job
from runner.triggers.plan import Plan, Triggered

# A run may wait for its turn beyond its timeout; GitHub's own limit holds where it has none.
SLACK = timedelta(hours=1)
LONGEST = timedelta(hours=6)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What plans: a workflow's run at a commit of a branch, or nothing of GitHub's."""

    now: datetime
    actor: str = ""
    commit: str = ""
    branch: str = ""
    workflow_run: int = 0
    attempt: int = 0


def entries(
    files: Sequence[Config],
    plan: Plan,
    event: Event,
    origin: Origin,
    new_id: Callable[[str], str],
) -> tuple[Entry, ...]:
    """One for each job that the plan starts, in its order; ``new_id`` makes a run's id of a job."""
    places = {name: config for config in files for name in config.jobs}
    slots = slots_of(files)
    return tuple(
        _entry(places[each.job], each, event, origin, new_id(each.job), slots[each.job])
        for each in plan.triggered
    )


def slots_of(files: Iterable[Config]) -> dict[str, int | None]:
    """Which of the ``run_slots`` each job takes, from 1: by its place among all jobs of all files.

    It hangs on nothing that happens, so a job's runs are always in one slot and never overlap. None
    without slots, and for a job whose newer run would cancel whatever holds the slot.
    """
    jobs = [(config.run_slots, job) for config in files for job in config.jobs.values()]
    return {
        job.name: index % slots + 1 if slots and job.concurrency != "cancel" else None
        for index, (slots, job) in enumerate(jobs)
    }


def group(job: str, slot: int | None) -> str:
    """The concurrency group that a deployment waits in; the dots, for no job's name has one."""
    return f"dbt.slot.{slot}" if slot else f"dbt.job.{job}"


def planned(history: History, plan: Plan, new: Iterable[Entry], now: datetime) -> History:
    """With what is started, waits and was missed."""
    history = started(history, new)
    waiting = {
        **{job: here for job, here in history.waiting.items() if job not in _started(plan)},
        **{each.job: each.waiting for each in plan.not_triggered if each.waiting},
    }
    history = replace(history, waiting=waiting)
    if plan.window:
        history = noticed(history, plan.window.missed)
        history = handled(history, plan.window.handled_until, plan.window.schedules)
    return trimmed(history, now)


def lost(history: History, jobs: Mapping[str, Job], now: datetime) -> tuple[Entry, ...]:
    """The runs that should have ended long ago and have no outcome, newest first."""
    return tuple(
        entry
        for entry in history.entries
        if entry.outcome is None and now - entry.planned_at > _longest(jobs, entry.job) + SLACK
    )


def without_lost(history: History, entries: Iterable[Entry]) -> History:
    """With an outcome for each, so that nothing waits for it; its own word takes its place."""
    for entry in entries:
        outcome = Outcome(status="cancelled", reason=LEFT_NO_WORD)
        history = ended(history, entry.run_id, outcome)
    return history


def _entry(
    config: Config, each: Triggered, event: Event, origin: Origin, run_id: str, slot: int | None
) -> Entry:
    job = config.jobs[each.job]
    cause = event.cause if isinstance(event, Dispatch) and event.cause else each.reason
    return Entry(
        run_id=run_id,
        job=job.name,
        environment=job.environment,
        trigger=each.trigger,
        cause=cause,
        planned_at=origin.now,
        actor=origin.actor,
        commit=origin.commit,
        branch=origin.branch,
        scheduled_for=each.scheduled_for,
        coalesced=each.coalesced,
        workflow_run=origin.workflow_run,
        attempt=origin.attempt,
        slot=slot,
        upstream=each.upstream,
        rerun_of=event.rerun if isinstance(event, Dispatch) else "",
    )


def _started(plan: Plan) -> frozenset[str]:
    return frozenset(each.job for each in plan.triggered)


def _longest(jobs: Mapping[str, Job], name: str) -> timedelta:
    timeout = jobs[name].timeout if name in jobs else None
    return timeout or LONGEST
