"""What holds back a job that somebody, or another job's end, asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.blocks import runs_apart
from runner.events import MAX_DEPTH, Dispatch, Upstream
from runner.history import History
from runner.model import Config, Ending, Job, JobTrigger
from runner.triggers.rules import Objection


@dataclass(frozen=True, kw_only=True)
class Asked:
    """``config`` has the job, ``policy`` is the file that says what a dispatch may override.

    That is the default branch's, whatever is dispatched on; ``config`` itself where they are one.
    """

    config: Config
    policy: Config
    history: History


def dispatch(job: Job, event: Dispatch, asked: Asked) -> Iterator[Objection]:
    if event.job != job.name:
        yield "dispatch", f"`{event.job}` was asked for" if event.job else _no_job(event)
        return
    if not runs_apart(job):
        yield "trigger", "only pull requests start it"
    if event.upstream and chained(event):
        yield from after_job(job, event.upstream.job, event.upstream.ending)
    elif not job.triggers.dispatch and not event.rerun:
        yield "trigger", "it doesn't have `dispatch: true`"
    yield from _overrides(job, event, asked)
    if event.upstream:
        yield from _after(job, event.upstream, chained(event), asked.history)


def after_job(job: Job, name: str, ending: Ending) -> Iterator[Objection]:
    endings = [trigger.on for trigger in job.triggers.job if name in trigger.names]
    if not endings:
        yield "trigger", f"`{name}` doesn't start it"
    elif not any(ending in on for on in endings):
        wanted = " or ".join(dict.fromkeys(each for on in endings for each in on))
        yield "ending", f"`{name}` has ended: {ending}; it starts after {wanted}"


def chained(event: Dispatch) -> bool:
    """Whether a job of this repository says that it has ended: what only its workflows can.

    A repository_dispatch comes from elsewhere, whatever it says.
    """
    upstream = event.upstream
    if upstream is None or event.event_type:
        return False
    return upstream.repository.lower() in ("", event.repository.lower())


def arrived(job: Job, upstream: Upstream, history: History) -> Mapping[str, str]:
    """The upstream runs that have ended since the job was started last, this one among them."""
    before = history.waiting.get(job.name, {}) if _of_several(job, upstream) else {}
    return {**before, upstream.job: upstream.run_id}


def _after(job: Job, upstream: Upstream, in_chain: bool, history: History) -> Iterator[Objection]:
    if upstream.too_deep:
        yield (
            "depth",
            f"{upstream.depth} jobs have started each other until here, and {MAX_DEPTH} may:"
            f" do they go in a circle? `{upstream.job}` is the last of them",
        )
    if again := _started(job, upstream, history):
        yield (
            "handled",
            f"handled already by run {again}, which this end of `{upstream.job}` started",
        )
    if in_chain:
        yield from _waits(job, upstream, history)


def _started(job: Job, upstream: Upstream, history: History) -> str:
    """The run that the same upstream run has started before, "" without one."""
    if not upstream.run_id:
        return ""
    entries = history.of(job.name)
    same = (each for each in entries if each.upstream.get(upstream.job) == upstream.run_id)
    found = next(same, None)
    return found.run_id if found else ""


def _waits(job: Job, upstream: Upstream, history: History) -> Iterator[Objection]:
    wanted = [trigger for trigger in job.triggers.job if _fits(trigger, upstream)]
    if any(len(trigger.names) == 1 for trigger in wanted):
        return
    here = arrived(job, upstream, history)
    missing = [[name for name in trigger.names if name not in here] for trigger in wanted]
    if wanted and all(missing):
        names = ", ".join(f"`{name}`" for name in min(missing, key=len))
        yield "waits", f"`{upstream.job}` has ended: {upstream.ending}; it waits for {names}"


def _of_several(job: Job, upstream: Upstream) -> bool:
    return any(len(each.names) > 1 and _fits(each, upstream) for each in job.triggers.job)


def _fits(trigger: JobTrigger, upstream: Upstream) -> bool:
    return upstream.job in trigger.names and upstream.ending in trigger.on


def _overrides(job: Job, event: Dispatch, asked: Asked) -> Iterator[Objection]:
    given = event.overrides.given()
    if not given:
        return
    policy = asked.policy.jobs.get(job.name)
    trigger = policy.triggers.dispatch if policy else None
    allowed = trigger.overrides if trigger else ()
    whose = "" if asked.policy is asked.config else "the default branch's jobs file says that "
    if refused := [name for name in given if name not in allowed]:
        may = f"may override {', '.join(allowed)}" if allowed else "may override nothing"
        yield "override", f"{', '.join(refused)} can't be overridden: {whose}a dispatch {may}"
    secrets = {
        name
        for config in (asked.config, asked.policy)
        if job.name in config.jobs
        for name in config.environment_of(config.jobs[job.name]).secrets
    }
    if named := sorted(secrets & {*event.overrides.env}):
        yield (
            "override",
            f"{', '.join(named)} can't be overridden: it is a secret of its environment",
        )


def _no_job(event: Dispatch) -> str:
    if event.event_type:
        return f"the repository_dispatch {event.event_type} names no job"
    return "the dispatch names no job"
