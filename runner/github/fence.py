"""Keep what dbt prints from being read as workflow commands by GitHub's runner."""

from __future__ import annotations

import re
import secrets


class Fence:
    """Between :meth:`opening` and :meth:`closing` GitHub's runner reads no commands.

    Escaping line by line isn't enough: the runner finds ``##[command]`` anywhere in a line. The
    token is random and never reaches dbt's environment, so nothing dbt prints can end the fence.
    """

    def __init__(self) -> None:
        self._token = ""

    def opening(self) -> str:
        self._token = secrets.token_hex(16)
        return f"::stop-commands::{self._token}"

    def closing(self) -> str:
        """The line that ends it, "" where it isn't open."""
        token, self._token = self._token, ""
        return f"::{token}::" if token else ""


def defused(text: str) -> str:
    """Text that is printed outside a fence, as it is but for what would be a command.

    A space of no width takes the meaning from ``::`` at a line's start and from ``##[`` anywhere.
    """
    text = text.replace("##[", "##\u200b[")
    return re.sub(r"^(\s*):(?=:)", "\\1:\u200b", text, flags=re.MULTILINE)
