"""Copies of dbt's JSON files with something changed, and what they say, by a process of its own.

A large manifest takes hundreds of megabytes once it is read; they go with that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from runner.dbt import artifacts
from runner.record import Schema


class RewritingFailed(OSError):
    """The file could not be read or copied; the message has the process's last line."""


def without_nodes(manifest: Path, unique_ids: Iterable[str], target: Path) -> None:
    """A manifest without these nodes."""
    _rewrite("without", manifest, target, sorted(unique_ids))


def masked_copy(source: Path, target: Path, secrets: Iterable[str]) -> None:
    """A JSON file with every secret masked in its values.

    What names a relation stays: others defer to it, and `***` is no relation.
    """
    _rewrite("mask", source, target, list(secrets))


def manifest_schemas(manifest: Path) -> tuple[Schema, ...]:
    """Where a manifest's nodes and sources lie."""
    found = json.loads(_process("schemas", manifest))
    return tuple(Schema(database=database, schema=schema) for database, schema in found)


def _rewrite(verb: str, source: Path, target: Path, words: list[str]) -> None:
    _process(verb, source, target, given=json.dumps(words))


def _process(verb: str, source: Path, *arguments: Path, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, artifacts.__file__, verb, str(source), *map(str, arguments)],
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise RewritingFailed(f"{source.name} can't be rewritten: {last[0]}")
    return done.stdout
