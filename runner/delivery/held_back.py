"""A job that isn't started any more, because it has failed too often: told where people look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from runner.errors import GitHubFailed
from runner.history import Entry
from runner.reports.markdown import bullets, code, document, link, prose
from runner.reports.report import Place
from runner.reports.status import held_back
from runner.reports.text import counted
from runner.triggers import NotTriggered

if TYPE_CHECKING:
    from runner.github.client import GitHub

# Runs of which an issue tells.
SHOWN = 10


def tell_held_back(
    github: GitHub, verdict: NotTriggered, failed: Sequence[Entry], place: Place
) -> tuple[str, ...]:
    """The commit's status and an issue, which is opened once. What GitHub refused, for people.

    ``failed`` are the runs since the last success, newest first.
    """
    status = held_back(verdict.job, verdict.reason, place.summary_url)
    problems = []
    try:
        github.set_status(
            place.head_sha,
            context=status.context,
            state=status.state,
            description=status.description,
            target_url=status.target_url,
        )
    except GitHubFailed as error:
        problems.append(f"{error.what}: {error.why}")
    title = f"`{verdict.job}` is held back: {counted(len(failed), 'run')} failed in a row"
    try:
        github.issues.open_once(
            title, issue_text(verdict, failed, place), marker=marker(verdict.job)
        )
    except GitHubFailed as error:
        problems.append(f"{error.what}: {error.why}")
    return tuple(problems)


def marker(job: str) -> str:
    """What the issue of a job is found by."""
    return f"<!-- dbt-gitops:disabled_after {job} -->"


def issue_text(verdict: NotTriggered, failed: Iterable[Entry], place: Place) -> str:
    job = verdict.job
    return document(
        [
            marker(job),
            f"{code(job)} isn't started any more by its schedule, by merges or after other jobs:"
            f" {prose(verdict.reason)}.",
            bullets(_line(entry, place) for entry in list(failed)[:SHOWN]),
            f"To start it again, run {code(f'dbt-gitops trigger {job}')}, or start the workflow by hand"
            " with this job. When it has succeeded, it runs by itself again.",
            "This issue isn't closed by itself. While the job is held back, another is opened for one"
            " that is closed.",
        ]
    )


def _line(entry: Entry, place: Place) -> str:
    page = f"{place.server_url}/{place.repository}/actions/runs/{entry.workflow_run}"
    name = code(entry.run_id)
    shown = link(name, page) if entry.workflow_run and place.repository else name
    reason = entry.outcome.reason if entry.outcome else ""
    return f"{entry.planned_at:%Y-%m-%d %H:%M} UTC, {shown}{': ' if reason else ''}{prose(reason) if reason else ''}"
