"""What a fork's run says of itself, believed as little as it deserves.

A fork's run has no secrets and a token that can only read, so a run of the default branch's own
workflow speaks for it. Whoever opened the pull request may have written the workflow that made the
record, so nothing in it decides where it is shown: the commit and the pull request are GitHub's word,
the job one of the base's jobs file, and the verdict that nothing was built.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from runner.errors import ExitCode
from runner.events import PullRequest, WorkflowRun
from runner.github.artifact_names import pull_request_and_job
from runner.github.download import ArtifactRefused
from runner.model import Config
from runner.record import Run
from runner.state.run_records import fetch_record
from runner.triggers import QUIET, Changes, Triggered, decide

if TYPE_CHECKING:
    from runner.github.answers import PullRequest as Asked
    from runner.github.client import GitHub

RECORD_LIMIT = 16 * 2**20
ZIP_LIMIT = 64 * 2**20
# More artifacts than any honest run has; the rest isn't looked at.
MOST = 50


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one artifact says: a ``run`` to report, or why it is passed over.

    ``job`` is "" where the artifact is none of this pull request's.
    """

    artifact: str
    job: str = ""
    run: Run | None = None
    passed_over: str = ""


def pull_request_of(github: GitHub, event: WorkflowRun) -> Asked | None:
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
    artifacts = github.artifacts_of(event.run_id)
    for artifact in islice(artifacts, MOST):
        named = pull_request_and_job(artifact.name)
        if named is None:
            continue
        if named[0] != number or named[1] not in jobs:
            reason = "it is of another pull request, or of a job that pull requests don't start"
            yield Told(artifact=artifact.name, passed_over=reason)
            continue
        try:
            record = fetch_record(github, artifact, zip_limit=ZIP_LIMIT, record_limit=RECORD_LIMIT)
            run = _bound(record, event, named[1])
        except (ArtifactRefused, ValueError) as error:
            why = " ".join(str(error).split())
            yield Told(artifact=artifact.name, job=named[1], passed_over=why)
            continue
        yield Told(artifact=artifact.name, job=named[1], run=run)
    if next(artifacts, None):
        yield Told(artifact="the other artifacts", passed_over=f"only {MOST} are looked at")


def expected(
    config: Config, event: WorkflowRun, pull_request: Asked, heard: Sequence[Told]
) -> Iterator[tuple[str, str, bool]]:
    """The checks that no run is reported of: the job, why not, and whether that is a failure.

    ``config`` is the default branch's; which job is one is decided by what GitHub says.
    """
    asked = PullRequest(
        repository=event.repository,
        default_branch=event.default_branch,
        action="synchronize",
        number=pull_request.number,
        head_sha=event.head_sha,
        head_ref=pull_request.head.ref,
        head_repository=event.head_repository,
        base_sha=pull_request.base.sha,
        base_ref=pull_request.base.ref,
        draft=pull_request.draft,
        labels=tuple(label.name for label in pull_request.labels),
        author="",
    )
    failed = event.conclusion != "success"
    reported = {each.job for each in heard if each.run}
    doubted = {each.job: each.passed_over for each in heard if each.job and not each.run}
    for verdict in decide(config, asked, Changes(root=config.root, paths=None)).verdicts:
        if verdict.job in reported:
            continue
        if verdict.job in doubted:
            yield verdict.job, f"what its run left can't be used: {doubted[verdict.job]}", True
        elif isinstance(verdict, Triggered):
            how = f"the fork's run ended as {event.conclusion}" if failed else "it wasn't started"
            yield verdict.job, f"{how}: see the run", failed
        elif verdict.code not in QUIET and config.jobs[verdict.job].triggers.pull_request:
            yield verdict.job, verdict.reason, False


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
