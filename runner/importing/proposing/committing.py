"""A profiles.yml for the repository, where only somebody's home has one, or nobody.

Nothing is copied from the one in the home: whatever connects is a variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.importing.proposing.profile import Target
from runner.importing.proposing.variables import settled, variables_in
from runner.importing.secret_names import looks_secret

PRODUCTION, CI = "prod", "ci"
# What dbt's own documentation asks for; of any other adapter it is asked to be looked up.
KEYS: Mapping[str, tuple[str, ...]] = {
    # The key as one text: its JSON in base64, which dbt-bigquery reads since 1.9.
    "bigquery": ("method", "project", "keyfile_json"),
    "databricks": ("host", "http_path", "token"),
    "postgres": ("host", "port", "user", "password", "dbname"),
    "redshift": ("host", "port", "user", "password", "dbname"),
    "snowflake": ("account", "user", "password", "database", "warehouse", "role"),
    "duckdb": ("path",),
}
_SAID = {"method": "service-account-json", "port": 5432}
_HOW = {"keyfile_json": "  # the key file in base64: base64 key.json | gh secret set …"}
# Who connects, which is somebody else for pull requests.
_WHO = frozenset({"user", "username", "role", "client_id"})


def to_commit(adapter: str) -> tuple[Target, ...]:
    """The targets of production and of pull requests of the profile that is to be committed."""
    return tuple(
        Target(
            name=name,
            adapter=adapter,
            variables=settled(variables_in(_output(adapter, name))),
        )
        for name in (PRODUCTION, CI)
    )


def text(adapter: str, profile: str) -> str:
    """The file; its schemas are to be looked at by who commits it."""
    lines = [f"{profile}:", f"  target: {CI}", "  outputs:"]
    for name in (PRODUCTION, CI):
        lines.append(f"    {name}:")
        lines += [
            f"      {key}: {_written(value)}{_HOW.get(key, '')}"
            for key, value in _output(adapter, name).items()
        ]
        if adapter not in KEYS:
            lines.append(f"      # and what dbt-{adapter} needs to connect, by env_var()")
    return "\n".join(lines) + "\n"


def _output(adapter: str, target: str) -> dict[str, Any]:
    values = {key: _value(adapter, key, target) for key in KEYS.get(adapter, ())}
    schema = "analytics" if target == PRODUCTION else "dbt_ci"
    where = "dataset" if adapter == "bigquery" else "schema"
    return {"type": adapter, **values, where: schema, "threads": 4}


def _value(adapter: str, key: str, target: str) -> Any:
    if key in _SAID:
        return 5439 if (adapter, key) == ("redshift", "port") else _SAID[key]
    secret = looks_secret(key)
    words = [
        "DBT_ENV_SECRET" if secret else "DBT",
        "CI" if target == CI and (secret or key in _WHO) else "",
        key,
    ]
    return f"{{{{ env_var('{'_'.join(filter(None, words)).upper()}') }}}}"


def _written(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) and "{" in value else str(value)
