"""A jobs file as a tree that knows where everything stands."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Literal

from runner.config.text import Span

Kind = Literal["text", "integer", "number", "boolean", "null"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scalar:
    """A single value: ``text`` as it is written, ``value`` as YAML 1.1 reads it.

    ``last_line`` is that of its end; its span is of its first line alone.
    """

    span: Span
    last_line: int
    text: str
    kind: Kind
    value: str | int | float | bool | None
    plain: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequence:
    """A list."""

    span: Span
    items: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One ``key: value`` of a mapping. The key's text is as written, so that ``on`` is ``on``."""

    key: Scalar
    node: Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """A mapping, and ways to read from one that may lack anything."""

    span: Span
    entries: MappingType[str, Entry] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        entry = self.entries.get(key)
        return entry.node if entry else None

    def scalar(self, key: str) -> Scalar | None:
        node = self.get(key)
        return node if isinstance(node, Scalar) else None

    def text(self, key: str, default: str | None = None) -> str | None:
        node = self.scalar(key)
        return node.text if node and node.kind == "text" else default

    def mapping(self, key: str) -> Mapping:
        """The mapping at this key; an empty one where there is none."""
        node = self.get(key)
        return node if isinstance(node, Mapping) else Mapping(span=self.span)

    def items(self, key: str) -> tuple[Node, ...]:
        """The items of the list at this key; where there is one thing instead of a list, that."""
        node = self.get(key)
        if isinstance(node, Sequence):
            return node.items
        return () if node is None else (node,)

    def scalars(self, key: str) -> Iterator[Scalar]:
        return (node for node in self.items(key) if isinstance(node, Scalar))

    def mappings(self, key: str) -> Iterator[Mapping]:
        return (node for node in self.items(key) if isinstance(node, Mapping))


Node = Scalar | Sequence | Mapping
Path = tuple[str | int, ...]


def plain(node: Node) -> object:
    """The node as Python's own dicts, lists and scalars, as a JSON Schema sees it."""
    if isinstance(node, Mapping):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def find(root: Node, path: Path) -> Entry | Node | None:
    """The entry (key and value) or list item at a path of keys and indexes from 0.

    One thing in place of a list is the list's first item.
    """
    found: Entry | Node | None = root
    for step in path:
        node = found.node if isinstance(found, Entry) else found
        if isinstance(node, Sequence) and isinstance(step, int):
            found = node.items[step] if step < len(node.items) else None
        elif isinstance(node, Mapping) and str(step) in node.entries:
            found = node.entries[str(step)]
        elif step != 0:
            return None
    return found


def without(node: Node, paths: set[Path]) -> Node | None:
    """The tree less what stands at these paths; None where that is all of it."""
    if () in paths:
        return None
    below: dict[str | int, set[Path]] = {}
    for path in paths:
        below.setdefault(path[0], set()).add(path[1:])
    if not below or isinstance(node, Scalar):
        return node
    if isinstance(node, Sequence):
        items = (without(item, below.get(i, set())) for i, item in enumerate(node.items))
        return Sequence(span=node.span, items=tuple(item for item in items if item is not None))
    kept: dict[str, Entry] = {}
    for key, entry in node.entries.items():
        rest = without(entry.node, below[key]) if key in below else entry.node
        if rest is not None:
            kept[key] = Entry(key=entry.key, node=rest)
    return Mapping(span=node.span, entries=kept)
