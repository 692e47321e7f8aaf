"""Workflow commands: lines on standard output that GitHub acts on.

Escaping is GitHub's own, from ``packages/core/src/command.ts`` of its toolkit: whatever a file or
a branch is called, it stays one command and says nothing else.
"""

from __future__ import annotations

from typing import Literal

Level = Literal["error", "warning", "notice"]


def escape_data(text: str) -> str:
    """Text for after the ``::`` of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Text for a property of a command, such as ``title=``."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def annotation(
    level: Level,
    message: str,
    *,
    title: str = "",
    file: str = "",
    line: int = 0,
    column: int = 0,
    end_column: int = 0,
) -> str:
    """One annotation as a line without its end. Lines and columns count from 1; 0 is left out.

    ``end_column`` is the first column after the text.
    """
    given = {
        "file": file,
        "line": str(line or ""),
        "col": str(column or ""),
        "endColumn": str(end_column or ""),
        "title": title,
    }
    properties = ",".join(
        f"{name}={escape_property(value)}" for name, value in given.items() if value
    )
    return f"::{level}{' ' if properties else ''}{properties}::{escape_data(message)}"
