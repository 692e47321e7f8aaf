"""Who or what started this command, by the variables of GitHub Actions or of a shell."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import ConfigInvalid

# GitHub's events in the words of the jobs file; any other keeps its name, and publishes nothing.
TRIGGERS = {
    "": "manual",
    "schedule": "schedule",
    "pull_request": "pull_request",
    "push": "merge",
    "workflow_dispatch": "dispatch",
    "repository_dispatch": "dispatch",
}


@dataclass(frozen=True, kw_only=True)
class StartedBy:
    """``pr_number`` and ``default_branch`` are "" where they aren't known."""

    trigger: str
    actor: str
    pr_number: str
    default_branch: str


def started_by(environ: Mapping[str, str]) -> StartedBy:
    """Raises ConfigInvalid on an event that mustn't run dbt."""
    event = environ.get("GITHUB_EVENT_NAME", "")
    if event == "pull_request_target":
        raise ConfigInvalid(
            "dbt isn't run on pull_request_target",
            why="it would give the code of any fork the secrets of this repository",
            hint="start the workflow with `on: pull_request`",
        )
    match = re.fullmatch(r"refs/pull/(\d+)/\w+", environ.get("GITHUB_REF", ""))
    repository = _payload(environ).get("repository")
    return StartedBy(
        trigger=TRIGGERS.get(event, event),
        actor=environ.get("GITHUB_ACTOR") or _user(),
        pr_number=match.group(1) if match else "",
        default_branch=str(repository.get("default_branch") or "")
        if isinstance(repository, dict)
        else "",
    )


def _payload(environ: Mapping[str, str]) -> dict[str, Any]:
    """The event's JSON; {} in a shell, and where it can't be read, as in a container without it."""
    try:
        payload = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    except (KeyError, OSError, ValueError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container may run as a user that has no name
