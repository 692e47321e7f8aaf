"""What stands below the last line of a mapping: ruamel.yaml gives it to that line's value.

It belongs to what comes after the mapping. So that it stays there, it is cut off before something is
added to the mapping's end, and put back after that.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.tokens import CommentToken


def cut(node: CommentedMap) -> str:
    """Take the lines below the last value away, but not the comment beside it; "" where none are."""
    within, key, slot = _last_leaf(node)
    tokens = within.ca.items.get(key)
    token = tokens[slot] if tokens else None
    if not isinstance(token, CommentToken):
        return ""
    beside, _, below = token.value.partition("\n")
    if not below:
        return ""
    if beside:
        token.value = f"{beside}\n"
    else:
        tokens[slot] = None
    return str(below)


def put(node: CommentedMap, below: str) -> None:
    """Put such lines below the last value."""
    if below:
        within, key, slot = _last_leaf(node)
        tokens = within.ca.items.setdefault(key, [None, None, None, None])
        tokens[slot] = CommentToken(f"\n{below}", CommentMark(0), None)


def _last_leaf(node: Any) -> tuple[Any, Any, int]:
    """The innermost block, the key of its last value, and where the comment of that is kept."""
    while True:
        key: Any = [*node][-1] if isinstance(node, CommentedMap) else len(node) - 1
        last = node[key]
        block = isinstance(last, (CommentedMap, CommentedSeq)) and not last.fa.flow_style()
        if not (block and len(last)):
            return node, key, 2 if isinstance(node, CommentedMap) else 0
        node = last
