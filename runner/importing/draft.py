"""A jobs file in the making, and the names of what is in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from runner.config.checks.references import RESERVED
from runner.importing.rows import Row

NOT_IN_NAMES = re.compile(r"[^a-z0-9_]+")


@dataclass(kw_only=True)
class Draft:
    """Plain values in the shape of the jobs file's schema, keyed by the names that they have there.

    ``comments`` stand above what a path of keys leads to, e.g. ``("jobs", "daily")``; ``rows`` are the
    loss report's. ``top`` is what stands beside them at the file's top, such as ``state``. ``off`` are
    paths of which the source says that there is nothing, ``proposed`` those whose value isn't the source's.
    """

    top: dict[str, Any] = field(default_factory=dict)
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    notifications: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: dict[tuple[str, ...], str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    off: set[tuple[str, ...]] = field(default_factory=set)
    proposed: set[tuple[str, ...]] = field(default_factory=set)


def secret_into(environment: dict[str, Any], name: str) -> None:
    """Name a secret of an environment, once."""
    secrets = environment.setdefault("secrets", [])
    secrets += [] if name in secrets else [name]


def name_of(text: str, taken: Collection[str], otherwise: str = "job") -> str:
    """A name that the schema takes, near to what people call it: ``Daily (US)`` is ``daily-us``.

    ``taken`` are the names of the others, ``otherwise`` what is called so that has no letter or digit.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = NOT_IN_NAMES.sub("-", plain).strip("-_") or otherwise
    name = f"{name}-job" if name == RESERVED else name
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique
