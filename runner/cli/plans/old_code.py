"""A tick that is run again when the default branch has gone on: it must not decide what is due today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from runner.events import Event, Tick, running
from runner.git import newest_of
from runner.model import Config
from runner.reports.plan import Planned, PlanReport
from runner.triggers import NotTriggered, Plan


def old_code(event: Event, folder: Path, environ: Mapping[str, str]) -> str:
    """Why this run of the workflow starts nothing, "" where it may.

    GitHub runs a schedule's run again with the commit that it had: its jobs, and its times in place
    of today's in the history.
    """
    if not isinstance(event, Tick) or not running(environ).again:
        return ""
    branch, commit = event.default_branch, environ.get("GITHUB_SHA", "")
    newest = newest_of(folder, branch, environ)
    if newest and newest == commit:
        return ""
    known = (
        f"{commit[:7]}, and {branch} is at {newest[:7]} now"
        if newest
        else f"{commit[:7]}, and whether {branch} has gone on isn't known (`fetch-depth: 0`)"
    )
    return (
        f"this run of a schedule is run again with the code of {known}: nothing is started. What is due"
        " starts with the next tick; `dbt-gitops trigger JOB` starts a job at once"
    )


def nothing_of(files: Sequence[Config], why: str) -> Planned:
    """No job of these files is started."""
    parts = tuple(
        PlanReport(
            plan=Plan(
                verdicts=tuple(
                    NotTriggered(job=job, code="old-code", reason=why) for job in one.jobs
                )
            ),
            config=one,
            checkout=one,
        )
        for one in files
    )
    return Planned(parts=parts, warnings=(why,))
