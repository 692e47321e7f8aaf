"""The versions of dbt that a script installs, as ``dbt`` of an environment."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPEC = re.compile(
    r"(?<![\w./-])dbt-(?P<name>[a-z][a-z0-9-]*)(?P<extras>\[[\w, -]+\])?"
    r"(?P<version>((==|~=|!=|>=|<=|>|<) ?[0-9][\w.*+!]*)(, ?(==|~=|!=|>=|<=|>|<) ?[0-9][\w.*+!]*)*)?"
)
# What is called like an adapter, and is none.
_NO_ADAPTERS = ("common", "adapters", "extractor", "metricflow", "semantic-interfaces", "coverage")


def pins_of(installs: Iterable[str]) -> dict[str, str]:
    """``core`` and ``adapter``, as far as the commands that install say them; the first one counts."""
    found: dict[str, str] = {}
    for text in installs:
        for spec in _SPEC.finditer(text):
            name, version = spec["name"], (spec["version"] or "").replace(" ", "")
            if name == "core":
                if version:
                    found.setdefault("core", version)
            elif name not in _NO_ADAPTERS:
                found.setdefault("adapter", f"{name}{spec['extras'] or ''}{version}")
    return found
