"""What a store asks of a place for files, so that one layout serves a folder and every bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from runner.errors import StateUnresolved

# Bytes read or written at once; a bucket's upload goes in parts of this size.
CHUNK = 8 * 2**20


class FileMissing(StateUnresolved):
    """A file that should be in the store isn't."""


class Files(Protocol):
    """A place for files. Paths are relative to its root and written with ``/``.

    Everything raises :class:`StateUnresolved` where the place can't be reached or refuses.
    """

    location: str

    def paths(self, folder: str) -> tuple[str, ...]:
        """Every file below a folder; none where there is no such folder."""

    def read(self, path: str) -> Iterator[bytes]:
        """A file in chunks; raises :class:`FileMissing`."""

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """The whole file or nothing, in place of one of the same name."""

    def folders(self, folder: str) -> dict[str, float]:
        """The names of the folders in a folder, and when each changed, in seconds of the epoch."""

    def remove(self, folder: str) -> None: ...

    def lock(
        self, name: str, waiting: Callable[[], None], deadline: float | None
    ) -> AbstractContextManager[None]:
        """See :meth:`StateStore.lock`."""
