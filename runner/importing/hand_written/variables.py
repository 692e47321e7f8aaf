"""``env:`` of workflows: secrets by name, plain values, and what only GitHub can say."""

from __future__ import annotations

import re
from typing import Any

from runner.importing.fields import Fields

_SECRET = re.compile(r"\$\{\{\s*secrets\.(\w+)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def add_variables(
    fields: Fields, job: dict[str, Any], environment: dict[str, Any], to: str
) -> None:
    """Put variables into a job and the secrets of its environment; each is told."""
    for name in fields:
        value = fields.get(name)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        secret = _SECRET.fullmatch(text.strip())
        if not _NAME.fullmatch(name) or name.upper().startswith("GITHUB_"):
            fields.dropped(name, "GitHub keeps this name for itself, or it is none")
        elif secret:
            _secret(name, secret[1], fields, environment, to)
        elif "${{" in text or isinstance(value, dict | list) or value is None:
            hint = "write the value itself, or keep it in a secret"
            fields.dropped(name, "an expression of GitHub has no place in a jobs file", hint)
        elif name in environment.get("secrets", ()):
            fields.dropped(name, "it is a secret of the environment", "keep one of the two")
        else:
            job.setdefault("env", {})[name] = text
            fields.carried(name, f"{to}.env.{name}")


def _secret(name: str, secret: str, fields: Fields, environment: dict[str, Any], to: str) -> None:
    secrets = environment.setdefault("secrets", [])
    if name not in secrets:
        secrets.append(name)
    place = f"environments of {to}: secrets"
    if name == secret:
        fields.translated(name, place, "the compiled workflow maps it")
    else:
        why = f"the secret is called as the variable: create {name} with what {secret} holds"
        fields.translated(name, place, why)


def without_secrets(job: dict[str, Any], environment: dict[str, Any]) -> list[str]:
    """Take out plain values that are secrets of the environment for another job; gives their names."""
    lost = [name for name in job.get("env", {}) if name in environment.get("secrets", ())]
    for name in lost:
        del job["env"][name]
    return lost
