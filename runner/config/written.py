"""The sound part of a jobs file as it is written, with positions: what the checks look at.

The schema has passed everything in here, so a value that is there has the right shape; but
anything may be missing, for what the schema refused has been taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from runner.config.nodes import Entry, Mapping, Scalar
from runner.config.text import Source


def upstreams(trigger: Mapping) -> tuple[Scalar, ...]:
    """The names of the jobs that a `job` trigger waits for."""
    name = trigger.scalar("name")
    return (*([name] if name else []), *trigger.scalars("all_of"))


LISTS_OF_NAMES = ("environments", "notifications", "jobs")


@dataclass(frozen=True, kw_only=True)
class WrittenJob:
    """A job: ``body`` is its own mapping, ``settings`` the same over the file's defaults."""

    name: str
    key: Scalar
    body: Mapping
    defaults: Mapping

    @cached_property
    def settings(self) -> Mapping:
        """``env`` and ``vars`` are merged key by key; of the rest the job's own value wins."""
        entries = {**self.defaults.entries, **self.body.entries}
        for key in ("env", "vars"):
            own, default = self.body.mapping(key), self.defaults.mapping(key)
            if own.entries and default.entries:
                both = Mapping(span=own.span, entries={**default.entries, **own.entries})
                entries[key] = Entry(key=self.body.entries[key].key, node=both)
        return Mapping(span=self.body.span, entries=entries)

    @cached_property
    def triggers(self) -> Mapping:
        return self.body.mapping("triggers")

    @property
    def environment(self) -> str | None:
        return self.settings.text("environment")

    @property
    def deploys(self) -> bool:
        return "pull_request" not in self.triggers.entries

    @property
    def defers(self) -> Mapping | None:
        node = self.settings.get("defer")
        return node if isinstance(node, Mapping) else None


@dataclass(frozen=True, kw_only=True)
class Written:
    """``root`` is the sound part; ``whole`` is all, for the names of what is there but wrong."""

    source: Source
    root: Mapping
    whole: Mapping

    @cached_property
    def defaults(self) -> Mapping:
        return self.root.mapping("defaults")

    @cached_property
    def jobs(self) -> dict[str, WrittenJob]:
        return {
            name: WrittenJob(name=name, key=entry.key, body=entry.node, defaults=self.defaults)
            for name, entry in self.root.mapping("jobs").entries.items()
            if isinstance(entry.node, Mapping)
        }

    @cached_property
    def environments(self) -> dict[str, Mapping]:
        return self._mappings("environments")

    @cached_property
    def channels(self) -> dict[str, Mapping]:
        return self._mappings("notifications")

    def names(self, of: str) -> list[str]:
        """Every name under ``environments``, ``notifications`` or ``jobs``, sound or not."""
        return list(self.whole.mapping(of).entries)

    def environment_of(self, job: WrittenJob) -> Mapping:
        """The environment of a job; an empty one where it is unknown."""
        return self.environments.get(job.environment or "", Mapping(span=job.key.span))

    def is_unsound(self, job: WrittenJob, key: str) -> bool:
        """Whether the job or the defaults say this wrongly, so that what is meant is unknown."""
        whole = (self.whole.mapping("jobs").mapping(job.name), self.whole.mapping("defaults"))
        sound = (job.body, self.defaults)
        return any(
            key in w.entries and key not in s.entries for w, s in zip(whole, sound, strict=True)
        )

    def bodies(self) -> Iterator[tuple[str, Mapping]]:
        """The defaults and each job's own mapping, with the path of each."""
        yield "defaults", self.defaults
        for name, job in self.jobs.items():
            yield f"jobs.{name}", job.body

    @property
    def every_job_is_placed(self) -> bool:
        """Whether each job is sound and has a known environment: else nothing can be said of all."""
        known = set(self.names("environments"))
        placed = all(job.environment in known for job in self.jobs.values())
        return placed and len(self.jobs) == len(self.names("jobs"))

    def _mappings(self, of: str) -> dict[str, Mapping]:
        return {
            name: entry.node
            for name, entry in self.root.mapping(of).entries.items()
            if isinstance(entry.node, Mapping)
        }
