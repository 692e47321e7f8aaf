"""GitHub's markdown from untrusted text: whatever the text is, it stays where it is put.

Text gets in by :func:`prose`, :func:`code` or :func:`fence`. In lines what has a meaning becomes an
HTML entity rather than being escaped by a backslash: the same holds in a table's cell, in a heading
and within HTML, and parsers agree about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal
from urllib.parse import quote

from runner.reports.text import NOTHING, clean, clipped, one_line

Align = Literal["left", "right"]

# Names longer than this are cut: nobody reads on, and a table has no room for them.
LONGEST_NAME = 200
# A code span of these alone needs no escaping, also in a table's cell.
PLAIN_CODE = re.compile(r"[\w .,:;/=+(){}\[\]'\"%^$#?!@<>&*~-]+", re.ASCII)
# Everything that markdown or HTML give a meaning, links by themselves (`://`, `www.`) too.
MEANINGFUL = re.compile(r"[&<>\\`*_\[\]|~!$\"]|:(?=//)|(?<=www)\.|^[-+=#]", re.IGNORECASE)
# What would begin a list of numbers.
NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)", re.ASCII)
# People and issues that GitHub would link, and tell.
MENTION = re.compile(r"@(?=\w)|#(?=\d)|(?<=\bGH)-(?=\d)", re.ASCII | re.IGNORECASE)
NAMELESS = "(empty)"


def escape(text: str, longest: int = LONGEST_NAME) -> str:
    """Text as text within a line; what is empty is said to be."""
    shown = clipped(one_line(text), longest) or NAMELESS
    harmless = MEANINGFUL.sub(_entity, MENTION.sub(rf"\g<0>{NOTHING}", shown))
    return NUMBERED.sub(lambda match: f"{match[1]}&#{ord(match[2])};", harmless)


def code(text: str, longest: int = LONGEST_NAME) -> str:
    """Text as code within a line."""
    shown = clipped(one_line(text), longest) or NAMELESS
    if PLAIN_CODE.fullmatch(shown):
        return f"`{shown}`"
    return f"<code>{escape(shown, longest)}</code>"


def prose(text: str, longest: int = 500) -> str:
    """A sentence as people write it, in which `backticks` mark code."""
    parts = re.split(r"`([^`]+)`", clipped(one_line(text), longest))
    if not any(parts):
        return NAMELESS
    return "".join(
        code(part, longest) if index % 2 else _within(part, longest)
        for index, part in enumerate(parts)
        if part
    )


def fence(text: str, language: str = "") -> str:
    """Text as a block of code; the fence is longer than any run of its characters inside."""
    shown = clean(text).strip("\n").rstrip() or NAMELESS
    mark = min((_longer("`", shown), _longer("~", shown)), key=len)
    return f"{mark}{language}\n{shown}\n{mark}"


def link(label: str, url: str) -> str:
    """``label`` is markdown already. Anything but a web address isn't linked."""
    if not re.match(r"https?://", url):
        return label
    return f"[{label}]({quote(url, safe=':/?#@+,=%~', errors='replace')})"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], aligns: Sequence[Align]) -> str:
    """Cells are markdown already, and hold no line end and no ``|`` of their own."""
    rules = ["---:" if align == "right" else "---" for align in aligns]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, rules, *rows))


def bullets(lines: Iterable[str]) -> str:
    """Lines are markdown already."""
    return "\n".join(f"- {line}" for line in lines)


def details(summary: str, body: str, *, opened: bool = False) -> str:
    """A part to unfold; both texts are markdown already, of the summary HTML alone is read."""
    start = f"<details{' open' if opened else ''}><summary><b>{summary}</b></summary>"
    return f"{start}\n\n{body}\n\n</details>"


def document(parts: Iterable[str]) -> str:
    """The parts one after the other; an empty one is left out."""
    return "\n\n".join(part for part in parts if part)


def _within(text: str, longest: int) -> str:
    """Escaped, with the spaces at its ends."""
    if not text.strip():
        return text
    start = " " * text[0].isspace()
    end = " " * text[-1].isspace()
    return f"{start}{escape(text, longest)}{end}"


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def _longer(mark: str, text: str) -> str:
    runs = re.findall(f"{mark}+", text)
    return mark * max(3, 1 + max(map(len, runs), default=0))
