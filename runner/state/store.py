"""The contract of every state store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from runner.record import PublishedState


class StateStore(Protocol):
    """The last successful deployment runs of each environment and job.

    Everything raises :class:`StateUnresolved` where the store can't be reached, refuses, or holds
    what can't be trusted. ``location`` is for messages; ``closed`` says why nothing can be
    published from here, "" where it can.
    """

    location: str
    closed: str

    def published(
        self, *, environment: str | None = None, job: str | None = None
    ) -> tuple[PublishedState, ...]:
        """The newest state of each job, newest first, of all where nothing is named."""

    def newest(
        self, *, environment: str | None = None, job: str | None = None
    ) -> PublishedState | None:
        """The first of :meth:`published`, at less cost where the others aren't needed."""

    def fetch(self, published: PublishedState, into: Path) -> Path:
        """Writes ``into/manifest.json``, verified, and returns ``into``."""

    def fetch_record(self, published: PublishedState, into: Path) -> Path:
        """Writes ``into/run.json``, which is that run's record, and returns ``into``."""

    def publish(self, manifest: Path, record: Path, published: PublishedState) -> bool:
        """Keeps both files and moves the pointer to them; False where a newer state is there.

        A run id is published once; the same files again are no error.
        """

    def lock(
        self, job: str, waiting: Callable[[], None], deadline: float | None
    ) -> AbstractContextManager[None]:
        """One run of a job at a time, in a folder; an object store doesn't lock.

        ``waiting`` is called once where another process holds it. ``deadline`` is in the seconds
        of :func:`time.monotonic`; :class:`TimedOut` is raised after it.
        """
