"""What `plan` has decided about the run that it starts: its id, when, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.connecting import connect
from runner.cli.launch.occasion import Occasion
from runner.errors import ConfigInvalid, GitHubFailed, StateUnresolved
from runner.events import running
from runner.execution.request import Request
from runner.execution.sequence import now
from runner.history import Entry
from runner.history_json import entry_from_json
from runner.history_readings import AGAIN, takes_over
from runner.model import Job
from runner.record_json import RecordInvalid
from runner.runs.outcomes import outcome_of
from runner.state.checks import RUN_ID

HINT = "`plan` makes it for each run: in a workflow, `start: ${{ matrix.start }}`"

if TYPE_CHECKING:
    from runner.state.history_store import HistoryStore

# Who starts as fast as that has waited for nobody.
AT_ONCE = timedelta(seconds=60)


def start_of(text: str, job: str, occasion: Occasion) -> Entry | None:
    """The entry of the history that stands for this run; None where none was planned."""
    if not text.strip():
        return None
    try:
        entry = entry_from_json(text)
    except RecordInvalid as error:
        raise ConfigInvalid("--start can't be read", why=str(error), hint=HINT) from error
    if entry.job != job:
        raise ConfigInvalid(f"--start is of job {entry.job!r}, not of `{job}`", hint=HINT)
    if not RUN_ID.fullmatch(entry.run_id):
        raise ConfigInvalid(
            f"the run id {entry.run_id!r} of --start can't name a folder", hint=HINT
        )
    if occasion.verdict:
        raise ConfigInvalid("--start is for deployments: a pull request starts its own runs")
    return entry


def planned(request: Request, entry: Entry, environ: Mapping[str, str]) -> Request:
    """The request as the run that was planned.

    Who runs it again in GitHub's workflow asks for another run, which hasn't waited since the plan.
    """
    here = running(environ)
    return replace(
        request,
        run_id=f"{entry.run_id}-{here.attempt}" if here.again else entry.run_id,
        queued_at=None if here.again else min(entry.planned_at, now()),
        trigger=entry.trigger,
    )


def replaced_by(
    entry: Entry,
    job: Job,
    environ: Mapping[str, str],
    history: HistoryStore,
    left_its_work: Callable[[Entry], bool],
    warn: Callable[[str], None],
) -> str:
    """The newer run that does what this one would have done, "" where this one is to run.

    As dbt Cloud does with over-scheduled jobs. What somebody has asked for always runs, and so does
    a run whose place in the queue isn't known. ``left_its_work`` is as :func:`takes_over` has it, and may
    raise GitHubFailed, StateUnresolved and ValueError.
    """
    replaceable = job.concurrency == "replace" and entry.trigger in AGAIN
    if not replaceable or running(environ).again or now() - entry.planned_at <= AT_ONCE:
        return ""
    try:
        known = history.read()
        later = takes_over(known, entry, left_its_work) if known else None
    except (GitHubFailed, StateUnresolved, ValueError) as error:
        warn(f"whether a newer run takes this one's place isn't known, so it runs: {error}")
        return ""
    return later.run_id if later else ""


def left_its_work(entry: Entry, root: Path, environ: Mapping[str, str]) -> bool:
    """Whether a run that nobody has told of was replaced, as the record says that it has uploaded.

    What it wrote is there before the next in its slot starts; the history has it later. Raises
    GitHubFailed and ValueError.
    """
    from runner.state.latest_record import left_behind

    if not entry.workflow_run:
        return False
    with closing(connect(root, environ)) as github:
        run = left_behind(github, entry.workflow_run, entry.job)
    return run is not None and outcome_of(run).replaced
