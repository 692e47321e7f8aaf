"""Copies of dbt's JSON files with something changed, made in a process of their own.

A large manifest takes hundreds of megabytes once it is read; they go with that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from runner.dbt import artifacts


class RewritingFailed(OSError):
    """The copy could not be made; the message has the process's last line."""


def without_nodes(manifest: Path, unique_ids: Iterable[str], target: Path) -> None:
    """A manifest without these nodes."""
    _rewrite("without", manifest, target, sorted(unique_ids))


def masked_copy(source: Path, target: Path, secrets: Iterable[str]) -> None:
    """A JSON file with every secret masked in its values.

    What names a relation stays: others defer to it, and `***` is no relation.
    """
    _rewrite("mask", source, target, list(secrets))


def _rewrite(verb: str, source: Path, target: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, artifacts.__file__, verb, str(source), str(target)],
        input=json.dumps(words),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise RewritingFailed(f"{source.name} can't be rewritten: {last[0]}")
