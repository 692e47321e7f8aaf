"""What GitHub's runner would take for commands, after its own parser (ActionCommandManager)."""

from __future__ import annotations

import re
from collections.abc import Iterable

# `::name key=value::data` after white space, and `##[name key=value]data` anywhere in a line.
PLAIN = re.compile(r"^\s*::([^:\s]+)(?:\s[^:]*)?::(.*)$")
BRACKETED = re.compile(r"##\[([^\]\s]+)[^\]]*\](.*)$")


def commands_of(lines: Iterable[str]) -> list[str]:
    """The names of the commands that are carried out; stopping them and going on apart."""
    found: list[str] = []
    stopped_until = ""
    for line in lines:
        match = PLAIN.match(line) or BRACKETED.search(line)
        if match is None:
            continue
        name, data = match.group(1), match.group(2)
        if stopped_until:
            stopped_until = "" if name == stopped_until else stopped_until
        elif name == "stop-commands":
            stopped_until = data
        else:
            found.append(name)
    return found
