"""Which variables of workflows are secrets; what stands in plain text is hidden before it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from runner.importing.hand_written.half import Half
from runner.importing.hand_written.masks import MASK

_SECRET = re.compile(r"\$\{\{\s*secrets\.(\w+)\s*\}\}")
_MENTIONED = re.compile(r"\bsecrets(?:\.|\[ *['\"])(\w+)")
IN_TEXT = "what stands in the workflow"


def secret_of(value: Any) -> str | None:
    """The secret that a variable's value is; "" of one in plain text, which is hidden; None of no secret.

    Its name is in capitals: GitHub tells no cases apart.
    """
    if value == MASK:
        return ""
    found = _SECRET.fullmatch(value.strip()) if isinstance(value, str) else None
    return found[1].upper() if found else None


class Secrets:
    """The secrets of all jobs, by variable and environment.

    A jobs file calls a secret as its variable: so one variable can't be two secrets, nor another one than
    that which is called so already.
    """

    def __init__(self, halves: Iterable[Half]) -> None:
        self._found: dict[str, dict[str, dict[str, None]]] = {}
        self._mentioned: set[str] = set()
        for half in halves:
            self._mentioned |= {name.upper() for name in _MENTIONED.findall(str(half.root))}
            for piece in half.kept:
                self._add(half.environment, piece.variables)

    def _add(self, environment: str, variables: Mapping[str, Any]) -> None:
        for name, value in variables.items():
            secret = secret_of(value)
            if secret is not None:
                of_name = self._found.setdefault(name.upper(), {})
                of_name.setdefault(environment, {})[secret] = None

    def has(self, environment: str, name: str) -> bool:
        return environment in self._found.get(name.upper(), {})

    def others(self, environment: str, name: str) -> str:
        """In words what the variable's name stands for elsewhere; "" where this environment may have it."""
        found = self._found.get(name.upper(), {})
        mine = [*found.get(environment, ())]
        if mine == [name.upper()]:
            return ""
        if name.upper() in self._mentioned:
            return "another secret already"
        if len({secret for of in found.values() for secret in of}) < 2:
            return ""
        return ", ".join(
            f"{secret or IN_TEXT} in environments.{each}"
            for each, secrets in found.items()
            for secret in secrets
            if each != environment or len(mine) > 1
        )
