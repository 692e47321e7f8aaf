"""Questions about manifests, asked of a process of its own each.

A large manifest takes hundreds of megabytes once it is read; they go with that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from runner.dbt.unseen import Unseen
from runner.record import Renamed, Selection
from runner.record_json import read_as

# What holds the package, installed or not: `-m` finds it there, and nothing of the user's instead.
ROOT = Path(__file__).parents[2]


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


def explain(base: Path, head: Path, unique_ids: Mapping[str, bool] | None) -> Changes:
    """What differs between two manifests, and why these nodes were selected; raises NotExplained.

    Each unique id says whether nothing but its change, or that of a node before it, can have chosen it.
    None stands for every node that changed or descends from one that did.
    """
    return read_as(Changes, _asked("changes", base, head, given=unique_ids))


def mark(manifest: Path, unseen: Unseen) -> None:
    """Mark the nodes whose change dbt doesn't see; raises NotExplained."""
    _asked("unseen", manifest, given=asdict(unseen))


def clonable(manifest: Path) -> Clonable:
    """Whether there is something to clone, and whether the adapter can; raises NotExplained."""
    return read_as(Clonable, _asked("clonable", manifest))


def _asked(module: str, *manifests: Path, given: object = None) -> object:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            f"runner.dbt.{module}",
            *(str(each.resolve()) for each in manifests),
        ],
        cwd=ROOT,
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise NotExplained(f"{module} of {manifests[-1]} failed: {last[0]}")
    return json.loads(done.stdout)
