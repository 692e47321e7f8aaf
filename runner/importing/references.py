"""What a job of a draft may wait for, and what it may defer to, so that the jobs file stays valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.importing.placing import Job, needs_state
from runner.steps import parse_step


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a job before its triggers are: ``deploys`` is false where pull requests start it."""

    name: str
    environment: str
    deploys: bool = True
    only_pull_requests: bool = False


def why_not_after(jobs: Mapping[str, Job], job: str, before: Known) -> str:
    """Why a job can't wait for another; "" where it can. ``jobs`` have the triggers so far."""
    if before.only_pull_requests:
        return f"only pull requests start {before.name}, and their runs start no other job"
    if before.name == job:
        return "the job would start itself for ever"
    if _reaches(jobs, before.name, job):
        return (
            f"{before.name} waits for this job itself, so the two would start each other for ever"
        )
    return ""


def _reaches(jobs: Mapping[str, Job], start: str, goal: str) -> bool:
    """Whether a job is another, or starts after it, be it after others."""
    seen: set[str] = set()
    pending = [start]
    while pending:
        name = pending.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            pending += upstreams(jobs.get(name, {}))
    return False


def upstreams(job: Job) -> list[str]:
    """The jobs that a job starts after."""
    after = job.get("triggers", {}).get("job", [])
    triggers = after if isinstance(after, list) else [after]
    return [name for each in triggers for name in each.get("all_of", [each.get("name")])]


def publishes(known: Mapping[str, Known], environment: str) -> bool:
    """Whether a job of an environment ever publishes state."""
    return any(each.deploys and each.environment == environment for each in known.values())


def without_deferral(job: Job) -> str:
    """Take out of a job that has nothing to defer to what compares with state; says what became of it."""
    if "defer" in job or not needs_state(job):
        return ""
    job["steps"] = [parse_step(step).without_state().text for step in job["steps"]]
    return "nothing publishes state that it could compare with, so its steps would build everything"
