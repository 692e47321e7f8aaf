"""Problems without the passwords and tokens of the file that they are about.

What is printed goes into logs that mask nothing of the kind, and onto pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from runner.config.nodes import Entry, Mapping, Node, Scalar, Sequence, find
from runner.masking import MASK, Mask
from runner.model import Problem
from runner.secrecy import is_ordinary, masked_where_named, secrets_in

# Channels whose address lets anyone who has it send messages.
SECRET_CHANNELS = ("slack", "teams", "pagerduty")
# As many characters of a text as a message shows; what is cut off there ends in the sign.
_MOST_SHOWN = 60
_CUT = "…"


class FileMask(Mask):
    """Masks all that looks secret in a file; an ordinary word only where its name stands before it.

    ``lines`` are those that a secret stands on, however it is written there.
    """

    def __init__(self, values: Iterable[str] = (), lines: Iterable[int] = ()) -> None:
        self._whole = [text for text in values if not is_ordinary(text)]
        super().__init__(self._whole)
        self.lines = frozenset(lines)

    def text(self, text: str) -> str:
        if _CUT in text:  # first: what is cut off may hold a shorter one
            text = self._cut.text(text)
        return masked_where_named(super().text(text), MASK)

    @cached_property
    def _cut(self) -> Mask:
        ends = (
            (text, end) for text in self._whole for end in range(3, min(len(text), _MOST_SHOWN))
        )
        return Mask(f"{text[:end]}{_CUT}" for text, end in ends)


_NOTHING = FileMask()


def mask_of(root: Node | None) -> FileMask:
    if root is None:
        return _NOTHING
    found = list(secrets_in(_texts(root)))
    lines = (line for secret in found for line in _lines(find(root, secret.at)))
    addresses = _addresses(root) if isinstance(root, Mapping) else ()
    return FileMask([*(secret.text for secret in found), *addresses], lines)


def withheld(problems: Iterable[Problem], mask: FileMask = _NOTHING) -> Iterator[Problem]:
    """With the place alone of a line that has a secret, whatever the problem is about.

    A line that is no YAML, or that another of the same key replaces, is judged by itself.
    """
    for problem in problems:
        alone = FileMask(secret.text for secret in secrets_in(problem.source))
        masked = alone.text(mask.text(problem.source)) != problem.source
        yield replace(
            problem,
            what=alone.text(mask.text(problem.what)),
            why=alone.text(mask.text(problem.why)),
            hint=alone.text(mask.text(problem.hint)),
            source="" if masked or problem.line in mask.lines else problem.source,
        )


def _lines(found: Entry | Node | None) -> Iterable[int]:
    node = found.node if isinstance(found, Entry) else found
    return range(node.span.line, node.last_line + 1) if isinstance(node, Scalar) else ()


def _texts(node: Node) -> object:
    """As they are written: YAML reads `0123456` as another number."""
    if isinstance(node, Mapping):
        return {key: _texts(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [_texts(item) for item in node.items]
    return None if node.kind in ("boolean", "null") else node.text


def _addresses(root: Mapping) -> Iterator[str]:
    channels = root.mapping("notifications")
    for channel in (channels.mapping(name) for name in channels.entries):
        for kind in SECRET_CHANNELS:
            node = channel.get(kind)
            if isinstance(node, Scalar) and not node.text.startswith("$"):
                yield node.text
