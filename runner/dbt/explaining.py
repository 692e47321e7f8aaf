"""Why a run's nodes were selected, asked of a process of its own that reads both manifests.

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
from runner.record import Renamed, Selection
from runner.record_json import read_as


class NotExplained(OSError):
    """The manifests can't be compared; the message has the process's last line."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a record says of a comparison."""

    selection: tuple[Selection, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    deleted: tuple[str, ...] = ()


def explain(base: Path, head: Path, unique_ids: Iterable[str]) -> Changes:
    """What differs between two manifests, and why these nodes were selected; raises NotExplained."""
    found = json.loads(_changes("explain", base, head, list(unique_ids)))
    return read_as(Changes, found)


def _changes(verb: str, base: Path, head: Path, words: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, changes.__file__, verb, str(base), str(head)],
        input=json.dumps(words),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise NotExplained(f"{base} and {head} can't be compared: {last[0]}")
    return done.stdout
