"""The records of pull requests' runs in the artifacts of a repository on GitHub.

A run on a pull request uploads its folder as ``dbt-gitops-pr.<number>.<job>``. A fork's pull request
can upload the same name, so each is looked at before it is fetched, and its record afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from runner.cleaning.records import Record
from runner.github.answers import Artifact
from runner.github.artifact_names import pull_request_and_job, run_artifact
from runner.github.download import ArtifactRefused
from runner.record import Run
from runner.state.run_records import fetch_record
from runner.state.search import Passed

if TYPE_CHECKING:
    from runner.github.client import GitHub

# What a sweep looks at: a token has 1,000 requests an hour, and a list takes one for 100.
LISTED = 10_000
FETCHED = 300


@dataclass(frozen=True, kw_only=True)
class Named:
    """An artifact, and the pull request and the job that its name says."""

    artifact: Artifact
    number: int
    job: str


class ArtifactRecords:
    """``jobs`` are those that pull requests start; ``say`` is told what is passed over, and why."""

    def __init__(self, github: GitHub, jobs: Collection[str], say: Callable[[str], None]) -> None:
        self._github = github
        self._jobs = jobs
        self._say = say

    def of(self, number: int) -> Iterator[Record]:
        """One pull request's: a request for each job, and one for each run."""
        for job in self._jobs:
            yield from self._read(self._listed(run_artifact(job, number)))

    def of_closed(self) -> Iterator[Record]:
        """Those of all pull requests that aren't open.

        A request for 100 artifacts, for 100 open pull requests, and for each run of a closed one.
        """
        found = list(self._listed())
        if found:
            # Asked after the list: one that is opened meanwhile has no artifact in it.
            still_open = {pull.number for pull in self._github.pull_requests("open")}
            yield from self._read(named for named in found if named.number not in still_open)

    def _listed(self, name: str = "") -> Iterator[Named]:
        artifacts = self._github.artifacts(name)
        for artifact in islice(artifacts, LISTED):
            named = pull_request_and_job(artifact.name)
            if named and named[1] in self._jobs:
                yield Named(artifact=artifact, number=named[0], job=named[1])
        if next(artifacts, None):
            self._say(f"only the newest {LISTED} artifacts were looked at")

    def _read(self, found: Iterable[Named]) -> Iterator[Record]:
        fetched = 0
        with Passed(self._say) as passed:
            for named in found:
                artifact, distrust = named.artifact, _distrust(named.artifact)
                if distrust:
                    passed.over(artifact, distrust)
                    continue
                if fetched == FETCHED:
                    self._say(
                        f"only the newest {FETCHED} runs were read; --pr NUMBER reads one's own"
                    )
                    return
                fetched += 1
                try:
                    run = self._run(named)
                except (ArtifactRefused, ValueError) as error:
                    passed.over(artifact, str(error))
                else:
                    yield Record(number=named.number, branch=_branch(artifact), run=run)

    def _run(self, named: Named) -> Run:
        """Raises ArtifactRefused and ValueError where the record can't be believed."""
        run = fetch_record(self._github, named.artifact)
        if (run.pr_number, run.job) != (named.number, named.job):
            raise ValueError(f"its record is of job {run.job!a} and pull request {run.pr_number}")
        return run


def _branch(artifact: Artifact) -> str:
    return (artifact.workflow_run.head_branch if artifact.workflow_run else None) or ""


def _distrust(artifact: Artifact) -> str:
    """Why an artifact isn't worth fetching, "" where it is.

    A run of a fork never gets a connection, so it has made no schema, whatever it says.
    """
    run = artifact.workflow_run
    if run is None:
        return "GitHub doesn't say which run it is from"
    if run.head_repository_id != run.repository_id:
        return "it is from a fork"
    return "it has expired" if artifact.expired else ""
