"""A manifest that is kept from one command to the next, and what it was parsed from.

Used inside the worker, which runs under dbt's own interpreter: the standard library alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
from dataclasses import fields

TYPE_CHECKING = False
if TYPE_CHECKING:  # as `typing` has it, without the import
    from collections.abc import Iterator
    from typing import Any

# What dbt reads when it parses; a warehouse file beside the models changes all the time.
PARSED_SUFFIXES = (".sql", ".py", ".csv", ".yml", ".yaml", ".md", ".jinja", ".j2")
# Large folders that often stand in a project's root, and that dbt never reads.
NOT_DBTS = frozenset({"__pycache__", "env", "node_modules", "venv"})


def frozen(manifest: Any) -> bytes:
    """A manifest as parsed, as bytes. Field by field: dbt's own pickling loses the fixtures.

    The private fields are caches and locks, which dbt makes anew.
    """
    names = [each.name for each in fields(manifest) if not each.name.startswith("_")]
    content = {name: getattr(manifest, name) for name in names}
    return pickle.dumps((type(manifest), content), pickle.HIGHEST_PROTOCOL)


def thawed(data: bytes) -> Any:
    """A manifest of its own for one command: running it changes it."""
    manifest, content = pickle.loads(data)  # noqa: S301 - the bytes that this process has frozen
    return manifest(**content)


def fingerprint(project: str, target: str, argv: list[str]) -> str:
    """Changes when anything that a parse reads has changed: options, or files by time and size."""
    seen = {os.path.realpath(target)}
    files = sorted(parsed_files(os.path.realpath(project), seen))
    return json.dumps([argv, files])


def parsed_files(folder: str, seen: set[str]) -> Iterator[tuple[str, int, int]]:
    """Path, time and size of each file below; links are followed, as dbt does, but only once.

    What can't be looked at is passed over: where dbt needs it, dbt says so.
    """
    seen.add(folder)
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(".") or entry.name in NOT_DBTS:
                continue
            with contextlib.suppress(OSError):
                if entry.is_dir():
                    inner = os.path.realpath(entry.path)
                    if inner not in seen:
                        yield from parsed_files(inner, seen)
                elif entry.name.endswith(PARSED_SUFFIXES):
                    stat = entry.stat()
                    yield entry.path, stat.st_mtime_ns, stat.st_size
