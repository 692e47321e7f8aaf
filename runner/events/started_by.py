"""Who or what started this command, and what mustn't."""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import ConfigInvalid, EventMalformed
from runner.events.payload import Payload, read_payload

# GitHub's events in the words of the jobs file; any other keeps its name, and publishes nothing.
TRIGGERS = {
    "": "manual",
    "schedule": "schedule",
    "pull_request": "pull_request",
    "push": "merge",
    "workflow_dispatch": "dispatch",
    "repository_dispatch": "dispatch",
}

# A pull request's merge commit, and what a merge queue calls the branch of one that it tries.
PULL_REQUEST = re.compile(
    r"refs/(?:pull/|heads/gh-readonly-queue/.+/pr-)([0-9]{1,18})(?:/\w+|-[0-9a-f]{40})"
)

_SECRETS = "the code may be a fork's, and would get the secrets of this repository"


@dataclass(frozen=True, kw_only=True)
class StartedBy:
    """``default_branch`` is "" where it isn't known; ``head_branch`` is a pull request's."""

    trigger: str
    actor: str
    pr_number: int | None
    head_branch: str
    default_branch: str


def started_by(environ: Mapping[str, str]) -> StartedBy:
    """What is known, by the variables of GitHub Actions or of a shell.

    Raises ConfigInvalid on an event that mustn't run dbt. A payload that can't be read, as in a
    container without it, leaves the default branch unknown, and then nothing is published.
    """
    event = environ.get("GITHUB_EVENT_NAME", "")
    try:
        payload = read_payload(Path(environ.get("GITHUB_EVENT_PATH", "")))
        repository = payload.optional("repository")
        default_branch = repository.text_or("default_branch", "") if repository else ""
    except EventMalformed:
        payload, default_branch = Payload({}), ""
    refuse(event)
    _refuse_strangers(event, payload)
    match = PULL_REQUEST.fullmatch(environ.get("GITHUB_REF", ""))
    return StartedBy(
        trigger=TRIGGERS.get(event, event),
        actor=environ.get("GITHUB_ACTOR") or _user(),
        pr_number=int(match.group(1)) if match else None,
        head_branch=environ.get("GITHUB_HEAD_REF", "") if match else "",
        default_branch=default_branch,
    )


def refuse(event: str) -> None:
    """Raises ConfigInvalid on the event that gives a stranger's code this repository's secrets."""
    if event == "pull_request_target":
        raise ConfigInvalid(
            "dbt isn't run on pull_request_target",
            why="it would give the code of any fork the secrets of this repository",
            hint="start the workflow with `on: pull_request`",
        )


def _refuse_strangers(event: str, payload: Payload) -> None:
    """The same for events that have the secrets and may be about a stranger's code."""
    if event == "workflow_run" and payload.has("workflow_run"):
        repository = payload.object("repository").repository("full_name")
        head = payload.object("workflow_run").optional("head_repository")
        if head is None or head.repository("full_name").lower() != repository.lower():
            raise ConfigInvalid("dbt isn't run on a workflow_run from a fork", why=_SECRETS)
    if event == "issue_comment" and payload.object("issue").has("pull_request"):
        raise ConfigInvalid("dbt isn't run on a comment on a pull request", why=_SECRETS)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container may run as a user that has no name
