"""Jobs that take longer than the pause between two of their times, as `validate` says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

import click

from runner.config import Loaded
from runner.errors import StateUnresolved
from runner.history import History
from runner.model import Problem


def history_of_any(checked: Sequence[Loaded], environ: Mapping[str, str]) -> History | None:
    """The history that is at hand, where any job has a schedule or a timeout; the first file says where."""
    first = checked[0].config
    jobs = [job for each in checked if each.config for job in each.config.jobs.values()]
    if first is None or not any(job.triggers.schedule or job.timeout for job in jobs):
        return None
    from runner.cli.past.histories import (
        history_at_hand,  # late: a file without either needs none
    )

    try:
        return history_at_hand(first, environ)[0]
    except StateUnresolved as error:
        click.echo(f"warning: how long jobs take isn't known: {error}", err=True)
        return None


def with_pace(checked: Sequence[Loaded], history: History | None) -> list[Loaded]:
    """With a warning for each such job, by the history; without one as they are."""
    if history is None:
        return list(checked)
    return [replace(each, problems=(*each.problems, *_problems(each, history))) for each in checked]


def _problems(loaded: Loaded, history: History) -> Iterator[Problem]:
    from runner.triggers.overscheduled import over_scheduled

    jobs = loaded.config.jobs.values() if loaded.config else ()
    for found in over_scheduled(jobs, history, datetime.now(timezone.utc)):
        name = found.job.name
        place = loaded.where("jobs", name, "triggers", "schedule") or loaded.where("jobs", name)
        yield loaded.problem("over-scheduled", found.what, why=found.why, hint=found.hint, at=place)
