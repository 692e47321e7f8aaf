"""What a fork's run says of itself, believed as little as it deserves.

A fork's run has no secrets and a token that can only read, so a run of the default branch's own
workflow speaks for it. Whoever opened the pull request may have written the workflow that made the
record, so nothing in it decides where it is shown: the commit and the pull request are GitHub's word,
the job one of the base's jobs file, and the verdict that nothing was built.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import ExitCode
from runner.events import WorkflowRun
from runner.github.artifact_names import pull_request_and_job
from runner.github.download import ArtifactRefused
from runner.record import Run
from runner.record_json import run_from_json
from runner.state.archive import unpack

if TYPE_CHECKING:
    from runner.github.answers import Artifact, PullRequest
    from runner.github.client import GitHub

RECORD = "run.json"
RECORD_LIMIT = 16 * 2**20
ZIP_LIMIT = 64 * 2**20
# More artifacts than any honest run has; the rest isn't looked at.
MOST = 50


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one artifact says: a ``run`` to report, or why it is passed over."""

    artifact: str
    run: Run | None = None
    passed_over: str = ""


def pull_request_of(github: GitHub, event: WorkflowRun) -> PullRequest | None:
    """The open pull request whose head is the run's commit now; one request.

    By GitHub's word alone: a workflow_run of a fork names no pull request.
    """
    owner = (event.head_repository or "").partition("/")[0]
    if not owner:
        return None
    for pull_request in github.pull_requests("open", head=f"{owner}:{event.head_branch}"):
        repository = pull_request.head.repo
        same = repository and repository.full_name.lower() == (event.head_repository or "").lower()
        if same and pull_request.head.sha == event.head_sha:
            return pull_request
    return None


def told(github: GitHub, event: WorkflowRun, number: int, jobs: Collection[str]) -> Iterator[Told]:
    """Each artifact of the run that has a record's name; ``jobs`` are those that may be reported.

    One request, and one for each record. Raises GitHubFailed.
    """
    for artifact in islice(github.artifacts_of(event.run_id), MOST):
        named = pull_request_and_job(artifact.name)
        if named is None:
            continue
        if named[0] != number or named[1] not in jobs:
            reason = "it is of another pull request, or of a job that pull requests don't start"
            yield Told(artifact=artifact.name, passed_over=reason)
            continue
        try:
            run = _bound(run_from_json(_record(github, artifact)), event, named[1])
        except (ArtifactRefused, ValueError) as error:
            yield Told(artifact=artifact.name, passed_over=" ".join(str(error).split()))
            continue
        yield Told(artifact=artifact.name, run=run)


def _record(github: GitHub, artifact: Artifact) -> str:
    with tempfile.TemporaryDirectory(prefix="dbt-gitops-") as folder:
        zipped = Path(folder) / "artifact.zip"
        github.download_artifact(artifact, zipped, limit=ZIP_LIMIT)
        unpack(zipped, Path(folder), {RECORD: RECORD_LIMIT})
        return (Path(folder) / RECORD).read_text(encoding="utf-8")


def _bound(run: Run, event: WorkflowRun, job: str) -> Run:
    """The record with what GitHub knows in place of what it says; raises ValueError."""
    if run.status == "success":
        raise ValueError("it says that it has built something, which a fork's run can't")
    origin = event.head_repository or "a fork that is deleted"
    reason = f"validated and parsed, not built: its code comes from {origin}"
    if run.status == "error" or event.conclusion != "success":
        run = replace(run, status="error", exit_code=run.exit_code or int(ExitCode.STEP_FAILED))
        reason = f"the run of {origin} failed: {run.reason}"
    return replace(
        run,
        job=job,
        commit=event.head_sha,
        trigger="pull_request",
        reason=reason,
        state_published=False,
        deferred_to=None,
        overrides={},
        notes=(f"what follows is what the run of {origin} says of itself", *run.notes[:10]),
    )
