"""Text to a tree, from YAML's event stream and with a stack of its own.

Composing as PyYAML does recurses, so that a few kilobytes of ``[`` would end in a RecursionError.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from runner.config.nodes import Entry, Mapping, Node, Scalar, Sequence
from runner.config.scalars import TAG, resolve
from runner.config.syntax import syntax_problem
from runner.config.text import START, Source, Span, shown
from runner.model import Problem

MAX_DEPTH = 40
MAX_NODES = 250_000

_PLAIN_TAGS = {f"{TAG}str", f"{TAG}map", f"{TAG}seq", "!"}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The one document of a file; ``root`` is None where the problems leave nothing to look at."""

    root: Node | None
    problems: tuple[Problem, ...] = ()


class _Refused(Exception):
    """Reading can't go on; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def parse(source: Source) -> Tree:
    """The tree of a YAML text, and what is wrong with it as YAML. Never raises."""
    composer = _Composer(source)
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            composer.take(event)
    except _Refused as refused:
        return Tree(root=None, problems=(*composer.problems, refused.problem))
    except yaml.YAMLError as error:
        return Tree(root=None, problems=(*composer.problems, syntax_problem(source, error)))
    if composer.root is None:
        what, why = "the file is empty", "a jobs file is a YAML mapping with `version` and `jobs`"
        return Tree(root=None, problems=(source.problem(START, "empty-file", what, why=why),))
    return Tree(root=composer.root, problems=tuple(composer.problems))


@dataclass(kw_only=True)
class _Open:
    """A collection that isn't closed yet; of a mapping, keys and values take turns."""

    span: Span
    mapping: bool
    anchor: str | None
    size_before: int
    children: list[Node] = field(default_factory=list)


class _Composer:
    """Takes events one by one; what stands at the top of ``stack`` is being filled."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.size = 0
        self.documents = 0
        self.ran_into_alias = False

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._grow(1, _span(event))
            self._add(self._scalar(event), event.anchor, 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            what = "the file has more than one YAML document"
            hint = "remove the line `---`, and what follows it"
            self._refuse(_span(event), "several-documents", what, hint=hint)

    def _open(self, event: Any) -> None:
        at = _span(event)
        self._check_tag(event, at)
        self._grow(1, at)
        if len(self.stack) >= MAX_DEPTH:
            why = f"a jobs file is at most {MAX_DEPTH} levels deep"
            self._refuse(at, "too-deep", "the nesting is too deep", why=why)
        mapping = isinstance(event, yaml.MappingStartEvent)
        self.stack.append(
            _Open(span=at, mapping=mapping, anchor=event.anchor, size_before=self.size - 1)
        )

    def _close(self) -> None:
        done = self.stack.pop()
        node: Node = (
            Mapping(span=done.span, entries=self._entries(done.children))
            if done.mapping
            else Sequence(span=done.span, items=tuple(done.children))
        )
        self._add(node, done.anchor, self.size - done.size_before)

    def _alias(self, event: Any) -> None:
        at = _span(event)
        if event.anchor not in self.anchors:
            name = shown(f"&{event.anchor}")
            inside = any(level.anchor == event.anchor for level in self.stack)
            why = (
                "an alias can't stand inside what it repeats" if inside else f"{name} is not above"
            )
            hint = f'for the text, quote it: "*{event.anchor}…"' if not inside else ""
            what = f"the alias {shown(f'*{event.anchor}')} points at nothing"
            self._refuse(at, "alias", what, why=why, hint=hint)
        node, size = self.anchors[event.anchor]
        self.ran_into_alias = True
        self._grow(size, at)
        self._add(node, None, size)

    def _add(self, node: Node, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (node, size)
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node

    def _grow(self, size: int, at: Span) -> None:
        self.size += size
        if self.size > MAX_NODES:
            why = f"a jobs file holds at most {MAX_NODES:,} values, aliases written out"
            what = "the aliases expand to too much" if self.ran_into_alias else "too many values"
            self._refuse(at, "too-large", what, why=why)

    def _entries(self, children: list[Node]) -> dict[str, Entry]:
        """Keys and values in turn as entries; ``<<`` adds what is not written here."""
        entries: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key, node in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                what, why = "a key must be text", "a list or a mapping can't be a key here"
                self.problems.append(self.source.problem(key.span, "wrong-type", what, why=why))
            elif key.text == "<<" and key.plain:
                self._merge(merged, key, node)
            elif key.text in entries:
                self.problems.append(self._duplicate(key, entries[key.text].key))
            else:
                entries[key.text] = Entry(key=key, node=node)
        return entries | {key: entry for key, entry in merged.items() if key not in entries}

    def _merge(self, merged: dict[str, Entry], key: Scalar, node: Node) -> None:
        sources = node.items if isinstance(node, Sequence) else (node,)
        for each in sources:
            if isinstance(each, Mapping):
                for name, entry in each.entries.items():
                    merged.setdefault(name, entry)
            else:
                what = "`<<` merges mappings"
                hint = "write `<<: *name` with the anchor of a mapping"
                self.problems.append(self.source.problem(key.span, "wrong-type", what, hint=hint))

    def _duplicate(self, key: Scalar, first: Scalar) -> Problem:
        what = f"the key {shown(key.text)} is written twice"
        why = f"it stands on line {first.span.line} already, and YAML would keep only one"
        return self.source.problem(key.span, "duplicate-key", what, why=why, hint="remove one")

    def _scalar(self, event: Any) -> Scalar:
        at = _span(event)
        self._check_tag(event, at)
        text: str = event.value
        # A block ends where the next line has begun.
        last = event.end_mark.line + (event.style not in ("|", ">"))
        if event.style or event.tag is not None:
            return Scalar(span=at, last_line=last, text=text, kind="text", value=text, plain=False)
        kind, value = resolve(text)
        return Scalar(span=at, last_line=last, text=text, kind=kind, value=value)

    def _check_tag(self, event: Any, at: Span) -> None:
        if event.tag is not None and event.tag not in _PLAIN_TAGS:
            tag = event.tag.replace(TAG, "!!")
            what = f"the tag {shown(tag)} is not known here"
            hint = "remove it; for text, put the value in quotes"
            self.problems.append(self.source.problem(at, "tag", what, hint=hint))

    def _refuse(self, at: Span, code: str, what: str, *, why: str = "", hint: str = "") -> None:
        raise _Refused(self.source.problem(at, code, what, why=why, hint=hint))


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    last = end.column if end.line == start.line else 0
    return Span(start.line + 1, start.column + 1, max(last, start.column + 1) + 1)
