"""What the end of a job starts, here and in other repositories: pure."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from runner.events import Upstream
from runner.model import Config, Ending, JobTrigger
from runner.triggers import after
from runner.triggers.dispatches import awaited


@dataclass(frozen=True, kw_only=True)
class Dependent:
    """A job that starts because another has ended.

    ``repository`` is "" where it is this one; otherwise ``token`` names the variable that holds a
    token for it, as ``$NAME``. ``all_of`` are the jobs that have to end before it starts, the other among
    them; () where that alone is enough.
    """

    job: str
    repository: str = ""
    token: str = ""
    all_of: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"`{self.job}` of {self.repository}" if self.repository else f"`{self.job}`"


def dependents(config: Config, job: str, ending: Ending) -> tuple[Dependent, ...]:
    """What starts when ``job`` has ended so: this file's jobs in its order, then those elsewhere."""
    here = [
        Dependent(job=each.job, all_of=awaited(config.jobs[each.job], job, ending))
        for each in after(config, job, ending).triggered
    ]
    there = [
        Dependent(job=each.job, repository=each.repository, token=each.token)
        for each in config.jobs[job].dispatches
        if ending in each.on
    ]
    return (*here, *there)


@dataclass(kw_only=True)
class Progress:
    """A whole chain within one file as it goes on: what is to be started next, job by job.

    A job that starts after each of several runs once for each; one that starts after all of them
    (`all_of`) once all have ended so since it last started. ``ended`` has each such trigger's, and
    ``endings`` how each job has ended, which may also be "skipped".
    """

    config: Config
    queue: list[tuple[str, Upstream | None]]
    ended: dict[tuple[str, JobTrigger], set[str]] = field(default_factory=dict)
    endings: dict[str, str] = field(default_factory=dict)

    def next(self, running: Collection[str]) -> tuple[str, Upstream | None] | None:
        """Takes the first job that doesn't run already, and what it starts after."""
        for index, (job, _) in enumerate(self.queue):
            if job not in running:
                return self.queue.pop(index)
        return None

    def end(self, upstream: Upstream) -> None:
        """``upstream.job`` has ended: what that starts is queued."""
        self.endings[upstream.job] = upstream.ending
        for dependent in after(self.config, upstream.job, upstream.ending).triggered:
            triggers = self.config.jobs[dependent.job].triggers.job
            matching = [t for t in triggers if upstream.job in t.names and upstream.ending in t.on]
            complete = [self._complete(dependent.job, each, upstream.job) for each in matching]
            if any(complete):
                self.queue.append((dependent.job, upstream))

    def _complete(self, job: str, trigger: JobTrigger, name: str) -> bool:
        ended = self.ended.setdefault((job, trigger), set())
        ended.add(name)
        if ended < set(trigger.names):
            return False
        ended.clear()
        return True

    def not_started(self) -> list[str]:
        """The jobs that weren't, although the chain was to come to them, each with why; for people."""
        reasons = self._stopped()
        for (job, trigger), ended in self.ended.items():
            if ended and job not in reasons:
                others = ", ".join(sorted(set(trigger.names) - ended))
                reasons[job] = f"in this chain it waits for {others} too"
        return [f"`{job}` isn't started: {reason}" for job, reason in reasons.items()]

    def _stopped(self) -> dict[str, str]:
        """Those that start after a success, where another end came, and what would follow on them."""
        queued = {job for job, _ in self.queue}
        found: dict[str, str] = {}
        ends = [
            (job, f"`{job}` has ended: {ending}")
            for job, ending in self.endings.items()
            if ending != "success"
        ]
        for job, reason in ends:  # which grows
            for each in after(self.config, job, "success").triggered:
                if each.job not in {*found, *queued, *self.endings}:
                    found[each.job] = reason
                    ends.append((each.job, f"`{each.job}` isn't"))
        return found


def inputs(job: str, upstream: Upstream) -> dict[str, str]:
    """Of the `workflow_dispatch` that starts ``job``."""
    said = json.dumps({key: value for key, value in asdict(upstream).items() if value})
    return {"job": job, "cause": upstream.cause, "upstream": said}


def payload(job: str, upstream: Upstream) -> dict[str, Any]:
    """Of the `repository_dispatch` that starts ``job`` in another repository."""
    return {"job": job, "cause": upstream.cause, "upstream": asdict(upstream)}
