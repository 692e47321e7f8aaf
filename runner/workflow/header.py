"""The first lines of the compiled workflow: what it is made of, and how a change by hand is seen."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = """\
# Compiled by `dbt-gitops sync` from these jobs files. Change them and run it again: what is changed here
# by hand is found by its checksum, and isn't overwritten unasked.
# files: {files}
# checksum: {checksum}
"""
_FILES = re.compile(r"^# files: (\[.*\])$", re.MULTILINE)
_CHECKSUM = re.compile(r"^# checksum: ([0-9a-f]{16})$", re.MULTILINE)
# The header is at the top; what comes later is somebody else's.
_LINES = 4


@dataclass(frozen=True, kw_only=True)
class Header:
    """``files`` are the paths of the jobs files, from the root of the repository."""

    files: tuple[str, ...]
    checksum: str


class NotOurs(ValueError):
    """A workflow without our header: somebody else has written it."""


def with_header(body: str, files: Sequence[str]) -> str:
    listed = json.dumps(list(files), ensure_ascii=False)
    unsigned = _HEADER.format(files=listed, checksum="{checksum}") + body
    return unsigned.replace("{checksum}", _checksum(unsigned), 1)


def header_of(text: str) -> Header:
    """Raises :class:`NotOurs`."""
    top = "\n".join(text.splitlines()[:_LINES])
    files, checksum = _FILES.search(top), _CHECKSUM.search(top)
    if files is None or checksum is None:
        raise NotOurs
    try:
        named = json.loads(files[1])
    except ValueError as error:
        raise NotOurs from error
    return Header(files=tuple(str(name) for name in named), checksum=checksum[1])


def is_edited(text: str) -> bool:
    """Whether it isn't as it was compiled; raises :class:`NotOurs`."""
    found = header_of(text).checksum
    unsigned = text.replace(f"# checksum: {found}\n", "# checksum: {checksum}\n", 1)
    return _checksum(unsigned) != found


def _checksum(unsigned: str) -> str:
    return hashlib.sha256(unsigned.encode()).hexdigest()[:16]
