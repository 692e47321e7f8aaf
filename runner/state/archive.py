"""Named files out of a zip that is a stranger's until proven otherwise."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from runner.state.checks import format_size
from runner.state.files import CHUNK

ENTRIES = 100
# A run folder has files for each attempt at each step.
RUN_FOLDER = 5000
# Bytes: of the list of so many entries in the zip, and of its end, which is 22 without a comment.
DIRECTORY = 2**16
END = 22
# How much larger than its packed form a file may be, where it is larger than this many bytes.
RATIO = 200
SMALL = 16 * 2**20
# What GitHub packs artifacts with. Python reads others too, which fail in ways of their own.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ArchiveRefused(ValueError):
    """Says what is wrong with the zip, in words that go on after its name."""


def unpack(archive: Path, into: Path, members: Mapping[str, int], *, most: int = ENTRIES) -> None:
    """Writes those ``members``, each of at most so many bytes, to ``into``, and nothing else.

    Everything in the zip, of at most so many entries, is looked at before anything is written.
    Raises :class:`ArchiveRefused`.
    """
    try:
        _check_end(archive, most)
        with zipfile.ZipFile(archive) as zipped:
            entries = zipped.infolist()
            for entry in entries:
                _check_entry(entry)
            named = [_one(entries, name) for name in members]
            for entry in named:
                _check_size(entry, members[entry.filename])
            for entry in named:
                _write(zipped, entry, into / entry.filename)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArchiveRefused(f"it isn't a whole zip: {str(error)!a}") from error


def _check_end(archive: Path, most: int) -> None:
    """The list of entries is read as a whole when a zip is opened: its size is looked at before."""
    size = archive.stat().st_size
    with archive.open("rb") as file:
        file.seek(max(0, size - END))
        end = file.read(END)
    if len(end) < END or not end.startswith(b"PK\x05\x06"):
        raise ArchiveRefused("it isn't a whole zip: its end is missing")
    entries = int.from_bytes(end[10:12], "little")
    directory = int.from_bytes(end[12:16], "little")
    if entries > most or directory > DIRECTORY * most / ENTRIES:
        raise ArchiveRefused(f"it has {entries} entries, more than {most}")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
        raise ArchiveRefused(f"an entry points out of it: {entry.filename[:100]!a}")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveRefused(f"an entry is a link or a device: {entry.filename[:100]!a}")
    if entry.compress_type not in METHODS:
        raise ArchiveRefused(
            f"an entry is packed by method {entry.compress_type}, neither stored nor deflated:"
            f" {entry.filename[:100]!a}"
        )


def _one(entries: list[zipfile.ZipInfo], name: str) -> zipfile.ZipInfo:
    named = [entry for entry in entries if entry.filename == name]
    if len(named) != 1:
        raise ArchiveRefused(f"it holds {len(named)} files called {name}")
    return named[0]


def _check_size(entry: zipfile.ZipInfo, limit: int) -> None:
    if entry.file_size > limit:
        raise ArchiveRefused(f"{entry.filename} is larger than {format_size(limit)}")
    if entry.file_size > max(SMALL, RATIO * entry.compress_size):
        raise ArchiveRefused(
            f"{entry.filename} grows from {format_size(entry.compress_size)}"
            f" to {format_size(entry.file_size)}"
        )


def _write(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    """zipfile reads no more than the size that was looked at, and compares the checksum."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with zipped.open(entry) as source, os.fdopen(os.open(path, flags, 0o600), "wb") as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)
