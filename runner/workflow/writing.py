"""YAML as a person writes it: plain words where YAML leaves them alone, quotes elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

Lines = list[str]

_PLAIN = re.compile("[A-Za-z_][A-Za-z0-9_./-]*")
# What YAML 1.1 reads as something else than a word.
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


def scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def literal(text: str) -> str:
    """A scalar that GitHub takes as it is, where it would evaluate an expression."""
    return scalar(text.replace("${{", "${{ '${{' }}"))


def flow(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def indented(lines: Iterable[str], by: int = 2) -> Lines:
    return [f"{' ' * by}{line}" if line else "" for line in lines]
