"""Environment variables of dbt Cloud: values, and names of those that are secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.importing.draft import Draft, secret_into
from runner.importing.fields import Fields
from runner.importing.secret_names import looks_secret

KEY = "environment_variables"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variables_into(draft: Draft, fields: Fields, environment: str, to: str) -> dict[str, str]:
    """What the job's own `env` says of them; the environment's secrets are named in the draft.

    They stand under ``environment_variables`` as ``{DBT_X: {project, environment, job: {id, value}}}``;
    of these the job's value wins, then the environment's.
    """
    inside = fields.inner(KEY)
    env: dict[str, str] = {}
    for name in inside:
        value = _value(inside.get(name))
        if not NAME.fullmatch(name) or name.upper().startswith("GITHUB_") or value is None:
            inside.dropped(name, "it has no value, or no name that a variable can have")
        elif looks_secret(name) or (value and not value.strip("*")):
            secret_into(draft.environments.setdefault(environment, {}), name)
            where = f"environments.{environment}.secrets"
            inside.translated(name, where, f"its name alone: gh secret set {name}")
        else:
            env[name] = value
            inside.translated(name, f"{to}.env.{name}", "the value that wins for this job")
    return env


def _value(levels: Any) -> str | None:
    if isinstance(levels, Mapping):
        for level in ("job", "environment", "project"):
            inner = levels.get(level)
            if isinstance(inner, Mapping) and inner.get("value") is not None:
                return str(inner["value"])
        return None
    return None if levels is None else str(levels)
