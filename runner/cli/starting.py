"""What `plan` has decided about the run that it starts: its id, when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runner.cli.occasion import Occasion
from runner.errors import ConfigInvalid
from runner.execution.request import Request
from runner.execution.sequence import now
from runner.history import Entry
from runner.history_json import entry_from_json
from runner.record_json import RecordInvalid
from runner.state.checks import RUN_ID

HINT = "`plan` makes it for each run: in a workflow, `start: ${{ matrix.start }}`"


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
    again = attempt(environ)
    return replace(
        request,
        run_id=f"{entry.run_id}-{again}" if again > 1 else entry.run_id,
        queued_at=None if again > 1 else min(entry.planned_at, now()),
        trigger=entry.trigger,
    )


def attempt(environ: Mapping[str, str]) -> int:
    """Which attempt of the workflow run this is, from 1."""
    text = environ.get("GITHUB_RUN_ATTEMPT", "")
    return int(text) if text.isascii() and text.isdigit() else 1
