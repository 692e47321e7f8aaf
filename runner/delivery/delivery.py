"""One job's way to GitHub: a pending status, then the last one, and the pull request's comment.

What GitHub refuses is said and counted, and never changes how the run ended.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runner.delivery.sticky import put_section, replace_section
from runner.errors import DbtGitopsError, GitHubFailed
from runner.reports import status
from runner.reports.report import Place, Report
from runner.reports.section import notice_section, section
from runner.reports.status import CommitStatus
from runner.reports.text import counted

if TYPE_CHECKING:
    from runner.github.client import GitHub

BUILDING = ("dbt build", "dbt run", "dbt seed", "dbt snapshot", "dbt test")


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """``reported``: the last status is set, or none was due. ``problems`` are for people."""

    reported: bool
    comment_url: str = ""
    problems: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Delivery:
    """Where one job's status and comment go. ``number`` is the pull request's, None without one.

    ``rivals``: other jobs may write the same comment at the same time. Requests go out one after
    another in a thread, so that dbt doesn't wait for GitHub.
    """

    connect: Callable[[], GitHub]
    place: Place
    job: str
    number: int | None = None
    rivals: bool = False
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._requests = ThreadPoolExecutor(max_workers=1, thread_name_prefix="github")
        self._github: GitHub | None = None
        self._building = False

    def pending(self, doing: str) -> None:
        """Says what goes on; doesn't wait for GitHub."""
        pending = status.pending(self.job, doing, self.place.summary_url)
        self._requests.submit(self._attempt, lambda: self._set(pending))

    def building(self, step: str, nodes: int) -> None:
        """Once a run, of the first command that builds: each costs a request."""
        if not self._building and step.startswith(BUILDING):
            self._building = True
            self.pending(f"building {counted(nodes, 'node')}")

    def skipped(self, reason: str) -> Delivered:
        """Nothing is run: a success all the same, because GitHub waits for ever for any other."""
        last = status.skipped(self.job, reason, self.place.summary_url)
        return self._without_run(last, "⏭️", f"skipped: {reason}")

    def failed(self, reason: str) -> Delivered:
        """It ended without a run that could be reported."""
        last = status.failed(self.job, reason, self.place.summary_url)
        return self._without_run(last, "❌", reason)

    def ended(self, report: Report) -> Delivered:
        """The last status first: merging waits for it. Then the comment, of a pull request."""
        return self._tell(status.ended(report), lambda number: self._comment(number, report))

    def _without_run(self, last: CommitStatus, icon: str, reason: str) -> Delivered:
        """A section of the comment that is of an earlier commit gives way; none is made."""
        notice = notice_section(self.job, self.place, icon, reason)
        return self._tell(last, lambda number: replace_section(self._connected, number, notice))

    def _tell(self, last: CommitStatus, comment: Callable[[int], str]) -> Delivered:
        """All that is left to say, and the end of the connection."""
        number, comment_url = self.number, None
        reported = self._wait(lambda: self._set(last)) is not None
        if number is not None:
            comment_url = self._wait(lambda: comment(number))
        self._requests.shutdown()
        if self._github:
            self._github.close()
        return Delivered(
            reported=reported, comment_url=comment_url or "", problems=tuple(self.problems)
        )

    def _wait(self, request: Callable[[], str]) -> str | None:
        return self._requests.submit(self._attempt, request).result()

    def _comment(self, number: int, report: Report) -> str:
        current = self._connected.pull_request(number).head.sha
        report = replace(report, place=replace(report.place, current_sha=current))
        return put_section(self._connected, number, section(report), rivals=self.rivals)

    def _set(self, new: CommitStatus) -> str:
        self._connected.set_status(
            self.place.head_sha,
            context=new.context,
            state=new.state,
            description=new.description,
            target_url=new.target_url,
        )
        return new.state

    def _attempt(self, request: Callable[[], str]) -> str | None:
        """What it returns, None where GitHub failed: then that is among the problems."""
        try:
            return request()
        except GitHubFailed as error:
            self.problems.append(in_one_line(error))
            return None

    @property
    def _connected(self) -> GitHub:
        if self._github is None:
            self._github = self.connect()
        return self._github


def in_one_line(error: DbtGitopsError) -> str:
    parts = (error.what, error.why, f"hint: {error.hint}" if error.hint else "")
    return "; ".join(part for part in parts if part)
