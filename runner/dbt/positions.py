"""The line of a project's file that a failing node is about, where it can be told for certain."""

from __future__ import annotations

import re
from pathlib import Path

from runner.record import NodeResult

# Jinja's own errors name the line of the source.
SOURCE_LINE = re.compile(r"^\s*line (\d+)\s*$", re.MULTILINE)
# DuckDB and Postgres quote the line of the statement that they were sent.
QUOTED_LINE = re.compile(r"^\s*LINE \d+: (.+)$", re.MULTILINE)


def failing_line(node: NodeResult, project: Path) -> int | None:
    """Counted from 1, in ``node.file``; None where it isn't known."""
    named = SOURCE_LINE.search(node.message)
    if named and "Compilation Error" in node.message:
        return int(named.group(1))
    source = _lines(project / node.file)
    if node.file.endswith((".yml", ".yaml")):
        return _declaration(source, node)
    quoted = QUOTED_LINE.search(node.message)
    if quoted and node.compiled_path:
        return _of_source(source, _lines(project / node.compiled_path), quoted.group(1))
    return None


def _of_source(source: list[str], compiled: list[str], quoted: str) -> int | None:
    """The quoted line is one of the compiled file; it is the source's where Jinja added no lines."""
    found = [index for index, line in enumerate(compiled, 1) if line.strip() == quoted.strip()]
    return found[0] if len(found) == 1 and len(source) == len(compiled) else None


def _declaration(source: list[str], node: NodeResult) -> int | None:
    """Where a test's model stands in the YAML file, or its column below it."""
    model = node.attached_node.split(".")[-1]
    line = _named(source, model, 0) if model else None
    if line is None or not node.column_name:
        return line
    return _named(source, node.column_name, line) or line


def _named(source: list[str], name: str, after: int) -> int | None:
    pattern = re.compile(rf"""^\s*(-\s*)?name:\s*["']?{re.escape(name)}["']?\s*(#.*)?$""")
    for index, line in enumerate(source[after:], after + 1):
        if pattern.match(line):
            return index
    return None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").rstrip().splitlines()
    except (OSError, UnicodeDecodeError):
        return []
