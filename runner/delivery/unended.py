"""The status that a run has left pending on a merged commit, because it died: nobody else ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from runner.delivery.delivery import in_one_line
from runner.delivery.place import run_page
from runner.errors import GitHubFailed
from runner.history import Entry
from runner.reports.status import CONTEXT, CommitStatus, failed

if TYPE_CHECKING:
    from runner.github.answers import Status
    from runner.github.client import GitHub

WITHOUT_A_WORD = "its GitHub job ended without a word"


def end_pending(
    github: GitHub, lost: Iterable[Entry], environ: Mapping[str, str]
) -> tuple[str, ...]:
    """Ends the statuses of the runs of merges among these, which left no record; what GitHub refused.

    A request for each commit, and one for each status that is pending. What the run could still say
    itself stands, and so does what another run of the job says of the same commit.
    """
    commits: dict[str, list[Entry]] = {}
    for entry in lost:
        if entry.trigger == "merge" and entry.commit:
            commits.setdefault(entry.commit, []).append(entry)
    problems = [_of_commit(github, commit, each, environ) for commit, each in commits.items()]
    return tuple(filter(None, problems))


def end_left_pending(github: GitHub, commit: str, page: str) -> tuple[str, ...]:
    """Ends every job's status that names this workflow run, whose jobs have all ended; what is to be said.

    For a merge that no history tells of: on another branch than the default one. A request, and one
    for each status that is pending.
    """
    said: list[str] = []
    try:
        for context, status in github.statuses(commit).items():
            if (status.state, status.target_url) != ("pending", page):
                continue
            if context.startswith(CONTEXT):
                last = failed(context.removeprefix(CONTEXT), f"{WITHOUT_A_WORD}: see the log", page)
                _set(github, commit, last)
                said.append(
                    f"`{last.context}` was left pending on {commit[:7]}: {last.description}"
                )
    except GitHubFailed as error:
        said.append(f"the statuses of {commit[:7]} may stay pending: {in_one_line(error)}")
    return tuple(said)


def _of_commit(
    github: GitHub, commit: str, entries: list[Entry], environ: Mapping[str, str]
) -> str:
    """What GitHub refused, "" where it refused nothing; after a refusal nothing more is tried."""
    left = list(entries)
    try:
        there = github.statuses(commit)
        while left:
            _end(github, left[0], there, run_page(environ, left[0].workflow_run))
            left.pop(0)
    except GitHubFailed as error:
        jobs = ", ".join(f"`{entry.job}`" for entry in left)
        return f"the status of {jobs} on {commit[:7]} may stay pending: {in_one_line(error)}"
    return ""


def _end(github: GitHub, entry: Entry, there: Mapping[str, Status], page: str) -> None:
    reason = f": {entry.outcome.reason}" if entry.outcome and entry.outcome.reason else ""
    last = failed(entry.job, f"{WITHOUT_A_WORD}{reason}", page)
    found = there.get(last.context)
    if found is None or found.state != "pending" or (found.target_url or "") != page:
        return
    _set(github, entry.commit, last)


def _set(github: GitHub, commit: str, last: CommitStatus) -> None:
    github.set_status(
        commit,
        context=last.context,
        state=last.state,
        description=last.description,
        target_url=last.target_url,
    )
