"""Variables that name the schema of a pull request, as the ``schema`` of its environment."""

from __future__ import annotations

import re
from typing import Any

SCHEMA = "dbt_ci_pr_{pr_number}"
_NUMBER = re.compile(
    r"\$\{\{\s*github\.(event\.number|event\.pull_request\.number|run_id)\s*\}\}", re.IGNORECASE
)
# What profiles commonly read it from; SOURCE_SCHEMA would be another one.
_VARIABLE = re.compile(
    r"((DBT|CI|PR|TARGET|SNOWFLAKE|POSTGRES|REDSHIFT|DATABRICKS|BIGQUERY)_)*(SCHEMA|DATASET)"
)
_TEMPLATE = re.compile(r"\w*\{pr_number\}\w*", re.ASCII)


def names_schema(variable: str) -> bool:
    return bool(_VARIABLE.fullmatch(variable.upper()))


def template_of(value: Any) -> str:
    """``ci_pr_{pr_number}`` of ``ci_pr_${{ github.event.number }}``; "" of what a template doesn't say.

    A run's number becomes the pull request's: it has one schema, for all its runs.
    """
    text = _NUMBER.sub("{pr_number}", str(value)).strip()
    return text if _TEMPLATE.fullmatch(text) else ""
