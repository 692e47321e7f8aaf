"""What holds back a job that somebody, or another job's end, asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from runner.blocks import runs_apart
from runner.events import MAX_DEPTH, Dispatch, Upstream
from runner.history import Entry, History, same_run
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
    if event.rerun:
        yield from _rerun(job, event, asked.history)
    if event.upstream:
        yield from _after(job, event, event.upstream, asked.history)


def after_job(job: Job, name: str, ending: Ending) -> Iterator[Objection]:
    endings = [trigger.on for trigger in job.triggers.job if name in trigger.names]
    if not endings:
        yield "trigger", f"`{name}` doesn't start it"
    elif not any(ending in on for on in endings):
        wanted = " or ".join(dict.fromkeys(each for on in endings for each in on))
        yield "ending", f"`{name}` has ended: {ending}; it starts after {wanted}"


def awaited(job: Job, name: str, ending: Ending) -> tuple[str, ...]:
    """The jobs that this end starts it with, once all of them have ended; () where it is enough alone.

    Of several such triggers the first one's. Only for an end that :func:`after_job` has nothing against.
    """
    names = [trigger.names for trigger in _fitting(job, name, ending)]
    return () if any(len(each) == 1 for each in names) else names[0]


def incomplete(names: Iterable[str]) -> str:
    """Why a job that starts after all of these never does off the default branch."""
    return (
        "it can't be completed off the default branch: only there is it kept which of"
        f" {', '.join(f'`{name}`' for name in names)} have ended"
    )


def chained(event: Dispatch) -> bool:
    """Whether a job of this repository says that it has ended: what only its workflows can.

    A repository_dispatch comes from elsewhere, whatever it says.
    """
    upstream = event.upstream
    if upstream is None or event.event_type:
        return False
    return upstream.repository.lower() in ("", event.repository.lower())


def arrived(job: Job, event: Dispatch, history: History) -> Mapping[str, str]:
    """The upstream runs that have ended since the job was started last, this one among them.

    None that a newer run of its job has followed, however that ended: what starts after several goes
    with the newest of each. Off the default branch, where no history is written, this one alone: what the
    default branch waits for are ends of its own runs.
    """
    upstream = event.upstream
    assert upstream is not None, "something has ended"
    if not chained(event):  # its name is none of this repository's
        return {f"{upstream.job} of {upstream.repository}": upstream.run_id}
    fitting = _fitting(job, upstream.job, upstream.ending)
    several = any(len(trigger.names) > 1 for trigger in fitting) and not event.off_default
    waiting = history.waiting.get(job.name, {}) if several else {}
    newest = {name: run for name, run in waiting.items() if not _outrun(history, name, run)}
    return {**newest, upstream.job: upstream.run_id}


def _outrun(history: History, name: str, run_id: str) -> bool:
    """Whether a newer run of the job was planned; one that the history doesn't know any more is old."""
    newest = _newest(history, name)
    return newest is not None and not (
        same_run(run_id, newest.run_id) or same_run(newest.run_id, run_id)
    )


def _newest(history: History, name: str) -> Entry | None:
    return next(iter(history.of(name)), None)


def _after(job: Job, event: Dispatch, upstream: Upstream, history: History) -> Iterator[Objection]:
    if upstream.depth > MAX_DEPTH:
        yield (
            "depth",
            f"{upstream.depth} jobs have started each other until here, and {MAX_DEPTH} may:"
            f" do they go in a circle? `{upstream.job}` is the last of them",
        )
    here = arrived(job, event, history)
    if again := _started(job, here, upstream.run_id, history):
        yield (
            "handled",
            f"handled already by run {again}, which this end of `{upstream.job}` started",
        )
    if not chained(event):
        return
    if not event.off_default:
        yield from _waits(job, upstream, here, history)
    elif names := awaited(job, upstream.job, upstream.ending):
        yield "off-default", f"`{upstream.job}` has ended: {upstream.ending}; {incomplete(names)}"


def _started(job: Job, here: Mapping[str, str], run_id: str, history: History) -> str:
    """The run that the same upstream run has started before, "" without one."""
    name = next(name for name, known in here.items() if known == run_id)
    entries = history.of(job.name) if run_id else ()
    same = (each for each in entries if each.upstream.get(name) == run_id)
    found = next(same, None)
    return found.run_id if found else ""


def _waits(
    job: Job, upstream: Upstream, here: Mapping[str, str], history: History
) -> Iterator[Objection]:
    wanted = _fitting(job, upstream.job, upstream.ending)
    if any(len(trigger.names) == 1 for trigger in wanted):
        return
    missing = [[name for name in trigger.names if name not in here] for trigger in wanted]
    if wanted and all(missing):
        names = ", ".join(_awaited(history, name) for name in min(missing, key=len))
        yield "waits", f"`{upstream.job}` has ended: {upstream.ending}; it waits for {names}"


def _awaited(history: History, name: str) -> str:
    newest = _newest(history, name)
    if newest is None:
        return f"`{name}`"
    if newest.outcome is None:
        return f"`{name}` (run {newest.run_id} hasn't ended yet)"
    return f"`{name}` (a run after {newest.run_id}, which has ended: {newest.outcome.status})"


def _fitting(job: Job, name: str, ending: Ending) -> list[JobTrigger]:
    return [each for each in job.triggers.job if name in each.names and ending in each.on]


def _rerun(job: Job, event: Dispatch, history: History) -> Iterator[Objection]:
    """As far as the history knows; the run itself looks at what the former one has left."""
    latest = history.latest(job.name)
    if latest is None:
        return
    if not same_run(event.rerun, latest.run_id):
        yield "rerun", f"its latest run is {latest.run_id}, and only that can be run again"
    elif latest.outcome is None:
        yield "rerun", f"run {latest.run_id} hasn't ended yet"
    elif event.from_failure and latest.outcome.status in ("success", "skipped"):
        yield "rerun", f"run {latest.run_id} has no failure to go on from"


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
