"""Numbers that YAML 1.1 reads otherwise than people do, and than YAML 1.2."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from runner.config.nodes import Mapping, Node, Scalar, Sequence
from runner.config.text import Source, shown
from runner.model import Problem

_OCTAL = re.compile(r"[-+]?0[0-9_]+")


def traps(source: Source, root: Node) -> Iterator[Problem]:
    """Each number that is ambiguous, or that dbt can't be given."""
    for node in _scalars(root):
        why = _trap(node)
        if why:
            what = f"{shown(node.text)} is not what it looks like"
            hint = f'for text, quote it: "{node.text}"; for a number, write it out in decimal'
            yield source.problem(node.span, "yaml-trap", what, why=why, hint=hint)


def _trap(node: Scalar) -> str:
    if isinstance(node.value, float) and not math.isfinite(node.value):
        return "JSON, in which dbt gets its variables, has no such number"
    read = json.dumps(node.value)
    if ":" in node.text:
        return f"YAML 1.1 reads it in base 60, as {read}"
    if node.kind == "integer" and _OCTAL.fullmatch(node.text):
        return f"YAML 1.1 reads a number with a leading zero in base 8, as {read}"
    return ""


def _scalars(node: Node) -> Iterator[Scalar]:
    """Every number of a tree."""
    if isinstance(node, Mapping):
        for entry in node.entries.values():
            yield from _scalars(entry.node)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    elif node.kind in {"integer", "number"}:
        yield node
