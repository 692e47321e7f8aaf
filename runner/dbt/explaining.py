"""Questions about manifests, asked of a process of its own each.

A large manifest takes hundreds of megabytes once it is read; they go with that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from runner.dbt import changes
from runner.dbt import clonable as clonable_script
from runner.record import Renamed, Selection
from runner.record_json import read_as


class NotExplained(OSError):
    """The manifests can't be read; the message has the process's last line."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a record says of a comparison."""

    selection: tuple[Selection, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Clonable:
    """What a manifest says of cloning; ``adapter`` is its type, such as ``duckdb``.

    ``incremental`` are the unique ids of its incremental models.
    """

    can_clone: bool
    adapter: str
    incremental: tuple[str, ...]


def explain(base: Path, head: Path, unique_ids: Iterable[str]) -> Changes:
    """What differs between two manifests, and why these nodes were selected; raises NotExplained."""
    return read_as(Changes, _asked(changes.__file__, "explain", base, head, given=list(unique_ids)))


def clonable(manifest: Path) -> Clonable:
    """Whether there is something to clone, and whether the adapter can; raises NotExplained."""
    return read_as(Clonable, _asked(clonable_script.__file__, manifest))


def _asked(script: str, *arguments: str | Path, given: list[str] | None = None) -> object:
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise NotExplained(f"{Path(script).stem} of {arguments[-1]} failed: {last[0]}")
    return json.loads(done.stdout)
