"""Problems without the passwords and tokens of the file that they are about.

What is printed goes into logs that mask nothing of the kind, and onto pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from runner.config.nodes import Mapping, Node, Scalar, Sequence
from runner.masking import Mask
from runner.model import Problem
from runner.secrecy import secrets_in

# Channels whose address lets anyone who has it send messages.
SECRET_CHANNELS = ("slack", "teams", "pagerduty")
# As many characters of a text as a message shows; what is cut off there ends in the sign.
_MOST_SHOWN = 60
_CUT = "…"
_NOTHING = Mask()


def mask_of(root: Node | None) -> Mask:
    """Masks all that looks secret in a file."""
    texts = [secret.text for secret in secrets_in(_texts(root))] if root else []
    addresses = _addresses(root) if isinstance(root, Mapping) else ()
    return _mask([*texts, *addresses])


def withheld(problems: Iterable[Problem], mask: Mask = _NOTHING) -> Iterator[Problem]:
    """With the place alone of a line that has a secret, whatever the problem is about.

    A line that is no YAML, or that another of the same key replaces, is judged by itself.
    """
    for problem in problems:
        alone = _mask(secret.text for secret in secrets_in(problem.source))
        has_secret = alone.text(mask.text(problem.source)) != problem.source
        yield replace(
            problem,
            what=alone.text(mask.text(problem.what)),
            why=alone.text(mask.text(problem.why)),
            hint=alone.text(mask.text(problem.hint)),
            source="" if has_secret else problem.source,
        )


def _mask(texts: Iterable[str]) -> Mask:
    whole = list(texts)
    cut = (f"{text[:end]}{_CUT}" for text in whole for end in range(3, min(len(text), _MOST_SHOWN)))
    return Mask([*whole, *cut])


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
