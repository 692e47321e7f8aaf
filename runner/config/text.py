"""Bytes to text: what can't be a jobs file is told apart here, before anything parses it."""

from __future__ import annotations

import re
import stat
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from runner.model import Problem, Severity

MAX_BYTES = 1024 * 1024
# A longer line is not repeated in each problem: a file can be one line of a megabyte.
MAX_SOURCE_LINE = 500
# What YAML takes for text; anything else would only hide in a terminal or end a string.
_CONTROL = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # as YAML 1.1 counts lines


class Span(NamedTuple):
    """A piece of one line; all count from 1, and ``end_column`` is the first column after it."""

    line: int
    column: int
    end_column: int


WHOLE_FILE = Span(0, 0, 0)
START = Span(1, 1, 2)


@dataclass(frozen=True, kw_only=True)
class Source:
    """The text of a jobs file, and the file it came from as the user named it."""

    file: Path
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> list[str]:
        return _LINE_BREAK.split(self.text)

    def line(self, number: int) -> str:
        """A line by its number from 1; empty where there is none, or where it is very long."""
        line = self.lines[number - 1] if 0 < number <= len(self.lines) else ""
        return line if len(line) <= MAX_SOURCE_LINE else ""

    def narrowed(self, at: Span, word: str) -> Span:
        """The place of a word within a span; the span itself where the word isn't as it stands."""
        start = self.line(at.line).find(word, at.column - 1, at.end_column - 1)
        return Span(at.line, start + 1, start + 1 + len(word)) if start >= 0 else at

    def problem(
        self,
        at: Span,
        code: str,
        what: str,
        *,
        why: str = "",
        hint: str = "",
        severity: Severity = "error",
    ) -> Problem:
        return Problem(
            file=self.file,
            line=at.line,
            column=at.column,
            end_column=at.end_column,
            code=code,
            what=printable(what),
            why=printable(why),
            hint=printable(hint),
            source=self.line(at.line),
            severity=severity,
        )


def read(file: Path, most: int = MAX_BYTES) -> Source | Problem:
    """The text of a file, or the one reason why it has none; ``most`` is how many bytes it may have."""
    nothing = Source(file=file, text="")
    try:
        mode = file.lstat().st_mode
        refusal = _refusal(mode)
        if refusal:
            return nothing.problem(
                WHOLE_FILE, "not-a-file", f"{shown(str(file), most=300)} {refusal}"
            )
        with file.open("rb") as stream:
            raw = stream.read(most + 1)
    except FileNotFoundError:
        what = f"{shown(str(file), most=300)} doesn't exist"
        hint = "name the jobs file, or run dbt-gitops in its folder"
        return nothing.problem(WHOLE_FILE, "missing-file", what, hint=hint)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        what = f"{shown(str(file), most=300)} can't be read"
        return nothing.problem(WHOLE_FILE, "unreadable", what, why=reason)
    return decode(file, raw, most)


def decode(file: Path, raw: bytes, most: int = MAX_BYTES) -> Source | Problem:
    """Bytes as UTF-8 text without its byte order mark."""
    nothing = Source(file=file, text="")
    if len(raw) > most:
        why = f"a jobs file has at most {most:,} bytes"
        hint = "split the project, or move large values out of the jobs file"
        return nothing.problem(WHOLE_FILE, "too-large", "the file is too large", why=why, hint=hint)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        hint = "save it as UTF-8"
        return nothing.problem(WHOLE_FILE, "not-utf8", "the file is UTF-16, not UTF-8", hint=hint)
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        known = Source(file=file, text=raw.decode(errors="replace"))
        at = _span_at(raw[: error.start].decode())
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        return known.problem(at, "not-utf8", what, hint="save the file as UTF-8")
    source = Source(file=file, text=text)
    control = _CONTROL.search(text)
    if control is None:
        return source
    at = _span_at(text[: control.start()])
    name = "a NUL byte" if control[0] == "\0" else f"the character U+{ord(control[0]):04X}"
    what, why = f"the file contains {name}", "a jobs file is text without control characters"
    return source.problem(at, "control-character", what, why=why, hint="remove it")


def _refusal(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "is a symbolic link; a jobs file is read only where it stands"
    if stat.S_ISDIR(mode):
        return "is a folder, not a file"
    return "" if stat.S_ISREG(mode) else "is not a regular file"


def _span_at(before: str) -> Span:
    """The one character that follows this text."""
    lines = _LINE_BREAK.split(before)
    column = len(lines[-1]) + 1
    return Span(len(lines), column, column + 1)


def shown(text: str, most: int = 60) -> str:
    """Text from the file, fit for a message: one line, printable, in backticks, not too long."""
    if not text:
        return '`""`'
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return f"`{printable(cut)}`"


def printable(text: str) -> str:
    """The same text with what could move a terminal's cursor or hide text written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == " " else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode()
