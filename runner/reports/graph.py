"""The modified nodes and what is downstream of them, as a mermaid flowchart coloured by result.

A flowchart that is larger than a few dozen nodes can't be read; the nodes that matter least go first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.record import NodeResult
from runner.reports.report import Outcome, is_test
from runner.reports.selected import Node, Selected, name_of
from runner.reports.text import clipped, counted, one_line

# GitHub's own greens, reds and yellows; text and ground are set together, for its dark pages.
STYLES = {
    "good": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "warned": "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    "bad": "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
    "skipped": "fill:#eaeef2,stroke:#6e7781,color:#57606a,stroke-dasharray:4",
    "deferred": "fill:#ffffff,stroke:#afb8c1,color:#57606a,stroke-dasharray:2",
    "unknown": "fill:#f6f8fa,stroke:#afb8c1,color:#1f2328",
    "modified": "stroke-width:3px",
}
ICONS = {"good": "✅", "warned": "⚠️", "bad": "❌", "skipped": "⏭️", "deferred": "", "unknown": ""}
CLASSES = {"success": "good", "pass": "good", "warn": "warned", "skipped": "skipped"}
# The worst first: a model is as its worst test.
BADNESS = ("bad", "warned", "skipped", "good", "unknown")
# Mermaid refuses to draw more than 500 edges.
EDGES_SHOWN = 300
LONGEST_LABEL = 60
# What a label holds as it is; all else is written as the number of its character.
PLAIN = re.compile(r"[^\w .,()/-]")


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """One box: ``remarks`` stand below its name."""

    unique_id: str
    name: str
    kind: str
    modified: bool = False
    remarks: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    distance: int = 0

    @property
    def rank(self) -> tuple[bool, bool, bool, int, str]:
        """What matters most first: the broken, the modified, then the near."""
        deferred = self.kind == "deferred"
        return (deferred, self.kind != "bad", not self.modified, self.distance, self.unique_id)


@dataclass(frozen=True, kw_only=True)
class Graph:
    """``text`` is mermaid's, "" where there is nothing to draw; ``left_out`` counts nodes."""

    text: str = ""
    left_out: int = 0


def graph(chosen: Selected, outcome: Outcome, nodes_shown: int) -> Graph:
    """Without its fence; the text holds no backtick."""
    shapes = sorted(_shapes(chosen, outcome), key=lambda shape: shape.rank)
    shown = shapes[:nodes_shown]
    if not shown:
        return Graph()
    lines = ["flowchart LR"]
    numbers = {shape.unique_id: f"n{number}" for number, shape in enumerate(shown)}
    lines += [f"  {numbers[shape.unique_id]}{_box(shape)}" for shape in shown]
    lines += [f"  {line}" for line in list(_edges(shown, numbers))[:EDGES_SHOWN]]
    used = {shape.kind for shape in shown}
    lines += [f"  classDef {kind} {style}" for kind, style in STYLES.items() if kind in used]
    modified = [numbers[shape.unique_id] for shape in shown if shape.modified]
    lines += [f"  style {number} {STYLES['modified']}" for number in modified]
    return Graph(text="\n".join(lines), left_out=len(shapes) - len(shown))


def label(text: str) -> str:
    """Text as mermaid takes it between quotes, and in a chart of bars."""
    shown = clipped(one_line(text), LONGEST_LABEL)
    return PLAIN.sub(lambda match: f"#{ord(match.group())};", shown) or " "


def _shapes(chosen: Selected, outcome: Outcome) -> Iterator[_Shape]:
    tests = _tests_of(outcome)
    distances = _distances(chosen)
    for node in chosen.nodes:
        lonely = node.result is not None and node.result.failed and not node.result.attached_node
        if not node.test or lonely:
            yield _shape(node, tests.get(node.unique_id, []), distances)
    for unique_id in chosen.deferred:
        yield _Shape(unique_id=unique_id, name=name_of(unique_id), kind="deferred")


def _shape(node: Node, tests: list[NodeResult], distances: Mapping[str, int]) -> _Shape:
    kinds = {_kind(result) for result in (node.result, *tests) if result}
    remarks = [reason for reason in [_changes(node)] if reason]
    failed = sum(test.failed for test in tests)
    if failed:
        remarks.append(f"{counted(failed, 'test')} failed")
    return _Shape(
        unique_id=node.unique_id,
        name=node.name,
        kind=next((kind for kind in BADNESS if kind in kinds), "unknown"),
        modified=node.modified,
        remarks=tuple(remarks),
        parents=node.parents,
        distance=distances.get(node.unique_id, 0),
    )


def _changes(node: Node) -> str:
    return ", ".join(each.reason for each in node.selections if each.reason != "downstream")


def _kind(result: NodeResult) -> str:
    return "bad" if result.failed else CLASSES.get(result.status, "unknown")


def _tests_of(outcome: Outcome) -> Mapping[str, list[NodeResult]]:
    found: dict[str, list[NodeResult]] = {}
    for node in outcome.nodes:
        if is_test(node) and node.status != "skipped":
            found.setdefault(node.attached_node, []).append(node)
    return found


def _distances(chosen: Selected) -> Mapping[str, int]:
    """From the nearest modified node, in steps."""
    children: dict[str, list[str]] = {}
    for node in chosen.nodes:
        for parent in node.parents:
            children.setdefault(parent, []).append(node.unique_id)
    distances = {node.unique_id: 0 for node in chosen.modified}
    waiting = list(distances)
    for unique_id in waiting:
        for child in children.get(unique_id, []):
            if child not in distances:
                distances[child] = distances[unique_id] + 1
                waiting.append(child)
    return distances


def _box(shape: _Shape) -> str:
    text = f"{ICONS[shape.kind]} {label(shape.name)}".strip()
    below = "".join(f"<br/>{label(remark)}" for remark in shape.remarks)
    return f'["{text}{below}"]:::{shape.kind}'


def _edges(shown: list[_Shape], numbers: Mapping[str, str]) -> Iterator[str]:
    deferred = {shape.unique_id for shape in shown if shape.kind == "deferred"}
    for shape in shown:
        for parent in dict.fromkeys(shape.parents):
            if parent in numbers:
                arrow = "-.->" if parent in deferred else "-->"
                yield f"{numbers[parent]} {arrow} {numbers[shape.unique_id]}"
