"""What of a command line is a shell's: where one command ends, and what only a shell understands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# An expression of GitHub, quoted text, an escaped character, an end of a command, something else of a shell, a comment.
_PIECE = re.compile(
    r"""(?P<continued>\\\r?\n|\r?\n(?=[ \t]*-))
    |(?P<expression>\$\{\{.{0,1000}?\}\})
    |(?P<single>'[^']*')
    |(?P<double>"(?:\\.|[^"\\])*")
    |(?P<escaped>\\.)
    |(?P<end>&&|[\r\n]+)
    |(?P<sign>\|\||[|;&<>()`]|\$(?=[A-Za-z_{(]))
    |(?P<comment>(?<![^\s])\#[^\n]*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"\$(?=[A-Za-z_{(])|`")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One command. ``sign`` is the first thing in it that only a shell understands, "" for none."""

    text: str
    sign: str = ""


def lines(text: str) -> Iterator[Line]:
    """The commands of a text, which ``&&`` and line breaks part, without comments."""
    said, sign = "", ""
    for match in _PIECE.finditer(text):
        kind, piece = match.lastgroup, match[0]
        if kind == "end":
            yield from _line(said, sign)
            said, sign = "", ""
        elif kind == "continued":
            said += " "
        elif kind != "comment":
            said += piece
            sign = sign or _sign(kind, piece)
    yield from _line(said, sign)


def _line(said: str, sign: str) -> Iterator[Line]:
    if said.strip():
        yield Line(text=said.strip(), sign=sign)


def _sign(kind: str | None, piece: str) -> str:
    if kind in ("sign", "expression"):
        return piece
    found = _VARIABLE.search(piece) if kind == "double" else None
    return found[0] if found else ""
