"""Where on GitHub a run belongs, from the event and the variables of its runner."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.events import Event, Merge, MergeGroup, PullRequest, running
from runner.reports.report import Place


def place_of(event: Event | None, environ: Mapping[str, str], project: Path, root: Path) -> Place:
    """``project`` is dbt's folder, ``root`` the top of the repository."""
    here = running(environ)
    below = project.is_relative_to(root) and project != root
    return Place(
        repository=environ.get("GITHUB_REPOSITORY", ""),
        head_sha=head_sha(event) or environ.get("GITHUB_SHA", ""),
        server_url=_server(environ),
        folder=project.relative_to(root).as_posix() if below else "",
        workflow_run=here.workflow_run,
        attempt=here.attempt,
        summary_url=run_page(environ, here.workflow_run),
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
