"""The commit status of a job: what a pull request's list of checks shows, and what a merge waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.errors import ExitCode
from runner.record import Run
from runner.reports.report import Report
from runner.reports.text import clipped, one_line
from runner.reports.verdict import took, verdict_line

# GitHub's limits, in characters.
LONGEST_DESCRIPTION = 140
LONGEST_CONTEXT = 255
# So begins the context of each job's.
CONTEXT = "dbt / "


@dataclass(frozen=True, kw_only=True)
class CommitStatus:
    """What GitHub is told; ``target_url`` is where a click leads, "" nowhere."""

    context: str
    state: Literal["pending", "success", "failure", "error"]
    description: str
    target_url: str = ""


def pending(job: str, doing: str, target_url: str = "") -> CommitStatus:
    """``doing`` says what goes on: ``building 31 nodes``."""
    return _status(job, "pending", doing, target_url)


def skipped(job: str, reason: str, target_url: str = "") -> CommitStatus:
    """A job that isn't run is a success, because GitHub waits for ever for any other."""
    return _status(job, "success", f"skipped: {reason}", target_url)


def failed(job: str, reason: str, target_url: str = "") -> CommitStatus:
    """The job ended without a run."""
    return _status(job, "error", reason, target_url)


def held_back(job: str, reason: str, target_url: str = "") -> CommitStatus:
    """The job would have started, and has failed too often: that is the project's failure."""
    return _status(job, "failure", f"held back: {reason}", target_url)


def ended(report: Report) -> CommitStatus:
    """The last one. A skipped job is a success, because GitHub waits for ever for any other."""
    run = report.run
    text = verdict_line(report)
    if run.status != "skipped":
        text = f"{clipped(one_line(text), LONGEST_DESCRIPTION - 20)} in {took(report)}"
    return _status(run.job, _state(run), text, report.place.summary_url)


def _state(run: Run) -> Literal["success", "failure", "error"]:
    """A failure is of the project, an error of anything around it."""
    if run.status in ("success", "skipped"):
        return "success"
    return "failure" if run.exit_code == ExitCode.STEP_FAILED else "error"


def _status(
    job: str, state: Literal["pending", "success", "failure", "error"], text: str, target_url: str
) -> CommitStatus:
    return CommitStatus(
        context=clipped(f"{CONTEXT}{one_line(job)}", LONGEST_CONTEXT),
        state=state,
        description=clipped(one_line(text), LONGEST_DESCRIPTION),
        target_url=target_url,
    )
