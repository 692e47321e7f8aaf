"""Where the history is kept: one file in the place of state, or an artifact of the repository.

    history.json                        in a folder or an object store
    dbt-gitops-history                  the artifact that a plan has left, with history.json in it
    dbt-gitops-history-ended            the same of a report

A history that can't be read or believed stops the plan. Neither beginning anew nor taking an older one
would do: what had been started since would be started again.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from runner.errors import StateUnresolved
from runner.github.answers import Artifact
from runner.github.download import ArtifactRefused
from runner.history import History
from runner.history_json import HISTORY, history_from_json, history_to_json
from runner.record_json import RecordInvalid
from runner.state.archive import unpack
from runner.state.cache import Cache
from runner.state.checks import format_size, limited, staged
from runner.state.files import FileMissing, Files
from runner.state.kept_history import KeptHistory, keep_history, kept_history
from runner.state.provenance import Trusted
from runner.state.search import Search
from runner.state.trouble import explained, unanswered

if TYPE_CHECKING:
    from runner.github.client import GitHub

ARTIFACT = "dbt-gitops-history"
# What a report leaves, in the same run of the workflow. An artifact is replaced by removing it first:
# under one name the newest history would be an older one meanwhile, or for good if the upload failed.
REPORTED = "dbt-gitops-history-ended"
# 1,000 jobs with all that is kept of them take 20 MB, and a tenth of that in a zip.
HISTORY_LIMIT = 256 * 2**20
ZIP_LIMIT = 64 * 2**20
# No job is called so: a dot can't stand in its name.
LOCK = "dbt-gitops.history"
# Seconds to wait for another process that writes.
WRITE_WAIT = 60
# How far a runner's clock may be ahead. Beyond that a history would keep every schedule waiting.
CLOCK = timedelta(days=1)
ANEW = (
    "it begins anew: each job starts with the next time of its schedule, and runs that wait or"
    " run are forgotten"
)


class HistoryStore(Protocol):
    """One history for all jobs. Everything raises :class:`StateUnresolved`.

    ``location`` is for messages.
    """

    location: str

    def read(self) -> History | None:
        """None where there is none yet."""

    def write(self, history: History) -> Path | None:
        """The folder that the workflow has to upload, None where all is done.

        A plan's is uploaded as :data:`ARTIFACT`, a report's as :data:`REPORTED`.
        """


class FileHistory:
    """In any place for files. What was written since it was read isn't written over."""

    def __init__(self, files: Files) -> None:
        self.location = f"{files.location}/{HISTORY}"
        self._files = files
        self._seen = ""

    def read(self) -> History | None:
        data = self._data()
        self._seen = _sha256(data)
        if data is None:
            return None
        try:
            return _decoded(data)
        except ValueError as error:
            raise self._damaged(error) from error

    def write(self, history: History) -> Path | None:
        data = _encoded(history)
        deadline = time.monotonic() + WRITE_WAIT
        with self._files.lock(LOCK, _nothing, deadline):
            if _sha256(self._data()) != self._seen:
                raise StateUnresolved(
                    f"the history {self.location} has changed since it was read",
                    why="another plan or report has written it, and they should take turns",
                    hint="run it again; in a workflow, keep both in one concurrency group",
                )
            self._files.write(HISTORY, [data])
        self._seen = _sha256(data)
        return None

    def change(self, changed: Callable[[History], History]) -> None:
        """Read and written at one go, for those who don't take turns; an object store has no lock."""
        deadline = time.monotonic() + WRITE_WAIT
        with self._files.lock(LOCK, _nothing, deadline):
            self._files.write(HISTORY, [_encoded(changed(self.read() or History()))])

    def _data(self) -> bytes | None:
        try:
            return limited(self._files.read(HISTORY), HISTORY_LIMIT)
        except FileMissing:
            return None
        except RecordInvalid as error:
            raise self._damaged(error) from error

    def _damaged(self, error: ValueError) -> StateUnresolved:
        return StateUnresolved(
            f"the history {self.location} can't be read",
            why=str(error),
            hint=f"put an earlier version of this file in its place, or delete it: then {ANEW}",
        )


class GitHubHistory:
    """In the newest artifact that may be believed; the workflow uploads what :meth:`write` leaves.

    ``connect`` is called when GitHub is asked for the first time, and ``trusted`` then too. With a
    ``cache`` an artifact is fetched once.
    """

    location = "GitHub's artifacts"

    def __init__(
        self,
        *,
        connect: Callable[[], GitHub],
        trusted: Callable[[GitHub], Trusted],
        folder: Path,
        say: Callable[[str], None],
        cache: Cache | None = None,
    ) -> None:
        self._cache = cache
        self._connect = connect
        self._trust = trusted
        self._folder = folder
        self._say = say

    def read(self) -> History | None:
        """A list of artifacts, one run and one zip; another list where that zip has just gone.

        Where neither name is among the repository's newest 100 it costs a list for each.
        """
        with unanswered("the history can't be read from GitHub"):
            newest = self._newest()
            if newest is None:
                return None
            try:
                return self._open(newest)
            except ArtifactRefused as refused:
                if refused.status not in (404, 410):
                    raise _damaged(newest, refused) from refused
            # A run of the workflow that is run again replaces what it has uploaded.
            again = self._newest()
            if again is None or again.id == newest.id:
                raise _damaged(newest, "GitHub lists it, and it is gone")
            try:
                return self._open(again)
            except ArtifactRefused as refused:
                raise _damaged(again, refused) from refused

    def write(self, history: History) -> Path | None:
        data = _encoded(history)
        with staged(self._folder, HISTORY) as file:
            file.write(data)
        return self._folder

    @cached_property
    def _search(self) -> Search:
        self._github = self._connect()
        search = Search(self._github, self._trust(self._github), self._say)
        if self._kept:
            search.believe(self._kept.workflow_run)
        return search

    @cached_property
    def _kept(self) -> KeptHistory | None:
        return kept_history(self._cache) if self._cache else None

    def _newest(self) -> Artifact | None:
        with self._search.passing() as passed:
            return next(self._search.believed((ARTIFACT, REPORTED), passed), None)

    def _open(self, artifact: Artifact) -> History:
        """Raises :class:`ArtifactRefused` where the zip can't be had."""
        if self._kept and self._kept.artifact == artifact.id:  # what is uploaded never changes
            return self._kept.history
        with (
            explained("the history from GitHub can't be kept here", OSError),
            tempfile.TemporaryDirectory(prefix="dbt-gitops-history-") as scratch,
        ):
            folder = Path(scratch)
            zipped = folder / "artifact.zip"
            self._github.download_artifact(artifact, zipped, limit=ZIP_LIMIT)
            try:
                unpack(zipped, folder, {HISTORY: HISTORY_LIMIT})
                data = (folder / HISTORY).read_bytes()
                history = _decoded(data)
            except ValueError as error:
                raise _damaged(artifact, error) from error
        if self._cache and artifact.workflow_run:
            keep_history(self._cache, artifact.id, artifact.workflow_run.id, data.decode())
        return history


def _damaged(artifact: Artifact, why: object) -> StateUnresolved:
    run = f" of run {artifact.workflow_run.id}" if artifact.workflow_run else ""
    return StateUnresolved(
        f"the history in artifact {artifact.id}{run} can't be read",
        why=" ".join(str(why).split()),
        hint="delete this artifact: the one before it counts then, and what was started since is"
        f" started again where its time allows; without one {ANEW}",
    )


def _decoded(data: bytes) -> History:
    """Raises ValueError, which names what is wrong with it."""
    history = history_from_json(data.decode())
    ahead = datetime.now(timezone.utc) + CLOCK
    if history.handled_until and history.handled_until > ahead:
        raise RecordInvalid(f"handled_until is {history.handled_until}, which is yet to come")
    return history


def _encoded(history: History) -> bytes:
    data = history_to_json(history).encode()
    if len(data) > HISTORY_LIMIT:
        raise StateUnresolved(
            f"the history takes {format_size(len(data))}, more than {format_size(HISTORY_LIMIT)}",
            why="it could not be read again",
            hint="put fewer jobs into one repository",
        )
    return data


def _sha256(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()


def _nothing() -> None:
    """Writing takes a moment: its wait isn't worth a word."""
