"""The schema that a run writes into, from the environment's template."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from runner.errors import ConfigInvalid

# Postgres' limit, the smallest among the usual warehouses (MySQL 64, Redshift 127, SQL Server 128,
# Snowflake 255, BigQuery 1024): a schema has the same name wherever its job runs.
LONGEST = 63
DIGEST = 8

FIELD = re.compile(r"{(\w+)}")
UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
# What each field's value is made of.
VALUES = {"pr_number": "[0-9]+", "job": "[a-z0-9_-]+", "sha7": "[0-9a-f]{7}", "branch": ".+"}


def schema_name(template: str, fields: Mapping[str, str]) -> str:
    """``dbt_ci_pr_{pr_number}`` filled: words that every warehouse takes unquoted.

    Other values give another name, also in a warehouse that takes ``A`` for ``a``: where the name
    alone couldn't tell them apart, it ends in a digest. A field that this run doesn't have is an
    error.
    """
    wanted = FIELD.findall(template)
    missing = [name for name in wanted if not fields.get(name)]
    if missing:
        raise ConfigInvalid(
            f"the schema {template!r} needs {{{missing[0]}}}, which this run doesn't have",
            why="nothing started it that has one: a pull request has a pr_number, a checkout a branch",
            hint="on your own machine name the schema: --schema dbt_ci_local; in a workflow run the"
            " job on pull_request",
        )
    filled = FIELD.sub(lambda field: fields[field[1]], template)
    folded = FIELD.sub(lambda field: fields[field[1]].lower(), template)
    safe = _words(folded)
    if safe == filled and len(safe) <= LONGEST and not _doubtful(template, filled):
        return safe
    values = "\0".join([template, *(fields[name] for name in wanted)])
    digest = hashlib.sha256(values.encode()).hexdigest()[:DIGEST]
    return f"{safe[: LONGEST - DIGEST - 1].rstrip('_') or 'dbt'}_{digest}"


def _words(name: str) -> str:
    """Letters, digits and underscores; a digit can't come first."""
    words = UNSAFE.sub("_", name)
    return f"dbt_{words}" if words[:1].isdigit() else words


def _doubtful(template: str, filled: str) -> bool:
    """Whether other values could have filled the template to the same name.

    `{job}_{branch}` is `a_b_c` twice: where the longest and the shortest values that fit aren't the
    same. And a branch may look as if a digest stood at its end.
    """
    if not FIELD.search(template):
        return False
    ways = [re.fullmatch(_pattern(template, lazy), filled) for lazy in ("", "?")]
    found = {way.groups() if way else None for way in ways}
    return len(found) > 1 or bool(re.search(rf"_[0-9a-f]{{{DIGEST}}}$", filled))


def _pattern(template: str, lazy: str) -> str:
    parts = FIELD.split(template)
    texts = [re.escape(text) for text in parts[::2]]
    fields = [f"({VALUES[name]}{lazy})" for name in parts[1::2]]
    return "".join(text + field for text, field in zip(texts, [*fields, ""], strict=True))
