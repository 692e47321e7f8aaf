"""State in the artifacts of a repository's own workflow runs.

An artifact ``dbt-gitops-state.<environment>.<job>`` holds three files:

    pointer.json      a PublishedState
    manifest.json     with the pointer's sha256
    run.json          the record of the run that published

There is no REST call to upload one: :meth:`GitHubStore.publish` prepares them in the folder
``state`` beside the run's record, and the workflow uploads that folder under the artifact's name.
Anybody who opens a pull request can upload an artifact of the same name, so the newest that passes
every rule of :mod:`runner.state.provenance` counts, and what is passed over is said.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import StateUnresolved
from runner.github.answers import Artifact
from runner.github.download import ArtifactRefused
from runner.record import PublishedState
from runner.record_json import RECORD, published_from_json, published_to_json, run_from_json
from runner.state.archive import unpack
from runner.state.checks import (
    AGAIN,
    MANIFEST_LIMIT,
    POINTER_LIMIT,
    RECORD_LIMIT,
    Checksum,
    changed_meanwhile,
    check,
    check_record,
    chunks_of,
    damaged,
    staged,
)
from runner.state.provenance import Trusted
from runner.state.search import Passed, Search
from runner.state.trouble import explained, unanswered

if TYPE_CHECKING:
    from runner.github.client import GitHub

POINTER = "pointer.json"
MANIFEST = "manifest.json"
MEMBERS = {POINTER: POINTER_LIMIT, MANIFEST: MANIFEST_LIMIT, RECORD: RECORD_LIMIT}
FOLDER = "state"
# A zip of this size holds the largest manifest that is read.
ZIP_LIMIT = 256 * 2**20
# Zips that one search fetches before it gives up.
FETCHES = 5


def artifact_name(environment: str, job: str) -> str:
    """A dot can stand in neither name, so no two jobs share an artifact."""
    return f"dbt-gitops-state.{environment}.{job}"


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """State that is here: its files are in ``folder``, and all of it was checked."""

    published: PublishedState
    folder: Path


class GitHubStore:
    """State of the jobs in ``jobs``, each with its environment.

    They have to be known: artifacts can't be listed by a part of their name. ``closed`` says why
    nothing can be published from here, "" where it can.

    ``connect`` is called when GitHub is asked for the first time, and ``trusted`` then too.
    """

    location = "GitHub's artifacts"

    def __init__(
        self,
        *,
        connect: Callable[[], GitHub],
        trusted: Callable[[GitHub], Trusted],
        jobs: Mapping[str, str],
        say: Callable[[str], None],
        closed: str = "",
    ) -> None:
        self.closed = closed
        self._connect = connect
        self._trust = trusted
        self._jobs = jobs
        self._say = say
        self._distrust: dict[int, str] = {}
        self._opened: dict[int, Fetched] = {}

    def published(
        self, *, environment: str | None = None, job: str | None = None
    ) -> tuple[PublishedState, ...]:
        found = [self._newest(pair) for pair in self._named(environment, job)]
        states = [fetched.published for fetched in found if fetched]
        return tuple(sorted(states, key=lambda state: state.published_at, reverse=True))

    def newest(
        self, *, environment: str | None = None, job: str | None = None
    ) -> PublishedState | None:
        """A list of artifacts, then one run and one zip; a list for each job where all are old."""
        found = self._newest(*self._named(environment, job))
        return found.published if found else None

    def fetch(self, published: PublishedState, into: Path) -> Path:
        return self._copy(published, MANIFEST, into)

    def fetch_record(self, published: PublishedState, into: Path) -> Path:
        return self._copy(published, RECORD, into)

    def publish(self, manifest: Path, record: Path, published: PublishedState) -> bool:
        """Prepares what the workflow uploads."""
        check(published, published.environment, published.job)
        folder = record.parent / FOLDER
        seen = Checksum()
        with staged(folder, MANIFEST) as file:
            file.writelines(seen.of(chunks_of(manifest)))
            if seen.sha256 != published.sha256:
                raise changed_meanwhile(published, seen.sha256, manifest)
        with staged(folder, RECORD) as file:
            file.writelines(chunks_of(record))
        with staged(folder, POINTER) as file:
            file.write(published_to_json(replace(published, size=seen.size)).encode())
        return True

    def lock(
        self, job: str, waiting: Callable[[], None], deadline: float | None
    ) -> AbstractContextManager[None]:
        """Nothing: GitHub's concurrency groups let runs take turns."""
        return nullcontext()

    @cached_property
    def _search(self) -> Search:
        self._github = self._connect()
        return Search(self._github, self._trust(self._github), self._say)

    @cached_property
    def _scratch(self) -> Path:
        folder = tempfile.mkdtemp(prefix="dbt-gitops-state-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with (
            unanswered(f"state can't be read from {self.location}"),
            explained(f"state from {self.location} can't be kept here", OSError),
        ):
            yield

    def _named(self, environment: str | None, job: str | None) -> list[tuple[str, str]]:
        """The pairs of environment and job that are meant."""
        pairs = [(there, name) for name, there in self._jobs.items()]
        return [p for p in pairs if environment in (None, p[0]) and job in (None, p[1])]

    def _newest(self, *pairs: tuple[str, str]) -> Fetched | None:
        """The newest state of any of these jobs."""
        unusable = 0
        for fetched in self._newest_first(*pairs):
            if fetched:
                return fetched
            unusable += 1
        if unusable == FETCHES:
            raise StateUnresolved(
                "no state on GitHub could be used",
                why=f"the newest {FETCHES} artifacts are damaged, as said above",
                hint=AGAIN.format(" or ".join(sorted(job for _, job in pairs))),
            )
        return None

    def _of_run(self, published: PublishedState) -> Fetched | None:
        """Newest first: what one looks for is seldom old."""
        found = self._newest_first((published.environment, published.job))
        return next((each for each in found if each and _same(each.published, published)), None)

    def _newest_first(self, *pairs: tuple[str, str]) -> Iterator[Fetched | None]:
        """State of any of these jobs, at most so many as are fetched; None for what can't be used."""
        names = {artifact_name(*pair): pair for pair in pairs}
        if not names:
            return
        with self._reading(), self._search.passing() as passed:
            for artifact in islice(self._search.believed(names, passed), FETCHES):
                yield self._try(artifact, names[artifact.name], passed)

    def _try(self, artifact: Artifact, pair: tuple[str, str], passed: Passed) -> Fetched | None:
        try:
            return self._open(artifact, *pair)
        except (ArtifactRefused, StateUnresolved, ValueError) as error:
            passed.over(artifact, " ".join(str(error).split()))
            return None

    def _open(self, artifact: Artifact, environment: str, job: str) -> Fetched:
        """Fetches one artifact and checks all of it.

        Raises :class:`ArtifactRefused`, :class:`StateUnresolved` and, where the zip or what is in
        it isn't right, :class:`ValueError`.
        """
        if artifact.id in self._opened:  # what is uploaded never changes
            return self._opened[artifact.id]
        folder = self._scratch / str(artifact.id)
        folder.mkdir()
        zipped = folder / "artifact.zip"
        try:
            self._github.download_artifact(artifact, zipped, limit=ZIP_LIMIT)
            unpack(zipped, folder, MEMBERS)
            published = _checked(folder, environment, job)
        except BaseException:
            shutil.rmtree(folder)
            raise
        zipped.unlink()
        self._opened[artifact.id] = Fetched(published=published, folder=folder)
        return self._opened[artifact.id]

    def _copy(self, published: PublishedState, name: str, into: Path) -> Path:
        here = (each for each in self._opened.values() if _same(each.published, published))
        fetched = next(here, None) or self._of_run(published)
        if fetched is None:
            raise StateUnresolved(
                f"the state of run {published.run_id} is not on GitHub any more",
                why=f"it is none of the newest {FETCHES} of job {published.job} that can be believed",
                hint=AGAIN.format(published.job),
            )
        with staged(into, name) as file:
            file.writelines(chunks_of(fetched.folder / name))
        return into


def _same(one: PublishedState, other: PublishedState) -> bool:
    return (one.run_id, one.sha256) == (other.run_id, other.sha256)


def _checked(folder: Path, environment: str, job: str) -> PublishedState:
    """The pointer, when the other two files are what it says."""
    text = (folder / POINTER).read_bytes().decode()
    published = check(published_from_json(text), environment, job)
    seen = Checksum()
    for _ in seen.of(chunks_of(folder / MANIFEST)):
        pass
    if seen.sha256 != published.sha256:
        raise damaged(published, seen.sha256, seen.size)
    data = (folder / RECORD).read_bytes()
    check_record(data, published)
    status = run_from_json(data.decode()).status
    if status != "success":
        raise ValueError(f"run {published.run_id} ended as {status}")
    return published
