"""The modified nodes and what is downstream of them, as a mermaid flowchart coloured by result.

A flowchart that is larger than a few dozen nodes can't be read; the nodes that matter least go first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from runner.record import NodeResult
from runner.reports.outcome import Outcome, is_test
from runner.reports.selected import Node, Selected, name_of
from runner.reports.text import NOTHING, clipped, counted, one_line

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
# What the borders mean.
LEGEND = {
    "modified": "thick border: modified",
    "skipped": "dashed: skipped",
    "deferred": "dotted: not built, deferred",
}
# The worst first: a model is as its worst test.
BADNESS = ("bad", "warned", "skipped", "good", "unknown")
# Mermaid refuses to draw more than 500 edges.
EDGES_SHOWN = 300
LONGEST_LABEL = 60
# What a label can't hold as it is: written as the number of its character.
MEANINGFUL = re.compile(r"[^\w .,()/-]")
# What mermaid gives a meaning even then: formulas, icons, line ends.
TAKEN = re.compile(r"[$:\\]")


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """One box: ``remarks`` stand below its name."""

    unique_id: str
    name: str
    kind: str
    modified: bool = False
    remarks: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Graph:
    """``text`` is mermaid's, "" where there is nothing to draw; ``left_out`` counts selected nodes.

    ``legend`` says what its borders mean, of those that are in it.
    """

    text: str = ""
    left_out: int = 0
    legend: tuple[str, ...] = ()


def graph(chosen: Selected, outcome: Outcome, nodes_shown: int) -> Graph:
    """Without its fence; the text holds no backtick. What was deferred to is drawn where all has room."""
    shapes = _ranked(list(_shapes(chosen, outcome)))
    deferred = [
        _Shape(unique_id=unique_id, name=name_of(unique_id), kind="deferred")
        for unique_id in chosen.deferred
    ]
    fits = len(shapes) + len(deferred) <= nodes_shown
    shown = [*shapes, *deferred] if fits else shapes[:nodes_shown]
    if not shapes or not nodes_shown:
        return Graph()
    lines = ["flowchart LR"]
    numbers = {shape.unique_id: f"n{number}" for number, shape in enumerate(shown)}
    lines += [f"  {numbers[shape.unique_id]}{_box(shape)}" for shape in shown]
    lines += [f"  {line}" for line in islice(_edges(shown, numbers), EDGES_SHOWN)]
    used = {shape.kind for shape in shown}
    lines += [f"  classDef {kind} {style}" for kind, style in STYLES.items() if kind in used]
    modified = [numbers[shape.unique_id] for shape in shown if shape.modified]
    lines += [f"  style {number} {STYLES['modified']}" for number in modified]
    legend = [
        text for kind, text in LEGEND.items() if kind in used or (kind == "modified" and modified)
    ]
    left_out = max(0, len(shapes) - len(shown))
    return Graph(text="\n".join(lines), left_out=left_out, legend=tuple(legend))


def label(text: str) -> str:
    """Text as mermaid takes it between quotes, and in a chart of bars."""
    shown = TAKEN.sub(rf"\g<0>{NOTHING}", clipped(one_line(text), LONGEST_LABEL))
    return MEANINGFUL.sub(lambda match: f"#{ord(match.group())};", shown) or " "


def _shapes(chosen: Selected, outcome: Outcome) -> Iterator[_Shape]:
    tests = _tests_of(outcome)
    for node in chosen.nodes:
        lonely = node.result is not None and node.result.failed and not node.result.attached_node
        if not node.test or lonely:
            yield _shape(node, tests.get(node.unique_id, []))


def _shape(node: Node, tests: list[NodeResult]) -> _Shape:
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
    )


def _changes(node: Node) -> str:
    """``new``, ``body, config changed``; "" of a node that is but downstream."""
    reasons = [each.reason for each in node.selections if each.reason != "downstream"]
    if not reasons or "new" in reasons:
        return "new" if reasons else ""
    return " ".join([", ".join(r for r in reasons if r != "changed"), "changed"]).strip()


def _kind(result: NodeResult) -> str:
    return "bad" if result.failed else CLASSES.get(result.status, "unknown")


def _tests_of(outcome: Outcome) -> Mapping[str, list[NodeResult]]:
    found: dict[str, list[NodeResult]] = {}
    for node in outcome.nodes:
        if is_test(node) and node.status != "skipped":
            found.setdefault(node.attached_node, []).append(node)
    return found


def _ranked(shapes: list[_Shape]) -> list[_Shape]:
    """What matters most first: the broken and how they are reached, the modified, then the near."""
    order = {shape.unique_id: number for number, shape in enumerate(_by_distance(shapes))}
    known = {shape.unique_id: shape for shape in shapes}
    ways: set[str] = set()
    for shape in shapes:
        if shape.kind == "bad":
            _add_way(shape, known, order, ways)
    return sorted(
        shapes,
        key=lambda shape: (
            shape.kind != "bad",
            shape.unique_id not in ways,
            not shape.modified,
            order[shape.unique_id],
        ),
    )


def _by_distance(shapes: list[_Shape]) -> list[_Shape]:
    """The modified, then what is one step away from them, and so on; last what isn't reached."""
    children: dict[str, list[_Shape]] = {}
    for shape in shapes:
        for parent in shape.parents:
            children.setdefault(parent, []).append(shape)
    found = {shape.unique_id: shape for shape in shapes if shape.modified}
    waiting = list(found.values())
    for shape in waiting:
        for child in children.get(shape.unique_id, []):
            if child.unique_id not in found:
                found[child.unique_id] = child
                waiting.append(child)
    return [*waiting, *(shape for shape in shapes if shape.unique_id not in found)]


def _add_way(
    shape: _Shape, known: Mapping[str, _Shape], order: Mapping[str, int], ways: set[str]
) -> None:
    """From a node to the nearest modified one above it, always by the parent that is nearest."""
    while not shape.modified:
        parents = [parent for parent in shape.parents if parent in order]
        nearest = min(parents, key=lambda parent: order[parent], default="")
        if not nearest or nearest in ways or order[nearest] >= order[shape.unique_id]:
            return
        ways.add(nearest)
        shape = known[nearest]


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
