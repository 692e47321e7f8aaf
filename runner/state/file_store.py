"""One layout of files for every place: a run's files first, a small pointer to them last.

    state/<environment>/<job>/<run_id>/manifest.json
    state/<environment>/<job>/<run_id>/run.json
    state/<environment>/<job>.json      the pointer, a PublishedState: moving it is the commit
    locks/<job>.lock                    in a folder alone

What comes back out of a store is taken for a stranger's: sizes are capped, names are checked, and
a manifest is what its checksum says.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from runner.errors import StateUnresolved
from runner.record import PublishedState
from runner.record_json import RECORD, published_from_json, published_to_json
from runner.state.checks import (
    AGAIN,
    MANIFEST_LIMIT,
    POINTER,
    POINTER_LIMIT,
    RECORD_LIMIT,
    RUN_ID,
    Checksum,
    changed_meanwhile,
    check,
    check_record,
    chunks_of,
    damaged,
    format_size,
    limited,
    staged,
)
from runner.state.files import FileMissing, Files

KEPT_RUNS = 5
# Seconds to wait for another process that publishes for the same job: a copy takes a few.
PUBLISH_WAIT = 300

log = logging.getLogger(__name__)


class FileStore:
    """The store over any place for files."""

    closed = ""

    def __init__(self, files: Files) -> None:
        self.location = files.location
        self._files = files

    def published(
        self, *, environment: str | None = None, job: str | None = None
    ) -> tuple[PublishedState, ...]:
        paths = self._files.paths(f"state/{environment}" if environment else "state")
        matches = (match for path in paths if (match := POINTER.fullmatch(path)))
        found = [self._pointer(match[1], match[2]) for match in matches if job in (None, match[2])]
        return tuple(sorted(found, key=lambda state: state.published_at, reverse=True))

    def newest(
        self, *, environment: str | None = None, job: str | None = None
    ) -> PublishedState | None:
        return next(iter(self.published(environment=environment, job=job)), None)

    def fetch(self, published: PublishedState, into: Path) -> Path:
        with staged(into, "manifest.json") as file:
            sha256, size = self._copy(published, "manifest", file, MANIFEST_LIMIT)
            if sha256 != published.sha256:
                raise damaged(published, sha256, size)
        return into

    def fetch_record(self, published: PublishedState, into: Path) -> Path:
        with staged(into, RECORD) as file:
            self._copy(published, "run", file, RECORD_LIMIT)
            file.seek(0)
            check_record(file.read(), published)
        return into

    def publish(self, manifest: Path, record: Path, published: PublishedState) -> bool:
        check(published, published.environment, published.job)
        deadline = time.monotonic() + PUBLISH_WAIT
        with self._files.lock(f"{published.job}.publish", _nothing, deadline):
            if self._superseded(published):
                return False
            published = self._write_run(manifest, record, published)
            # Again: an object store has no lock, and writing took its time.
            if self._superseded(published):
                return False
            pointer = _pointer_path(published.environment, published.job)
            self._files.write(pointer, [published_to_json(published).encode()])
            self._prune(published)
        return True

    def lock(
        self, job: str, waiting: Callable[[], None], deadline: float | None
    ) -> AbstractContextManager[None]:
        return self._files.lock(job, waiting, deadline)

    def _pointer(self, environment: str, job: str) -> PublishedState:
        path = _pointer_path(environment, job)
        try:
            text = limited(self._files.read(path), POINTER_LIMIT).decode()
            return check(published_from_json(text), environment, job)
        except ValueError as error:
            raise StateUnresolved(
                f"the pointer {path} in {self.location} can't be read",
                why=str(error),
                hint="delete this file, and the job's next successful run writes it anew",
            ) from error

    def _superseded(self, published: PublishedState) -> bool:
        """Whether the pointer is newer. Raises where this run has published something else."""
        try:
            there = self._pointer(published.environment, published.job)
        except FileMissing:
            return False
        if there.run_id != published.run_id:
            return there.published_at > published.published_at
        if there.sha256 != published.sha256:
            raise StateUnresolved(
                f"run {published.run_id} has published another manifest before",
                why="what a run has published is never written over: others may be reading it",
                hint="give each run an id of its own",
            )
        return False

    def _write_run(self, manifest: Path, record: Path, published: PublishedState) -> PublishedState:
        """Both files, in the run's folder; the state with its size."""
        seen = Checksum()
        self._files.write(_run_path(published, "manifest"), seen.of(chunks_of(manifest)))
        if seen.sha256 != published.sha256:
            raise changed_meanwhile(published, seen.sha256, manifest)
        self._files.write(_run_path(published, "run"), chunks_of(record))
        return replace(published, size=seen.size)

    def _prune(self, published: PublishedState) -> None:
        """Removes all but the newest runs. A failure is said, but the state is published."""
        folder = f"state/{published.environment}/{published.job}"
        try:
            for run in _outdated(self._files.folders(folder)) - {published.run_id}:
                self._files.remove(f"{folder}/{run}")
        except StateUnresolved as error:
            log.warning("Older runs of job %s stay in the state store\n%s", published.job, error)

    def _copy(
        self, published: PublishedState, name: str, file: BinaryIO, limit: int
    ) -> tuple[str, int]:
        """Streams a file of a run; its SHA-256 and its size in bytes."""
        seen = Checksum()
        try:
            for chunk in seen.of(self._files.read(_run_path(published, name))):
                file.write(chunk)
                if seen.size > limit:
                    raise StateUnresolved(
                        f"the {name}.json of run {published.run_id} is larger than {format_size(limit)}",
                        hint=AGAIN.format(published.job),
                    )
        except FileMissing as error:
            raise StateUnresolved(
                f"the {name}.json of run {published.run_id} is missing in {self.location}",
                why="its pointer is there: the file was removed, or the run is no longer kept",
                hint=AGAIN.format(published.job),
            ) from error
        return seen.sha256, seen.size


def _outdated(ages: dict[str, float]) -> set[str]:
    """The runs before the newest. S3 counts whole seconds: what is as old as one that stays, stays."""
    oldest = min(sorted(ages.values(), reverse=True)[:KEPT_RUNS], default=0.0)
    return {run for run, age in ages.items() if age < oldest and RUN_ID.fullmatch(run)}


def _pointer_path(environment: str, job: str) -> str:
    return f"state/{environment}/{job}.json"


def _run_path(published: PublishedState, name: str) -> str:
    return f"state/{published.environment}/{published.job}/{published.run_id}/{name}.json"


def _nothing() -> None:
    """Publishing takes a moment: its wait isn't worth a word."""
