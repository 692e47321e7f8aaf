"""When a job runs, and what else starts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from runner.config import Loaded
from runner.durations import spell_duration
from runner.model import OVERRIDES, Job, MergeTrigger, PullRequestTrigger
from runner.reports.explanation import Fact, Section
from runner.schedule.fires import next_fires
from runner.schedule.words import in_words

FIRES = 5
# GitHub's types of pull request events that aren't what a pull request is then.
TYPES = {
    "synchronize": "has new commits",
    "ready_for_review": "is ready for review",
    "edited": "has another title, text or base",
    "labeled": "gets a label",
    "unlabeled": "loses a label",
}


def fires_of(job: Job, now: datetime) -> tuple[datetime, ...]:
    return next_fires(job.triggers.schedule, now, FIRES) if job.enabled else ()


def schedule(loaded: Loaded, job: Job) -> Section:
    return Section(key="schedule", title="When it runs", facts=tuple(_schedule(loaded, job)))


def starters(loaded: Loaded, job: Job) -> Section:
    facts = tuple(_starters(loaded, job))
    return Section(key="started_by", title="What starts it", facts=facts)


def quoted(names: tuple[str, ...], word: str = "and") -> str:
    """`` `a`, `b` and `c` ``."""
    return joined([f"`{name}`" for name in names], word)


def joined(words: Sequence[str], word: str) -> str:
    """``a, b or c``."""
    *first, last = words
    return f"{', '.join(first)} {word} {last}" if first else last


def _schedule(loaded: Loaded, job: Job) -> Iterator[Fact]:
    if not job.enabled:
        said = "it is disabled: nothing starts it but `dbt-gitops run`"
        yield Fact(text=said, where=where(loaded, job, "enabled"))
    if not job.triggers.schedule:
        yield Fact(text="it has no schedule")
        return
    for index, each in enumerate(job.triggers.schedule):
        text = f"{in_words(each)}: `{each.cron}`"
        yield Fact(text=text, where=where(loaded, job, "triggers", "schedule", index))
    grace = spell_duration(job.grace)
    late = f"a time that GitHub is late for, or drops, is made good up to {grace} later"
    yield Fact(text=late, where=where(loaded, job, "catch_up"))


def _starters(loaded: Loaded, job: Job) -> Iterator[Fact]:
    triggers = job.triggers
    if not job.enabled:
        said = "nothing, while it is disabled; otherwise:"
        yield Fact(text=said, where=where(loaded, job, "enabled"))
    if triggers.schedule:
        yield Fact(text="its schedule", where=where(loaded, job, "triggers", "schedule"))
    if triggers.pull_request:
        at = where(loaded, job, "triggers", "pull_request")
        yield from _pull_request(triggers.pull_request, at)
    if triggers.merge:
        yield from _merge(triggers.merge, where(loaded, job, "triggers", "merge"))
    for index, each in enumerate(triggers.job):
        all_of = "all of " if len(each.names) > 1 else ""
        ended = f"the end of {all_of}{quoted(each.names)}, where that is {' or '.join(each.on)}"
        yield Fact(text=ended, where=where(loaded, job, "triggers", "job", index))
    if triggers.dispatch:
        allowed = triggers.dispatch.overrides
        may = "everything" if allowed == OVERRIDES else ", ".join(allowed) or "nothing"
        text = (
            f"a person or another system: `dbt-gitops trigger {job.name}`, the workflow's own form, or the"
            f" API; it may override {may}"
        )
        yield Fact(text=text, where=where(loaded, job, "triggers", "dispatch"))
    yield Fact(text=f"`dbt-gitops run {job.name}` on one's own machine")


def _pull_request(trigger: PullRequestTrigger, at: str) -> Iterator[Fact]:
    into = quoted(trigger.branches, "or") if trigger.branches else "the default branch"
    happens = joined([TYPES.get(each, f"is {each}") for each in trigger.types], "or")
    yield Fact(text=f"a pull request into {into}, when it {happens}", where=at)
    drafts = "drafts too" if trigger.drafts else "not while it is a draft; then when that ends"
    yield Fact(text=drafts, where=at)
    paths = quoted(trigger.paths, "or") if trigger.paths else "what dbt reads, or the jobs file"
    yield Fact(text=f"only where it changes {paths}", where=at)
    if trigger.labels:
        yield Fact(text=f"only with the label {quoted(trigger.labels, 'or')}", where=at)
    yield Fact(text="the merge queue of such a branch, with the same paths", where=at)


def _merge(trigger: MergeTrigger, at: str) -> Iterator[Fact]:
    into = quoted(trigger.branches, "or") if trigger.branches else "the default branch"
    paths = f", where it changes {quoted(trigger.paths, 'or')}" if trigger.paths else ""
    yield Fact(text=f"a merge or another push into {into}{paths}", where=at)


def where(loaded: Loaded, job: Job, key: str, *rest: str | int) -> str:
    """``file:line`` of what holds for the job: its own, or the defaults'; "" where neither says it."""
    for start in (("jobs", job.name), ("defaults",)):
        for path in ((*start, key, *rest), (*start, key, *rest[:-1]), (*start, key)):
            if loaded.where(*path):
                return loaded.place(*path)
    return ""
