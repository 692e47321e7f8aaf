"""The history in the artifacts of a repository's own workflow runs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import StateUnresolved
from runner.github.answers import Artifact
from runner.github.download import ArtifactRefused
from runner.history import History
from runner.history_json import HISTORY
from runner.state.archive import unpack
from runner.state.cache import Cache
from runner.state.checks import staged
from runner.state.history_store import ANEW, ARTIFACT, HISTORY_LIMIT, REPORTED, decoded, encoded
from runner.state.kept_history import KeptHistory, keep_history, kept_history
from runner.state.provenance import Trusted
from runner.state.search import Search
from runner.state.trouble import explained, unanswered

if TYPE_CHECKING:
    from runner.github.client import GitHub

# A tenth of the largest history that is read, as text packs.
ZIP_LIMIT = 64 * 2**20


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
        self.lost = ""

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
        data = encoded(history)
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
            found = next(self._search.believed((ARTIFACT, REPORTED), passed), None)
        if passed.expired:
            self.lost = _expired(passed.expired, found)
        return found

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
                history = decoded(data)
            except ValueError as error:
                raise _damaged(artifact, error) from error
        if self._cache and artifact.workflow_run:
            keep_history(self._cache, artifact.id, artifact.workflow_run.id, data.decode())
        return history


def _expired(artifact: Artifact, found: Artifact | None) -> str:
    """The newest history was in an artifact that GitHub doesn't keep any more."""
    instead = (
        "an older one takes its place, so that what it doesn't know of may be started again"
        if found
        else ANEW
    )
    return (
        f"the history of {artifact.created_at:%Y-%m-%d %H:%M} UTC has expired, and {instead}; the"
        " repository keeps artifacts too shortly for its schedules (Settings, Actions, retention)"
    )


def _damaged(artifact: Artifact, why: object) -> StateUnresolved:
    run = f" of run {artifact.workflow_run.id}" if artifact.workflow_run else ""
    return StateUnresolved(
        f"the history in artifact {artifact.id}{run} can't be read",
        why=" ".join(str(why).split()),
        hint="delete this artifact: the one before it counts then, and what was started since is"
        f" started again where its time allows; without one {ANEW}",
    )
