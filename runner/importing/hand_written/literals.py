"""Variables that a workflow's ``env`` gives plain values, in the dbt commands that name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.secrecy import looks_secret

# What a value may have without meaning anything to a shell, or to the quotes around it.
_PLAIN = re.compile(r"[\w./:+@,=-]*( +[\w./:+@,=-]+)*")
_OF_GITHUB = r"\$\{\{\s*env\.(?P<env>\w+)\s*\}\}"
_OF_SHELL = r"(?P<escaped>\\.)|\$\{(?P<braced>\w+)\}|\$(?P<bare>[A-Za-z_]\w*)"
# Between single quotes a shell replaces nothing; GitHub replaces its expressions everywhere.
_BY_GITHUB = re.compile(_OF_GITHUB)
_BY_BOTH = re.compile(rf"{_OF_GITHUB}|{_OF_SHELL}", re.DOTALL)
_QUOTED = re.compile(r"""'[^']*'|(?:"(?:\\.|[^"\\])*"|\\.|[^'"])+|.""", re.DOTALL)


def literals_of(variables: Mapping[str, Any], scripts: str) -> dict[str, str]:
    """The variables whose values can be known: plain, no secret's, and assigned by no script of the job."""
    found = {}
    for name, value in variables.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        plain = isinstance(value, bool | int | str) and _PLAIN.fullmatch(text)
        assigned = re.search(rf"(?<!\w){re.escape(name)}=", scripts)
        if plain and not assigned and not looks_secret(name):
            found[name] = text
    return found


def resolved(command: str, literals: Mapping[str, str]) -> tuple[str, list[str]]:
    """The command with the values of the variables that are known, and the names of those."""
    names: list[str] = []

    def value(found: re.Match[str]) -> str:
        name = next((each for each in found.groupdict().values() if each in literals), "")
        names.extend([name] if name else [])
        return literals[name] if name else found[0]

    parts = _QUOTED.findall(command)
    said = [(_BY_GITHUB if part[0] == "'" else _BY_BOTH).sub(value, part) for part in parts]
    return "".join(said), list(dict.fromkeys(names))
