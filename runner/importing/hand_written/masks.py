"""Values in plain text that look secret by the name before them: they are neither printed nor written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.secrecy import looks_secret

MASK = "****"
HOLDERS = ("env", "with", "secrets", "credentials")
_ASSIGNED = re.compile(
    r"""(?<![\w$])(?:
      (?P<quote>["'])(?P<name>[A-Za-z_]\w*)=(?P<value>(?:(?!(?P=quote)).)*)
      |(?P<bare>[A-Za-z_]\w*)=(?P<word>\$\{\{.{0,200}?\}\}|(?:"[^"]*"|'[^']*'|[^\s"';&|<>()])+)
    )""",
    re.VERBOSE | re.DOTALL,
)


def without_values(node: Any) -> Any:
    """The same plain data with scripts masked, and what stands under HOLDERS, however deep they are."""
    if isinstance(node, list):
        return [without_values(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    found = {key: without_values(value) for key, value in node.items()}
    for key in HOLDERS:
        if isinstance(found.get(key), Mapping):
            found[key] = {name: masked(str(name), value) for name, value in found[key].items()}
    if isinstance(found.get("run"), str):
        found["run"] = script_without_values(found["run"])
    return found


def masked(name: str, value: Any) -> Any:
    """A variable's value; hidden where its name says that it is secret, and it stands there itself."""
    is_text = value is not None and not isinstance(value, bool | Mapping | list)
    return MASK if is_text and looks_secret(name) and _is_literal(str(value)) else value


def script_without_values(script: str) -> str:
    """A script with such assignments masked; it keeps its lines."""
    return _ASSIGNED.sub(_masked, script)


def _masked(found: re.Match[str]) -> str:
    name, value = found["name"] or found["bare"], found["value"] or found["word"] or ""
    if not looks_secret(name) or not _is_literal(value):
        return found[0]
    return f"{found['quote'] or ''}{name}={MASK}" + " \\\n" * value.count("\n")


def _is_literal(value: str) -> bool:
    """Whether it is no expression, and no other variable's value."""
    text = value.strip("\"' ")
    return bool(text) and not text.startswith(("$", "`"))
