"""The schema that a run writes into, from the environment's template."""

from __future__ import annotations

import hashlib
import re

from runner.errors import ConfigInvalid

# Postgres' limit, the smallest among the usual warehouses.
LONGEST = 63


def schema_name(template: str, fields: dict[str, str]) -> str:
    """``dbt_ci_pr_{pr_number}`` filled; a field that this run doesn't have is an error."""
    wanted = re.findall(r"{(\w+)}", template)
    missing = [name for name in wanted if not fields.get(name)]
    if missing:
        raise ConfigInvalid(
            f"the schema {template!r} needs {{{missing[0]}}}, which this run doesn't have",
            why="nothing started it that has one: a pull request has a pr_number, a checkout a branch",
            hint="name the schema: --schema dbt_ci_local",
        )
    filled = template
    for name in wanted:
        filled = filled.replace(f"{{{name}}}", fields[name])
    return _safe(filled)


def _safe(name: str) -> str:
    """Words that every warehouse takes unquoted, and different names for different templates."""
    safe = re.sub(r"[^A-Za-z0-9_]+", "_", name)
    if safe == name and len(safe) <= LONGEST:
        return safe
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{safe[: LONGEST - 9].rstrip('_')}_{digest}"
