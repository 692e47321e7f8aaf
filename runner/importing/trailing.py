"""What stands below the last line of a value: ruamel.yaml gives it to the value's last leaf.

It belongs to what comes after the value. So that it stays there, it is cut off before the value is changed,
and put back after that.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.tokens import CommentToken


def cut(node: Any, key: Any = None) -> str:
    """Take the lines below a value away, but not the comment beside it; "" where none are.

    The value is that of ``key``, or the last of the mapping or list.
    """
    if not len(node):
        return ""
    within, key, slot = _leaf(node, key)
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


def put(node: Any, below: str, key: Any = None) -> None:
    """Put such lines below a value, above those that are there."""
    if not below:
        return
    within, key, slot = _leaf(node, key)
    tokens = within.ca.items.setdefault(key, [None, None, None, None])
    there = tokens[slot].value if isinstance(tokens[slot], CommentToken) else "\n"
    beside, _, rest = there.partition("\n")
    column = tokens[slot].start_mark.column if beside else 0
    tokens[slot] = CommentToken(f"{beside}\n{below}{rest}", CommentMark(column), None)


def _leaf(node: Any, key: Any) -> tuple[Any, Any, int]:
    """The innermost block, the key of its last value, and where the comment of that is kept."""
    while True:
        if key is None:
            key = [*node][-1] if isinstance(node, CommentedMap) else len(node) - 1
        last = node[key]
        block = isinstance(last, (CommentedMap, CommentedSeq)) and not last.fa.flow_style()
        if not (block and len(last)):
            return node, key, 2 if isinstance(node, CommentedMap) else 0
        node, key = last, None
