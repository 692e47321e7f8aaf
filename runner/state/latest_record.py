"""The record of a job's latest run, or of one that is named, from the artifacts of a repository's own workflow runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runner.github.artifact_names import run_artifact
from runner.github.download import ArtifactRefused
from runner.record import Run
from runner.state.checks import check
from runner.state.provenance import Trusted
from runner.state.run_records import fetch_record, newest_of
from runner.state.search import Search

if TYPE_CHECKING:
    from runner.github.answers import Artifact
    from runner.github.client import GitHub

# Records that one search fetches before it gives up.
FETCHES = 5


def latest_record(
    github: GitHub, trusted: Trusted, job: str, say: Callable[[str], None]
) -> Run | None:
    """The newest that passes every rule that state has to pass too; None where none does.

    A list of artifacts, a workflow run and a zip. Raises GitHubFailed and StateUnresolved.
    """
    search = Search(github, trusted, say)
    with search.passing() as passed:
        for count, artifact in enumerate(search.believed({run_artifact(job, None)}, passed)):
            if count == FETCHES:
                return None
            try:
                return record_of_job(github, artifact, job)
            except (ArtifactRefused, ValueError) as error:
                passed.over(artifact, " ".join(str(error).split()))
    return None


def left_behind(github: GitHub, workflow_run: int, job: str) -> Run | None:
    """What this workflow run has uploaded for a job so far; None where nothing.

    A request for every 100 artifacts, and two. Raises GitHubFailed and ValueError.
    """
    newest = newest_of(github, workflow_run, {job}).get(job)
    return record_of_job(github, newest, job) if newest else None


def record_of_job(github: GitHub, artifact: Artifact, job: str) -> Run:
    """The record in a job's run folder; raises ArtifactRefused and ValueError."""
    run = fetch_record(github, artifact)
    if run.job != job or run.pr_number is not None:
        raise ValueError(f"its record is of job {run.job!a}, pull request {run.pr_number}")
    return usable(run)


def usable(run: Run) -> Run:
    """The record, if the state that it names can be asked for; raises ValueError."""
    if run.deferred_to:
        check(run.deferred_to, run.deferred_to.environment, run.deferred_to.job)
    return run
