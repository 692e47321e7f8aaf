"""Objects below a prefix of a bucket, through fsspec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from runner.errors import StateUnresolved
from runner.state.files import CHUNK, FileMissing
from runner.state.trouble import explained

# The schemes whose stores replace an object in one piece, and the extra that brings the package.
# fsspec knows more, but on FTP or in a zip the pointer would not be a point of commit.
EXTRAS = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "memory": ""}


class Objects:
    """One object a file. Addresses and credentials come from where each cloud's library looks."""

    def __init__(self, location: str) -> None:
        self.location = location.rstrip("/")
        self._fs, self._root = _connect(self.location)

    def paths(self, folder: str) -> tuple[str, ...]:
        with explained(f"state in {self.location} can't be listed"):
            found = self._fs.find(self._full(folder))
        return tuple(path[len(self._root) :].lstrip("/") for path in found)

    def read(self, path: str) -> Iterator[bytes]:
        with explained(f"{self.location}/{path} can't be read"):
            try:
                file = self._fs.open(self._full(path), "rb", block_size=CHUNK)
            except FileNotFoundError as error:
                raise FileMissing(f"{self.location}/{path} is missing") from error
            with file:
                while chunk := file.read(CHUNK):
                    yield chunk

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        with (
            explained(f"{self.location}/{path} can't be written"),
            # Up to this size an object is one PUT; a larger one appears as its last part arrives.
            self._fs.open(self._full(path), "wb", block_size=CHUNK) as file,
        ):
            for chunk in chunks:
                file.write(chunk)

    def folders(self, folder: str) -> dict[str, float]:
        # The last object of each folder will do: they are written within seconds.
        last = {path[len(folder) + 1 :].split("/")[0]: path for path in self.paths(folder)}
        with explained(f"the ages of state in {self.location}/{folder} can't be read"):
            return {
                name: self._fs.modified(self._full(path)).timestamp() for name, path in last.items()
            }

    def remove(self, folder: str) -> None:
        with explained(f"{self.location}/{folder} can't be removed"):
            self._fs.rm(self._full(folder), recursive=True)
        # s3fs says nothing of objects that it may not delete.
        if self.paths(folder):
            raise StateUnresolved(
                f"{self.location}/{folder} can't be removed",
                why="objects are still there after their removal",
                hint="allow the credentials in use to delete there",
            )

    def lock(
        self,
        name: str,
        waiting: Callable[[], None],
        deadline: float | None,
    ) -> AbstractContextManager[None]:
        """Nothing: an object store has no lock. GitHub's concurrency groups let runs take turns."""
        return nullcontext()

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"


def _connect(location: str) -> tuple[Any, str]:
    import fsspec.core

    scheme = location.partition("://")[0]
    with explained(f"the state store {location} can't be opened"):
        try:
            # No caches: another process may have published since, and the environment is another
            # one in each test.
            fs, root = fsspec.core.url_to_fs(
                location, use_listings_cache=False, skip_instance_cache=True
            )
        except ImportError as error:
            raise StateUnresolved(
                f"the state store {location} can't be opened: the package for {scheme}:// is missing",
                why=str(error),
                hint=f"pip install 'dbt-gitops[{EXTRAS[scheme]}]'",
            ) from error
    return fs, str(root)
