"""What a job defers to, what may stop, replace or skip it, and who is told."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config import Loaded
from runner.durations import spell_duration
from runner.execution.explaining.timing import quoted, where
from runner.model import Channel, Config, Deferral, Job
from runner.reports.explanation import Fact, Section
from runner.reports.text import counted

MISSING = {
    "fail": "where that is missing, it fails before anything is built (exit code 3)",
    "full": "where that is missing, it builds in full, without deferral and without comparing",
    "skip": "where that is missing, it does nothing, and says so",
}
BUSY = {
    "replace": "while it runs, one run more may wait for its turn, and a newer one replaces that",
    "queue": "while it runs, all others wait for their turn, in order",
    "cancel": "a newer run of it cancels the one that runs",
}


def deferral(loaded: Loaded, config: Config, job: Job) -> Section:
    facts = tuple(_deferral(loaded, config, job))
    return Section(key="defers_to", title="What it defers to", facts=facts)


def limits(loaded: Loaded, config: Config, job: Job) -> Section:
    title = "What may stop, replace or skip it"
    return Section(key="limits", title=title, facts=tuple(_limits(loaded, config, job)))


def told(loaded: Loaded, config: Config, job: Job) -> Section:
    return Section(key="told", title="Who is told", facts=tuple(_told(loaded, config, job)))


def _deferral(loaded: Loaded, config: Config, job: Job) -> Iterator[Fact]:
    at = where(loaded, job, "defer")
    if job.defer is None:
        yield Fact(text="nothing: every ref points into its own target", where=at)
        return
    whose, sources = _state(config, job, job.defer)
    text = f"the manifest of the last successful run of {whose}: refs to what it doesn't build point there"
    yield Fact(text=text, where=at)
    if not sources:
        yield Fact(text="no job publishes that: only a deployment job does", where=at)
    if any(step.needs_state for step in job.steps):
        compared = (
            "the commit that the pull request starts from" if not job.deploys else "that manifest"
        )
        yield Fact(text=f"it compares with {compared}")
    yield Fact(text=MISSING[job.defer.on_missing], where=where(loaded, job, "defer", "on_missing"))


def _state(config: Config, job: Job, defer: Deferral) -> tuple[str, tuple[str, ...]]:
    """Whose state it is, and the jobs that publish it."""
    if defer.job:
        own = "itself" if defer.job == job.name else f"job `{defer.job}`"
        return own, (defer.job,) if config.jobs[defer.job].deploys else ()
    jobs = config.jobs.values()
    sources = tuple(j.name for j in jobs if j.environment == defer.environment and j.deploys)
    which = f" ({quoted(sources, 'or')})" if sources else ""
    return f"any job of environment `{defer.environment}`{which}", sources


def _limits(loaded: Loaded, config: Config, job: Job) -> Iterator[Fact]:
    if not job.enabled:
        yield Fact(text="it is disabled", where=where(loaded, job, "enabled"))
    triggers = job.triggers
    planned = any((job.deploys, triggers.schedule, triggers.merge, triggers.job, triggers.dispatch))
    if planned:
        yield Fact(text=BUSY[job.concurrency], where=where(loaded, job, "concurrency"))
    if not job.deploys:
        yield Fact(text="a newer commit of a pull request cancels the run of an older one")
    if planned and config.run_slots and job.concurrency != "cancel":
        slots = counted(config.run_slots, "slot")
        text = f"deployments share {slots}: with none free, a run waits"
        yield Fact(text=text, where=loaded.place("run_slots"))
    if job.timeout:
        text = f"it is stopped after {spell_duration(job.timeout)} (exit code 6)"
        yield Fact(text=text, where=where(loaded, job, "timeout"))
    else:
        yield Fact(text="it has no timeout: GitHub ends it after 6 hours")
    if job.retries.attempts:
        times = "once" if job.retries.attempts == 1 else f"up to {job.retries.attempts} times"
        pause = f", {spell_duration(job.retries.delay)} later" if job.retries.delay else ""
        text = f"what fails in a step is run again {times}{pause}"
        yield Fact(text=text, where=where(loaded, job, "retries"))
    yield from _left_out(loaded, job)


def _left_out(loaded: Loaded, job: Job) -> Iterator[Fact]:
    if job.disable_after:
        runs = (
            "its last run has"
            if job.disable_after == 1
            else f"{job.disable_after} runs in a row have"
        )
        text = f"where {runs} failed, nothing but a person's word starts it, until a success"
        yield Fact(text=text, where=where(loaded, job, "disable_after"))
    if job.triggers.schedule and job.enabled:
        text = f"a fire time older than {spell_duration(job.grace)} is missed; of several, the newest runs"
        yield Fact(text=text, where=where(loaded, job, "catch_up"))
    for index, each in enumerate(job.triggers.job):
        if len(each.names) > 1:
            text = f"after {quoted(each.names)} it waits until all of them have ended so since it last started"
            yield Fact(text=text, where=where(loaded, job, "triggers", "job", index))
    if not job.deploys:
        text = (
            "a fork's pull request, and one of Dependabot's where the job needs secrets, is only"
            " validated and parsed"
        )
        yield Fact(text=text, where=where(loaded, job, "triggers", "pull_request"))
    yield Fact(text="after a step that fails, the steps behind it are skipped")


def _told(loaded: Loaded, config: Config, job: Job) -> Iterator[Fact]:
    if not job.deploys:
        yield Fact(
            text="the pull request: a commit status, a comment, and annotations on its files"
        )
    yield Fact(text="who looks at the workflow's run: its summary, and `dbt-gitops runs`")
    for name, events in job.notify.items():
        channel = config.notifications[name]
        text = f"`{name}` ({_address(channel)}) of {', '.join(events)}; this version sends none yet"
        yield Fact(text=text, where=where(loaded, job, "notify", name))
    if not job.notify:
        yield Fact(text="no channel: it has no `notify`")
    if job.sla:
        text = f"a run that takes longer than {spell_duration(job.sla)} is said to be late"
        yield Fact(text=text, where=where(loaded, job, "sla"))


def _address(channel: Channel) -> str:
    """A plain address may be a secret in itself, so it isn't repeated."""
    named = channel.address.startswith("$")
    return f"{channel.kind}, by `{channel.address[1:]}`" if named else channel.kind
