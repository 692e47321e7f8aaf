"""Changes of a jobs file that ruamel.yaml has read: only the place that a change is about changes.

What is written once and meant in several places, by an anchor or by ``<<``, is written out in the place that
changes, so that the others go on meaning what they meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml.anchor import Anchor
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.mergevalue import merge_attrib
from ruamel.yaml.tokens import CommentToken

from runner.importing.changes import GONE, Change
from runner.importing.trailing import cut, put
from runner.importing.yaml_nodes import Comments, key_of, node_of, write_above

Place = tuple[int, Any]  # the id of what holds a node, and its key there


class Editor:
    """``whole`` is the file, which the edits change; ``comments`` are those of new keys, by path."""

    def __init__(self, whole: CommentedMap, comments: Comments) -> None:
        self._whole = whole
        self._comments = comments
        self._places: dict[int, list[Place]] = {}
        for holder, key, node in _nodes(whole, set()):
            self._places.setdefault(id(node), []).append((id(holder), key))
            node.anchor.always_dump = True  # an anchor stays when the last alias goes

    def apply(self, change: Change) -> None:
        *outer, key = change.path
        holder, node = self._reached(tuple(outer), key if change.value is GONE else "")
        if change.value is GONE:
            _take_away(holder, outer[-1] if outer else "", node, key)
        elif _is_own(node, key):
            self._replace(node, change)
        else:
            _append(node, key_of(key, tuple(outer)), self._new(change))
            write_above(node, key, self._comments, tuple(outer))

    def _replace(self, node: CommentedMap, change: Change) -> None:
        key = change.path[-1]
        if (
            isinstance(node[key], CommentedSeq)
            and isinstance(change.value, (list, tuple))
            and change.value
        ):
            self._write_out(node, key)
            _rewrite(node[key], self._new(change))
            return
        below = cut(node, key)
        node[key] = self._new(change)
        put(node, below, key)

    def _new(self, change: Change) -> Any:
        return node_of(change.value, self._comments, change.path)

    def _reached(self, path: tuple[str, ...], gone: str) -> tuple[Any, CommentedMap]:
        """What a path leads to, the place's own, and what holds it; the key ``gone`` will leave it."""
        holder, node = None, self._whole
        for index, key in enumerate(path):
            self._write_out(node, key, gone if index + 1 == len(path) else "")
            holder, node = node, node[key]
        return holder, node

    def _write_out(self, holder: CommentedMap, key: str, gone: str = "") -> None:
        """Make what a key holds that place's own, where it is meant elsewhere, too."""
        node, here = holder[key], (id(holder), key)
        places = self._places.get(id(node), [here])
        if len(places) == 1 and not (gone and _is_merged(node, gone)):
            return
        own = _copied(node)
        _leave_comments(own if places[0] != here else node)
        if _is_own(holder, key):
            holder[key] = own
        else:
            _append(holder, key, own)
        places.remove(here)


def _is_own(node: CommentedMap, key: str) -> bool:
    """Whether a key is written there, and doesn't come by ``<<``."""
    return key in node and key in node._ok


def _is_merged(node: CommentedMap, key: str) -> bool:
    """Whether a key comes by ``<<``, or would if it weren't written there."""
    return any(key in merged for merged in getattr(node, merge_attrib, ()))


def _append(node: CommentedMap, key: Any, value: Any) -> None:
    below = cut(node)
    node[key] = value
    node.move_to_end(key)
    put(node, below)


def _take_away(holder: Any, name: str, node: CommentedMap, key: str) -> None:
    """Remove a key; lines between it and the next stay. ``holder`` has the mapping by its name."""
    below, keys = cut(node, key), [*node]
    place = keys.index(key)
    del node[key]
    node.ca.items.pop(key, None)
    if place:
        put(node, below, keys[place - 1])
    elif node:
        _put_above(node, keys[1], below)
    elif holder is not None:
        put(holder, f"{_stand_empty(holder, name)}{below}", name)


def _stand_empty(holder: CommentedMap, name: str) -> str:
    """Make a mapping without keys ``{}`` beside its name, above the lines that were in it: those it gives.

    By itself, ruamel.yaml puts it below the comments there, into the first column.
    """
    node = holder[name]
    if node.fa.flow_style():
        return ""
    node.fa.set_flow_style()
    node.ca.comment = None
    beside, inside = _comments_after(holder.ca.items.pop(name, None))
    if beside:
        holder.ca.items[name] = [None, None, CommentToken(beside, CommentMark(0), None), None]
    return inside


def _comments_after(tokens: Any) -> tuple[str, str]:
    """What stands beside a key whose value is below it, and the lines between them."""
    _, _, single, several = tokens or (None, None, None, None)
    texts = [single.value] if single else []
    for token in several or ():
        # A blank line is a token of its own there, and no token has its indentation.
        first = not texts and token.value.strip()
        texts += (
            [token.value]
            if first
            else ["\n" * (not texts), " " * token.start_mark.column, token.value]
        )
    beside, _, inside = "".join(texts).partition("\n")
    return beside and f"{beside}\n", inside


def _rewrite(there: CommentedSeq, new: CommentedSeq) -> None:
    """Make a list the other; an item that stays, or whose place another one takes, keeps its comment."""
    below = cut(there)
    before, after = ([json.dumps(each, default=str) for each in items] for items in (there, new))
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for _, first, end, at, until in reversed([code for code in codes if code[0] != "equal"]):
        both = min(end - first, until - at)
        for index in reversed(range(first + both, end)):
            _remove_item(there, index)
        for index in range(at + both, until):
            there.insert(first + index - at, new[index])
        for index in range(both):
            there[first + index] = new[at + index]
    put(there, below)


def _remove_item(items: CommentedSeq, index: int) -> None:
    below = cut(items, index)
    del items[index]
    if index:
        put(items, below, index - 1)
    elif items:
        _put_above(items, 0, below)


def _put_above(node: Any, key: Any, lines: str) -> None:
    text = "\n".join(line.strip().removeprefix("#").removeprefix(" ") for line in lines.split("\n"))
    if text.strip():
        column = next(len(line) - len(line.lstrip()) for line in lines.split("\n") if line.strip())
        node.yaml_set_comment_before_after_key(key, before=text.strip("\n"), indent=column)


def _leave_comments(node: Any) -> None:
    """What stands beside and below a node is of another place of it."""
    cut(node)
    node.ca.comment = None


def _nodes(holder: Any, seen: set[int]) -> Iterator[tuple[Any, Any, Any]]:
    """Each mapping and list with what holds it and its key there, in the order of the file."""
    seen.add(id(holder))
    items = [*(holder.items() if isinstance(holder, CommentedMap) else enumerate(holder))]
    items += [("<<", node) for node in getattr(holder, merge_attrib, ())]
    for key, node in items:
        if _is_block(node):
            yield holder, key, node
            if id(node) not in seen:
                yield from _nodes(node, seen)


def _is_block(node: Any) -> bool:
    return isinstance(node, (CommentedMap, CommentedSeq))


def _copied(node: Any) -> Any:
    """The same without anchors: aliases and ``<<`` are written out."""
    if isinstance(node, CommentedMap):
        new: Any = CommentedMap((key, _copied(value)) for key, value in node.items())
    elif isinstance(node, CommentedSeq):
        new = CommentedSeq(_copied(each) for each in node)
    else:
        return _unnamed(node)
    node.copy_attributes(new, memo={})
    for name in (Anchor.attrib, merge_attrib):
        if hasattr(new, name):
            delattr(new, name)
    return new


def _unnamed(scalar: Any) -> Any:
    """A scalar without its anchor."""
    if not getattr(getattr(scalar, "anchor", None), "value", None):
        return scalar
    new = deepcopy(scalar)
    new.anchor.value = None
    return new
