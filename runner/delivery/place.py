"""Where on GitHub a run belongs, from the event and the variables of its runner."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.events import Event, Merge, MergeGroup, PullRequest
from runner.reports.report import Place


def place_of(event: Event | None, environ: Mapping[str, str], project: Path, root: Path) -> Place:
    """``project`` is dbt's folder, ``root`` the top of the repository."""
    number = _number(environ.get("GITHUB_RUN_ID", ""))
    below = project.is_relative_to(root) and project != root
    return Place(
        repository=environ.get("GITHUB_REPOSITORY", ""),
        head_sha=head_sha(event) or environ.get("GITHUB_SHA", ""),
        server_url=_server(environ),
        folder=project.relative_to(root).as_posix() if below else "",
        workflow_run=number,
        attempt=_number(environ.get("GITHUB_RUN_ATTEMPT", "")) or 1,
        summary_url=run_page(environ, number),
    )


def run_page(environ: Mapping[str, str], number: int) -> str:
    """The address of a workflow's run in this repository, "" where one of them isn't known."""
    repository = environ.get("GITHUB_REPOSITORY", "")
    return f"{_server(environ)}/{repository}/actions/runs/{number}" if repository and number else ""


def _server(environ: Mapping[str, str]) -> str:
    return environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")


def head_sha(event: Event | None) -> str:
    """The commit that a status of this event belongs to; "" where it is about none.

    Of a pull request it is the head, never the merge commit that is checked out.
    """
    if isinstance(event, (PullRequest, MergeGroup)):
        return event.head_sha
    return event.after if isinstance(event, Merge) and not event.deleted else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
