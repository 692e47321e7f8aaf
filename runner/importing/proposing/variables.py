"""The environment variables that a project reads, and which of them look secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from runner.importing.secret_names import looks_secret

_ENV_VAR = re.compile(r"""env_var\(\s*["']([A-Za-z_][A-Za-z0-9_]*)["']\s*(,?)""")


@dataclass(frozen=True, kw_only=True)
class Variable:
    """``needed``: dbt ends without it, because ``env_var`` names no default."""

    name: str
    secret: bool
    needed: bool


def variables_in(value: Any, key: str = "") -> Iterator[Variable]:
    """Of all texts in plain values; one that a secret's key reads is secret by that."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from variables_in(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from variables_in(inner, key)
    elif isinstance(value, str):
        for name, default in _ENV_VAR.findall(value):
            secret = looks_secret(name) or looks_secret(key)
            yield Variable(name=name, secret=secret, needed=not default)


def settled(found: Iterable[Variable]) -> tuple[Variable, ...]:
    """Each name once: needed where any reads it so, secret where any place makes it so."""
    by_name: dict[str, Variable] = {}
    for each in found:
        known = by_name.get(each.name, each)
        by_name[each.name] = Variable(
            name=each.name,
            secret=each.secret or known.secret,
            needed=each.needed or known.needed,
        )
    return tuple(by_name.values())


def to_hand_over(found: Iterable[Variable]) -> tuple[str, ...]:
    """Those that a machine of GitHub's has to be given; GitHub keeps some names for itself."""
    return tuple(
        each.name
        for each in found
        if (each.needed or each.secret) and not each.name.upper().startswith("GITHUB_")
    )
