"""What must hold of a file before it is believed, and files on their way between two places."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from runner.errors import StateUnresolved
from runner.record import PublishedState
from runner.record_json import RecordInvalid, run_from_json
from runner.state.files import CHUNK
from runner.state.trouble import explained

POINTER_LIMIT = 64 * 2**10
RECORD_LIMIT = 64 * 2**20
MANIFEST_LIMIT = 2**30

_NAME = r"[a-z0-9][a-z0-9_-]*"
POINTER = re.compile(rf"state/({_NAME})/({_NAME})\.json")
RUN_ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

AGAIN = "run job {} again with success, and it publishes its state anew"


class Checksum:
    """The SHA-256 and the size, in bytes, of what has streamed by."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def of(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._sha256.update(chunk)
            self.size += len(chunk)
            yield chunk


def check(published: PublishedState, environment: str, job: str) -> PublishedState:
    """The same, if it is of this environment and job and all of it can be used and printed.

    Raises :class:`RecordInvalid`.
    """
    if (published.environment, published.job) != (environment, job):
        raise RecordInvalid(
            f"it belongs to another job: {published.job!a} in {published.environment!a}"
        )
    if not RUN_ID.fullmatch(published.run_id):
        raise RecordInvalid(f"its run_id is {published.run_id!a}, which can't name a folder")
    if not _SHA256.fullmatch(published.sha256):
        raise RecordInvalid(f"its sha256 is {published.sha256!a}, not 64 hexadecimal digits")
    for name in ("commit", "dbt_version", "project", "dbt_schema_version"):
        value = str(getattr(published, name))
        if not value.isprintable() or len(value) > 200:
            raise RecordInvalid(f"its {name} is {value[:200]!a}, which can't be printed")
    return published


def check_record(data: bytes, published: PublishedState) -> None:
    """Raises :class:`StateUnresolved` where it isn't the record of the run that published."""
    try:
        run = run_from_json(data.decode())
        for name in ("run_id", "job", "environment", "commit"):
            if getattr(run, name) != getattr(published, name):
                raise RecordInvalid(f"its {name} is {getattr(run, name)!a}")
    except ValueError as error:
        raise StateUnresolved(
            f"the record of run {published.run_id} is damaged",
            why=str(error),
            hint=AGAIN.format(published.job),
        ) from error


def damaged(published: PublishedState, sha256: str, size: int) -> StateUnresolved:
    """The error for a manifest that isn't what was published; ``size`` is in bytes."""
    total = f" in {format_size(published.size)}" if published.size else ""
    return StateUnresolved(
        f"the manifest of run {published.run_id} is damaged",
        why=f"expected sha256 {published.sha256}{total}, found {sha256} in {format_size(size)}",
        hint=AGAIN.format(published.job),
    )


def changed_meanwhile(published: PublishedState, sha256: str, manifest: Path) -> StateUnresolved:
    """The error for a manifest that isn't any more what its run left."""
    return StateUnresolved(
        f"the manifest of run {published.run_id} changed before it was published",
        why=f"expected sha256 {published.sha256}, found {sha256} in {manifest}",
        hint="make sure that no other dbt command writes to the same target folder",
    )


def limited(chunks: Iterable[bytes], limit: int) -> bytes:
    """All of a small file; raises :class:`RecordInvalid` beyond ``limit`` bytes."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > limit:
            raise RecordInvalid(f"it is larger than {format_size(limit)}")
    return bytes(data)


def chunks_of(path: Path) -> Iterator[bytes]:
    """A local file, piece by piece."""
    with explained(f"{path} can't be read", OSError), path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


@contextmanager
def staged(into: Path, name: str) -> Iterator[BinaryIO]:
    """A file to write to, which becomes ``into/name`` at the end, and vanishes upon an error."""
    with explained(f"{into / name} can't be written", OSError):
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".dbt-gitops-", dir=into) as folder:
            path = Path(folder, name)
            with path.open("w+b") as file:
                yield file
            path.replace(into / name)


def format_size(count: int) -> str:
    """Bytes for people: ``512 B``, ``1.2 MB``."""
    if count < 1000:
        return f"{count} B"
    size = float(count)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95 or unit == "GB":
            break
    return f"{size:.1f} {unit}"
