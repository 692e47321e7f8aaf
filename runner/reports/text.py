"""Untrusted text made fit to be shown: without what can't be seen, and no longer than it may be."""

from __future__ import annotations

import re
import unicodedata

# Colours and other sequences of a terminal.
ANSI = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.?)")
# Cc controls, Cs half a character, Co and Cn nobody's; of Cf those that turn the direction of text
# around, so that it reads otherwise than it is.
UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn"})
TURNING = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
# What belongs to the character before it: accents, joiners, variants.
JOINER = "\u200d"
# A space of no width: takes a character's meaning and leaves its looks.
NOTHING = "\u200b"


def clean(text: str) -> str:
    """Text of lines that end in a newline, without control characters and half characters.

    ``<!--`` and GitHub's ``##[command]`` are taken apart, also where nothing else would be: a marker
    or a command in a report is always our own.
    """
    text = ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    text = re.sub("[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    if not text.isascii() or not text.isprintable():
        text = "".join(filter(_seen, text))
    return text.replace("<!--", f"<!{NOTHING}--").replace("##[", f"##{NOTHING}[")


def one_line(text: str) -> str:
    """The same in one line, with single spaces."""
    return " ".join(clean(text).split())


def clipped(text: str, longest: int) -> str:
    """The text, or its beginning with ``…``: at most ``longest`` characters, no accent cut off."""
    if len(text) <= longest:
        return text
    end = longest - 1
    while end > 0 and (_joined(text[end]) or text[end - 1] == JOINER):
        end -= 1
    return f"{text[:end].rstrip()}…"


def clipped_bytes(text: str, longest: int) -> str:
    """The same with a limit in bytes of UTF-8."""
    if len(text.encode()) <= longest:
        return text
    return clipped(text, len(text.encode()[: longest - 3].decode(errors="ignore")) + 1)


def counted(number: int, noun: str) -> str:
    """``1 node``, ``2 nodes``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _seen(character: str) -> bool:
    if character in TURNING:
        return False
    return character == "\n" or unicodedata.category(character) not in UNSEEN


def _joined(character: str) -> bool:
    return character == JOINER or unicodedata.category(character) in ("Mn", "Me", "Mc")
