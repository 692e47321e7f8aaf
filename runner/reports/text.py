"""Untrusted text made fit to be shown: without what can't be seen, and no longer than it may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import filterfalse
from shlex import quote

from runner.run_id import read_run_id

LONGEST_ID = 40

# Colours and other sequences of a terminal.
ANSI = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.?)")
# Cc controls, Cf what turns the direction of text around or hides, Cs half a character, Co and Cn
# nobody's.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# What belongs to the character before it: accents, joiners, variants.
JOINER = "\u200d"
# A space of no width: takes a character's meaning and leaves its looks.
NOTHING = "\u200b"
# Of Cf, what scripts and emoji are written with.
KEPT = frozenset({"\n", NOTHING, "\u200c", JOINER})


def clean(text: str) -> str:
    """Text of lines that end in a newline, without control characters and half characters.

    ``<!--`` and GitHub's ``##[command]`` are taken apart, also where nothing else would be: a marker
    or a command in a report is always our own.
    """
    text = ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    text = re.sub("[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    # By its different characters: they are few, and a log may have millions.
    unseen = "".join(filterfalse(_seen, set(text)))
    if unseen:
        text = text.translate(str.maketrans("", "", unseen))
    return text.replace("<!--", f"<!{NOTHING}--").replace("##[", f"##{NOTHING}[")


def one_line(text: str) -> str:
    """The same in one line, with single spaces."""
    return " ".join(clean(text).split())


def clipped(text: str, longest: int) -> str:
    """The text, or its beginning with ``…``: at most ``longest`` characters, no accent cut off."""
    return text if len(text) <= longest else _beginning(text, longest - 1)


def clipped_bytes(text: str, longest: int) -> str:
    """The same with a limit in bytes of UTF-8."""
    if len(text.encode()) <= longest:
        return text
    return _beginning(text, len(text.encode()[: longest - 3].decode(errors="ignore")))


def counted(number: int, noun: str) -> str:
    """``1 node``, ``2 nodes``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(words: Iterable[str]) -> str:
    """``a, b and c``; what is empty is left out."""
    *first, last = [word for word in words if word] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def secret_command(name: str, github_environment: str | None) -> str:
    """What creates a secret on GitHub, of the repository where no environment is given."""
    where = f" --env {quote(github_environment)}" if github_environment else ""
    return f"gh secret set {name}{where}"


def short_id(run_id: str) -> str:
    """What tells a run from others, where its job and its time are known: `3f2a9c`."""
    known = read_run_id(run_id)
    return known.short if known else clipped(one_line(run_id), LONGEST_ID)


def _beginning(text: str, end: int) -> str:
    """Up to ``end`` or before the character that would be cut in two there, and ``…``."""
    while end > 0 and (_joined(text[end]) or text[end - 1] == JOINER):
        end -= 1
    return f"{text[:end].rstrip()}…"


def _seen(character: str) -> bool:
    return character in KEPT or unicodedata.category(character) not in UNSEEN


def _joined(character: str) -> bool:
    return character == JOINER or unicodedata.category(character) in ("Mn", "Me", "Mc")
