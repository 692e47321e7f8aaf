"""What the runs of one workflow run have left on GitHub: their records, each in an artifact of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import GitHubFailed
from runner.github.download import ArtifactRefused
from runner.record import Run
from runner.state.run_records import fetch_record, newest_of

if TYPE_CHECKING:
    from runner.github.answers import Artifact
    from runner.github.client import GitHub

# A download waits for GitHub, and then for the storage.
THREADS = 4


@dataclass(frozen=True, kw_only=True)
class Left:
    """Of one job: its record, or why it can't be had: for good, or ``later`` perhaps."""

    job: str
    run: Run | None = None
    trouble: str = ""
    later: bool = False


def left_by(
    github: GitHub, connect: Callable[[], GitHub], workflow_run: int, jobs: Collection[str]
) -> tuple[Left, ...]:
    """What each of these jobs left; one that left nothing isn't there.

    A request for every 100 artifacts, and two for each record. ``connect`` makes another client: one
    can't be used by two threads. Raises GitHubFailed.
    """
    pairs = list(newest_of(github, workflow_run, jobs).items())
    shares = [pairs[start::THREADS] for start in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(lambda share: _fetched(connect, share), filter(None, shares))
        return tuple(each for share in found for each in share)


def _fetched(connect: Callable[[], GitHub], share: Sequence[tuple[str, Artifact]]) -> list[Left]:
    with closing(connect()) as github:
        return [_left(github, job, artifact) for job, artifact in share]


def _left(github: GitHub, job: str, artifact: Artifact) -> Left:
    try:
        run = fetch_record(github, artifact)
        if run.job != job:
            raise ValueError(f"it is of job {run.job!a}")
    except (ArtifactRefused, ValueError) as error:
        why = " ".join(str(error).split())
        return Left(job=job, trouble=f"the record of `{job}` can't be used: {why}")
    except GitHubFailed as error:
        return Left(
            job=job, trouble=f"the record of `{job}` can't be had: {error.what}", later=True
        )
    return Left(job=job, run=run)
