"""Texts that needn't be fetched twice: each file in a folder of this user's, with its checksum."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runner.state.checks import RUN_ID


class Cache:
    """At most ``most`` texts; those that were used longest ago give way.

    Nothing here is needed: what can't be read, or isn't what was written, isn't there, and what can't
    be written is told to ``say``.
    """

    def __init__(self, folder: Path, most: int, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._most = most
        self._say = say

    def read(self, name: str) -> str | None:
        try:
            data = self._path(name).read_bytes()
        except (OSError, ValueError):
            return None
        sha256, _, body = data.partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != sha256:
            return None
        with suppress(OSError):
            os.utime(self._path(name))
        return body.decode()

    def write(self, name: str, text: str) -> None:
        """As a whole or not at all: another process may read meanwhile."""
        body = text.encode()
        sha256 = hashlib.sha256(body).hexdigest().encode()
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(
                dir=self._folder, prefix=".", suffix=".tmp", delete=False
            ) as file:
                try:
                    file.writelines((sha256, b"\n", body))
                    file.close()
                    Path(file.name).replace(self._path(name))
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
            self._prune()
        except (OSError, ValueError) as error:
            self._say(f"not kept for the next time: {error}")

    def _path(self, name: str) -> Path:
        """Raises ValueError where this can't be the name of a file."""
        if not RUN_ID.fullmatch(name):
            raise ValueError(f"{name[:100]!a} can't name a file")
        return self._folder / f"{name}.kept"

    def _prune(self) -> None:
        files = sorted(self._folder.glob("*.kept"), key=lambda path: path.stat().st_mtime)
        for path in files[: -self._most]:
            path.unlink(missing_ok=True)
