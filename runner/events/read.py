"""From an event's name and payload to the event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypedDict

from runner.errors import ConfigInvalid
from runner.events.dispatch import repository_dispatch, workflow_dispatch
from runner.events.payload import Payload, parse_payload, read_payload
from runner.events.started_by import refuse
from runner.events.types import (
    Event,
    Merge,
    MergeGroup,
    PullRequest,
    PullRequestClosed,
    Tick,
    WorkflowRun,
)

HEADS = "refs/heads/"


class Common(TypedDict):
    """What every event says."""

    repository: str
    default_branch: str
    actor: str


def read_event(name: str, path: Path) -> Event:
    """The event whose payload is in a file; raises ConfigInvalid."""
    return _event(name, read_payload(path))


def parse_event(name: str, raw: bytes) -> Event:
    """The event of a payload; raises ConfigInvalid."""
    return _event(name, parse_payload(raw))


def event_of(environ: Mapping[str, str]) -> Event | None:
    """The event that started this workflow; None outside of GitHub Actions, or of another kind.

    A container without the payload's file knows no event either, but never runs a pull request so:
    the base of one has to be known. Raises ConfigInvalid.
    """
    name = environ.get("GITHUB_EVENT_NAME", "")
    file = Path(environ.get("GITHUB_EVENT_PATH", ""))
    if environ.get("GITHUB_ACTIONS") != "true" or name not in _READERS:
        return None
    return read_event(name, file) if file.is_file() or name == "pull_request" else None


def _event(name: str, payload: Payload) -> Event:
    refuse(name)
    if name not in _READERS:
        raise ConfigInvalid(
            f"nothing here is started by the event {name[:100]!r}",
            why=f"the events are: {', '.join(_READERS)}",
        )
    return _READERS[name](payload, _common(payload))


def _common(payload: Payload) -> Common:
    repository = payload.object("repository")
    sender = payload.optional("sender")  # a schedule has none on some servers
    return Common(
        repository=repository.repository("full_name"),
        default_branch=repository.text_or("default_branch", ""),
        actor=sender.text("login") if sender else "",
    )


def _pull_request(payload: Payload, common: Common) -> PullRequest | PullRequestClosed:
    action = payload.text("action")
    body = payload.object("pull_request")
    head, base = body.object("head"), body.object("base")
    repo, label, user = head.optional("repo"), payload.optional("label"), body.optional("user")
    pull_request = PullRequest(
        **common,
        action=action,
        number=body.number("number"),
        head_sha=head.sha("sha"),
        head_ref=head.text("ref"),
        head_repository=repo.repository("full_name") if repo else None,
        base_sha=base.sha("sha"),
        base_ref=base.text("ref"),
        draft=body.flag("draft"),
        labels=tuple(each.text("name") for each in body.objects("labels")),
        label=label.text("name") if label else "",
        author=user.text("login") if user else "ghost",  # GitHub's own name for who has left
    )
    if action != "closed":
        return pull_request
    return PullRequestClosed(**vars(pull_request), merged=body.flag("merged"))


def _push(payload: Payload, common: Common) -> Merge:
    ref = payload.text("ref")
    return Merge(
        **common,
        ref=ref,
        branch=ref[len(HEADS) :] if ref.startswith(HEADS) else None,
        before=payload.sha("before"),
        after=payload.sha("after"),
        created=payload.flag("created"),
        deleted=payload.flag("deleted"),
        forced=payload.flag("forced"),
        changed_paths=_changed_paths(payload),
    )


def _changed_paths(payload: Payload) -> tuple[str, ...] | None:
    """All files of all commits; None where the commits can't tell.

    They don't for a new branch or a forced push, in Actions they don't list files, and GitHub sends
    no more than 2048 of them.
    """
    kinds = ("added", "removed", "modified")
    commits = payload.objects("commits") if payload.has("commits") else []
    complete = all(commit.has(kind) for commit in commits for kind in kinds)
    odd = payload.flag("created") or payload.flag("forced") or payload.flag("deleted")
    if odd or not complete or not 0 < len(commits) < 2048:
        return None
    found = (path for commit in commits for kind in kinds for path in commit.texts(kind))
    return tuple(dict.fromkeys(found))


def _merge_group(payload: Payload, common: Common) -> MergeGroup:
    group = payload.object("merge_group")
    return MergeGroup(
        **common,
        action=payload.text("action"),
        head_sha=group.sha("head_sha"),
        head_ref=group.text("head_ref").removeprefix(HEADS),
        base_sha=group.sha("base_sha"),
        base_ref=group.text("base_ref").removeprefix(HEADS),
    )


def _schedule(payload: Payload, common: Common) -> Tick:
    return Tick(**common, schedule=payload.text("schedule"))


def _workflow_run(payload: Payload, common: Common) -> WorkflowRun:
    run = payload.object("workflow_run")
    workflow, repository = payload.optional("workflow"), run.optional("head_repository")
    listed = run.objects("pull_requests") if run.has("pull_requests") else []
    return WorkflowRun(
        **common,
        action=payload.text("action"),
        run_id=run.number("id"),
        event=run.text("event"),
        path=run.text_or("path", "") or (workflow.text_or("path", "") if workflow else ""),
        conclusion=run.text_or("conclusion", ""),
        head_sha=run.sha("head_sha"),
        head_branch=run.text_or("head_branch", ""),
        head_repository=repository.repository("full_name") if repository else None,
        pull_requests=tuple(each.number("number") for each in listed),
    )


_READERS: Mapping[str, Callable[[Payload, Common], Event]] = {
    "pull_request": _pull_request,
    "push": _push,
    "merge_group": _merge_group,
    "schedule": _schedule,
    "workflow_dispatch": lambda payload, common: workflow_dispatch(payload, **common),
    "repository_dispatch": lambda payload, common: repository_dispatch(payload, **common),
    "workflow_run": _workflow_run,
}
