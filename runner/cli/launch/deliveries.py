"""Who is told on GitHub how a job ended, and when a job that isn't run is told of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.cli.connecting import connect
from runner.delivery.delivery import Delivered, Delivery
from runner.delivery.place import place_of
from runner.events import Event, Merge, MergeGroup, PullRequest
from runner.git import repository_root
from runner.model import Config
from runner.reports.report import Place
from runner.triggers import QUIET, NotTriggered

# What a pull request's event is called when it brings a commit that hasn't been checked.
NEW_COMMIT = frozenset({"opened", "synchronize", "reopened", "ready_for_review"})
NOT_DUE = Delivered(reported=True)


def delivery_of(
    job: str,
    event: Event | None,
    place: Place,
    folder: Path,
    environ: Mapping[str, str],
    *,
    rivals: bool = True,
) -> Delivery | None:
    """None where no status is due, or where GitHub lets nobody write: on a fork's pull request.

    ``folder`` is in the checkout. ``rivals``: other jobs write the pull request's comment too.
    """
    if not isinstance(event, (PullRequest, MergeGroup, Merge)) or not place.head_sha:
        return None
    pull_request = event if isinstance(event, PullRequest) else None
    if pull_request and pull_request.fork:
        return None
    return Delivery(
        connect=lambda: connect(folder, environ),
        place=place,
        job=job,
        number=pull_request.number if pull_request else None,
        rivals=bool(pull_request) and rivals,
    )


def place_here(
    event: Event | None, environ: Mapping[str, str], folder: Path, project: Path | None = None
) -> Place:
    """``folder`` is in the checkout, ``project`` dbt's where it is known."""
    root = repository_root(folder, environ) or folder.resolve()
    return place_of(event, environ, (project or root).resolve(), root)


def has_rivals(config: Config | None) -> bool:
    """Whether several jobs of a pull request may write its comment at once."""
    return len(checks(config)) > 1


def checks(config: Config | None) -> list[str]:
    """The jobs that pull requests start."""
    jobs = config.jobs.values() if config else ()
    return [job.name for job in jobs if job.triggers.pull_request]


def says_so(verdict: NotTriggered, event: Event | None) -> bool:
    """Whether a commit gets a success because the job isn't run.

    Only where the event brings a commit to check: the result of an earlier run on the same commit
    mustn't give way to a success that checked nothing.
    """
    if isinstance(event, PullRequest) and event.action not in NEW_COMMIT:
        return False
    return isinstance(event, (PullRequest, MergeGroup)) and verdict.code not in QUIET
