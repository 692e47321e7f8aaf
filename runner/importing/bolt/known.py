"""Schedules as they are read, and what they call each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.importing.bolt.switches import is_on
from runner.importing.commands import StepOf
from runner.importing.draft import name_of
from runner.importing.reading import text_of
from runner.importing.references import Known

CI = "ci"


@dataclass(frozen=True, kw_only=True, eq=False)
class Bolt:
    """One schedule of Bolt, which equals no other: several may have one name, and stand in one line.

    ``steps`` have the place of their command; ``place`` is its file and line.
    """

    data: Mapping[str, Any]
    name: str
    place: str
    steps: tuple[tuple[int, StepOf], ...]

    @property
    def title(self) -> str:
        """What people call it: beside a slug the name, otherwise the display name where there is one."""
        shown = "" if self.data.get("slug") else text_of(self.data.get("display_name"))
        return shown or self.name

    @property
    def runs(self) -> bool:
        return any(step.step is not None for _, step in self.steps)

    def enabled(self, key: str) -> bool:
        """Whether a block such as ``turbo_ci`` is there and switched on."""
        block = self.data.get(key)
        return isinstance(block, Mapping) and is_on(block.get("enabled"))

    def continues(self, index: int) -> bool:
        """Whether a command may fail without an end of the run."""
        command = self.data["commands"][index]
        own = command.get("continue_on_error") if isinstance(command, Mapping) else None
        return is_on(self.data.get("continue_on_error") if own is None else own)

    @property
    def checks_changes(self) -> bool:
        return self.enabled("turbo_ci")

    @property
    def fires(self) -> bool:
        """Whether it has a cron: ``OFF`` without quotes is false to YAML."""
        return text_of(self.data.get("schedule")).lower() not in ("", "off")

    @property
    def deploys_to(self) -> str:
        return name_of(text_of(self.data.get("environment")) or "production", ())


class Schedules:
    """All schedules that are jobs, and by what others call them."""

    def __init__(self, found: Sequence[Bolt]) -> None:
        self.jobs: dict[str, Known] = {}
        self._names: dict[Bolt, str] = {}
        self._by_name: dict[str, str] = {}
        for bolt in found:
            if bolt.runs:
                self._add(bolt)

    def _add(self, bolt: Bolt) -> None:
        name = name_of(bolt.title, self.jobs)
        ci = bolt.checks_changes
        others = bolt.fires or is_on(bolt.data.get("trigger_on_merge"))
        self.jobs[name] = Known(
            name=name,
            environment=ci_of(bolt.deploys_to) if ci else bolt.deploys_to,
            deploys=not ci,
            only_pull_requests=ci and not others,
        )
        self._names[bolt] = name
        for key in ("slug", "name", "display_name"):
            called = text_of(bolt.data.get(key))
            if called:
                self._by_name.setdefault(called, name)

    def job_of(self, bolt: Bolt) -> Known | None:
        """The job that a schedule is; None where nothing of it is left to run."""
        name = self._names.get(bolt)
        return self.jobs[name] if name else None

    def called(self, name: str) -> Known | None:
        """The job that another schedule names, by slug or name."""
        job = self._by_name.get(name)
        return self.jobs[job] if job else None

    def job(self, name: str) -> str:
        """A job as a deferral names it."""
        return f"job:{name}" if self._is_environment(name) else name

    def environment(self, name: str) -> str:
        """An environment as a deferral names it."""
        return f"environment:{name}" if name in self.jobs else name

    def _is_environment(self, name: str) -> bool:
        return any(each.environment == name for each in self.jobs.values())


def ci_of(environment: str) -> str:
    """The environment of the pull requests beside one that is deployed to."""
    return CI if environment in ("production", "prod") else f"{environment}-{CI}"


def why_not(before: Known | None, events: Sequence[str]) -> tuple[str, str]:
    """Why a schedule can't start a job at its end, and what to do; both "" where it can."""
    if before is None:
        hint = "where it is in another repository, that one's job says it in `dispatches`"
        return "no schedule of these files has this name", hint
    if not events:
        return "a jobs file starts jobs at an end, not when a run is late", "use passed or failed"
    return "", ""


def unpublished(target: Known | None) -> str:
    """Why nothing can defer to what a schedule names."""
    if target is None:
        return "no schedule of these files has this name"
    return f"{target.name} never publishes state, for pull requests start it"
