"""Which values are secret, by their names alone: they are neither written into a file nor repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "(hidden)"
# What a name that ends so has is where something is, and not that itself.
_SECRET = re.compile(
    r"^DBT_ENV_SECRET|^(?!.*(?:path|ur[il]|file|endpoint|_id)$).*"
    r"(?:pass(?:word|wd|phrase)?$|secret|token|credential|(?:api|private|access)_?key|keyfile_json$)",
    re.IGNORECASE,
)
# A shell's `NAME=value`, also where its quote isn't closed; but for what names another variable.
_ASSIGNMENT = re.compile(
    r"""\b(?P<name>[A-Za-z_][A-Za-z0-9_]*)=
    (?!"?\$(?:\{\{[^{}]*\}\}|\{\w+\}|\w+)"?(?:\s|$))
    (?P<value>(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\]|["'].*)+)""",
    re.DOTALL | re.VERBOSE,
)


# What stands under such a key of a source isn't repeated; there, nothing is lost by one too many.
_KEYS = ("api_key", "password", "secret", "token", "webhook_url")


def repeated(field: str, value: Any) -> Any:
    """A value as a report may repeat it: what is secret by its key is hidden, however deep it stands."""
    if value and (looks_secret(field) or any(word in field.lower() for word in _KEYS)):
        return HIDDEN
    if isinstance(value, Mapping):
        named = repeated(str(value.get("name", "")), value.get("value"))  # of {name: X, value: …}
        return {
            key: named if key == "value" and named == HIDDEN else repeated(str(key), each)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [repeated("", each) for each in value]
    return without_secrets(value) if isinstance(value, str) else value


def looks_secret(name: str) -> bool:
    """By its name alone, of a variable or of a key of profiles.yml."""
    return bool(_SECRET.search(name))


def without_secrets(command: str) -> str:
    """The text of a command with no value that it gives to a variable with a secret's name."""
    return _ASSIGNMENT.sub(_hidden, command)


def _hidden(found: re.Match[str]) -> str:
    value = HIDDEN if looks_secret(found["name"]) else without_secrets(found["value"])
    return f"{found['name']}={value}"
