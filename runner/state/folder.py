"""Files below a folder of this machine, or of a network drive."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import TimedOut
from runner.state.files import CHUNK, FileMissing
from runner.state.trouble import explained

if TYPE_CHECKING:
    from filelock import FileLock

# Seconds between two tries for a lock. Each is one system call, and signals arrive in between.
POLL = 0.2


class Folder:
    """Written atomically and flushed to the disk: a reader sees the old file or the new one."""

    def __init__(self, root: Path) -> None:
        self.location = str(root)
        self._root = root

    def paths(self, folder: str) -> tuple[str, ...]:
        found: list[str] = []
        with explained(f"state in {self.location} can't be listed", OSError):
            for parent, _, names in os.walk(self._root / folder, onerror=_raise_unless_gone):
                below = Path(parent).relative_to(self._root)
                found += [str(below / name) for name in names]
        return tuple(found)

    def read(self, path: str) -> Iterator[bytes]:
        with explained(f"{self._root / path} can't be read", OSError):
            try:
                file = (self._root / path).open("rb")
            except FileNotFoundError as error:
                raise FileMissing(f"{self._root / path} is missing") from error
            with file:
                while chunk := file.read(CHUNK):
                    yield chunk

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        target = self._root / path
        # No other process writes here meanwhile: publishing holds a lock. So the name needs nothing
        # random, and what a killed process left is written over.
        temporary = target.with_name(f".{target.name}.tmp")
        with explained(f"{target} can't be written", OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write_through(temporary, chunks)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            temporary.replace(target)
            _flush_folder(target.parent)

    def folders(self, folder: str) -> dict[str, float]:
        with (
            explained(f"state in {self._root / folder} can't be listed", OSError),
            os.scandir(self._root / folder) as entries,
        ):
            kept = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
            return {entry.name: entry.stat().st_mtime for entry in kept}

    def remove(self, folder: str) -> None:
        with explained(f"{self._root / folder} can't be removed", OSError):
            shutil.rmtree(self._root / folder)

    @contextmanager
    def lock(
        self, name: str, waiting: Callable[[], None], deadline: float | None
    ) -> Iterator[None]:
        from filelock import FileLock

        path = self._root / "locks" / f"{name}.lock"
        with explained(f"{path} can't be locked", OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            _acquire(lock, path, waiting, deadline)
        try:
            yield
        finally:
            lock.release()


def _acquire(
    lock: FileLock, path: Path, waiting: Callable[[], None], deadline: float | None
) -> None:
    from filelock import Timeout

    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
    else:
        return
    left = -1.0 if deadline is None else max(0.0, deadline - time.monotonic())
    try:
        lock.acquire(timeout=left, poll_interval=POLL)
    except Timeout as error:
        raise TimedOut(
            f"another process held {path} until the time was up",
            hint="wait for its end or stop it; a process that is gone holds no lock",
        ) from error


def _raise_unless_gone(error: OSError) -> None:
    """A folder that isn't there, or that another process removed while this one listed, is empty."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _write_through(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Makes a renaming last through a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
