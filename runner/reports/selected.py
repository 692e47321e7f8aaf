"""Which nodes a run's selectors chose, and why, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from runner.record import NodeResult, Run, Selection
from runner.reports.markdown import code
from runner.reports.outcome import Outcome, is_test
from runner.reports.text import counted, listed

# What is read from production where it isn't built; a source is there anyway.
BUILDABLE = ("model", "seed", "snapshot")
# More names than this don't explain more.
NAMES_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Node:
    """A selected node. ``result`` is None where the run didn't come to it, or had nothing to do."""

    unique_id: str
    selections: tuple[Selection, ...]
    result: NodeResult | None

    @property
    def name(self) -> str:
        return self.result.name if self.result and self.result.name else name_of(self.unique_id)

    @property
    def modified(self) -> bool:
        return any(each.reason != "downstream" for each in self.selections)

    @property
    def test(self) -> bool:
        return is_test(self.result) if self.result else type_of(self.unique_id) == "test"

    @property
    def parents(self) -> tuple[str, ...]:
        return self.selections[0].parents


@dataclass(frozen=True, kw_only=True)
class Selected:
    """All that the selectors chose, in three parts; ``deferred`` are parents that weren't built."""

    modified: tuple[Node, ...]
    downstream: tuple[Node, ...]
    deferred: tuple[str, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.modified + self.downstream

    @property
    def built_downstream(self) -> tuple[Node, ...]:
        """Tests are counted apart: they come along with what they test."""
        return tuple(node for node in self.downstream if not node.test)


def selected(run: Run, outcome: Outcome) -> Selected:
    """Empty where the record doesn't say why nodes were selected."""
    results = {node.unique_id: node for node in outcome.nodes}
    nodes = [
        Node(unique_id=unique_id, selections=tuple(reasons), result=results.get(unique_id))
        for unique_id, reasons in _by_node(run.selection).items()
    ]
    known = {node.unique_id for node in nodes} | set(results)
    # An exposure reads its parents where they are; it has no ref that could be deferred.
    readers = [node for node in nodes if type_of(node.unique_id) != "exposure"]
    parents = {parent: None for node in readers for parent in node.parents if parent not in known}
    return Selected(
        modified=tuple(node for node in nodes if node.modified),
        downstream=tuple(node for node in nodes if not node.modified),
        deferred=tuple(parent for parent in parents if type_of(parent) in BUILDABLE),
    )


def why(node: Node) -> str:
    """``body and config changed``, ``macro `cents` changed``, ``downstream of `orders```: markdown."""
    reasons = {each.reason: each.of for each in node.selections}
    if "new" in reasons:
        return "new"
    parts = [_part(reason, of) for reason, of in reasons.items() if reason != "downstream"]
    if parts:
        return f"{listed(parts)} changed" if parts != [""] else "changed"
    return (
        f"downstream of {names(reasons['downstream'])}" if reasons["downstream"] else "downstream"
    )


def names(unique_ids: Sequence[str]) -> str:
    """``` `a`, `b` and 3 more ```: markdown."""
    shown = [code(name_of(each)) for each in unique_ids[:NAMES_SHOWN]]
    more = len(unique_ids) - len(shown)
    return listed([*shown, f"{more:,} more"] if more else shown)


def name_of(unique_id: str) -> str:
    """``orders`` of ``model.shop.orders``, ``orders.v2`` of a version; of a test without its hash."""
    kind, _, rest = unique_id.partition(".")
    name = rest.partition(".")[2] or unique_id
    return name.rpartition(".")[0] or name if kind == "test" else name


def type_of(unique_id: str) -> str:
    return unique_id.partition(".")[0].replace("unit_test", "test")


def amount(nodes: Iterable[Node]) -> str:
    """``3``, ``3 + 1 test``: nodes that are built, and tests that were chosen for themselves."""
    tests = [node.test for node in nodes]
    built = f"{tests.count(False):,}"
    return f"{built} + {counted(tests.count(True), 'test')}" if any(tests) else built


def _by_node(selection: Iterable[Selection]) -> Mapping[str, list[Selection]]:
    found: dict[str, list[Selection]] = {}
    for each in selection:
        found.setdefault(each.unique_id, []).append(each)
    return found


def _part(reason: str, of: tuple[str, ...]) -> str:
    if reason == "changed":
        return ""
    return f"{reason} {names(of)}" if of else reason
