"""The rules: every objection to a job's start by an event, in the order in which they count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from runner.events import Merge, MergeGroup, PullRequest
from runner.model import Config, Job, PullRequestTrigger
from runner.patterns import selected
from runner.triggers.plan import Changes, Code

Objection: TypeAlias = tuple[Code, str]


def pull_request(
    config: Config, job: Job, event: PullRequest, changes: Changes
) -> Iterator[Objection]:
    trigger = job.triggers.pull_request
    if trigger is None:
        yield "trigger", "pull requests don't start it"
        return
    yield from _branch(event.base_ref, trigger.branches, event.default_branch)
    if event.action not in trigger.types and not _was_draft(event, trigger):
        yield "type", f"`{event.action}` is not one of its types: {', '.join(trigger.types)}"
    if event.draft and not trigger.drafts:
        yield "draft", "the pull request is a draft"
    yield from _label(event, trigger)
    yield from _files(config, job, trigger.paths, changes)


def parse_only(config: Config, job: Job, event: PullRequest) -> str:
    """Why a pull request's job mustn't connect, "" where it may: a stranger's code, or no secrets."""
    if event.fork:
        return f"its code comes from {event.head_repository or 'a fork that is deleted'}"
    return next((why for _, why in _secrets(config, job, event)), "")


def merge_group(
    config: Config, job: Job, event: MergeGroup, changes: Changes
) -> Iterator[Objection]:
    trigger = job.triggers.pull_request
    if trigger is None:
        yield "trigger", "pull requests don't start it, so the merge queue doesn't"
        return
    if event.action != "checks_requested":
        yield "event", f"the merge group is {event.action}"
    yield from _branch(event.base_ref, trigger.branches, event.default_branch)
    yield from _files(config, job, trigger.paths, changes)


def merge(config: Config, job: Job, event: Merge, changes: Changes) -> Iterator[Objection]:
    trigger = job.triggers.merge
    if trigger is None:
        yield "trigger", "merges don't start it"
        return
    if event.branch is None:
        yield "event", f"{event.ref} is not a branch"
        return
    if event.deleted:
        yield "event", f"the branch {event.branch} has been deleted"
    yield from _branch(event.branch, trigger.branches, event.default_branch)
    if trigger.paths:
        yield from _patterns(trigger.paths, changes)
    yield from _secrets(config, job, event)


def _branch(branch: str, patterns: tuple[str, ...], default_branch: str) -> Iterator[Objection]:
    if patterns and not selected(branch, patterns):
        yield "branch", f"{branch} is not one of its branches: {', '.join(patterns)}"
    elif not patterns and branch != default_branch:
        name = default_branch or "which isn't known"
        yield "branch", f"{branch} is not the default branch ({name})"


def _was_draft(event: PullRequest, trigger: PullRequestTrigger) -> bool:
    """Whether the job has been held back until now: whoever waits for a draft's end has it here."""
    return event.action == "ready_for_review" and not trigger.drafts


def _label(event: PullRequest, trigger: PullRequestTrigger) -> Iterator[Objection]:
    if not trigger.labels:
        return
    wanted = ", ".join(trigger.labels)
    if not set(event.labels) & set(trigger.labels):
        yield "label", f"the pull request has none of its labels: {wanted}"
    elif event.action == "labeled" and event.label not in trigger.labels:
        yield "label", f"the label that was added is not one of its labels: {wanted}"


def _files(
    config: Config, job: Job, patterns: tuple[str, ...], changes: Changes
) -> Iterator[Objection]:
    """Of the trigger's own paths, or, where it has none, of what dbt reads."""
    if patterns:
        yield from _patterns(patterns, changes)
    elif changes.paths is not None:
        read = [config.project, config.path, config.environment_of(job).profiles_dir]
        folders = [place for place in (_below(changes.root, path) for path in read) if place]
        if not any(_is_in(path, place) for path in changes.paths for place in folders):
            yield (
                "no-relevant-change",
                "no dbt-relevant change: all files are outside the project and the jobs file",
            )


def _patterns(patterns: tuple[str, ...], changes: Changes) -> Iterator[Objection]:
    paths = changes.paths
    if paths is not None and not any(selected(path, patterns) for path in paths):
        yield "paths", f"no changed file is one of its paths: {', '.join(patterns)}"


def _below(root: Path, path: Path | None) -> str | None:
    """Where a place is from the repository's root, "." for the root; None outside of it."""
    if path is None or not path.is_relative_to(root):
        return None
    return path.relative_to(root).as_posix()


def _is_in(path: str, place: str) -> bool:
    return place == "." or path == place or path.startswith(f"{place}/")


def _secrets(config: Config, job: Job, event: PullRequest | Merge) -> Iterator[Objection]:
    secrets = config.environment_of(job).secrets
    if event.dependabot and secrets:
        needs = ", ".join(secrets)
        yield "secrets", f"GitHub gives Dependabot's events no Actions secrets; it needs {needs}"
