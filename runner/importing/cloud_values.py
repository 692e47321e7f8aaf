"""Values of dbt Cloud's fields that other files write as text: ``"8"`` for 8, ``"true"`` for true."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

NUMBERS = ("settings.threads", "execution.timeout_seconds", "state")
SWITCHES = (
    "deactivated",
    "environment.use_custom_branch",
    "errors_on_lint_failure",
    "force_node_selection",
    "generate_docs",
    "lifecycle_webhooks",
    "run_compare_changes",
    "run_generate_sources",
    "generate_sources",
    "run_lint",
    "triggers.custom_branch_only",
    "triggers.git_provider_webhook",
    "triggers.github_webhook",
    "triggers.on_merge",
    "triggers.schedule",
    "triggers_on_draft_pr",
)
MAPPINGS = (
    "environment", "execution", "job_completion_trigger_condition", "schedule", "settings", "triggers",
)  # fmt: skip
_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1", "t", "y"), True),
    **dict.fromkeys(("false", "no", "off", "0", "f", "n"), False),
}


class _Unusable(ValueError):
    """The message says what the value isn't."""


def typed(job: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The job with numbers and switches as such, and why others of its fields are left out, by path."""
    result, wrong = dict(job), dict(_no_mappings(job))
    for path in wrong:
        del result[path]
    for path in (*NUMBERS, *SWITCHES):
        outer, _, inner = path.rpartition(".")
        place = dict(result.get(outer) or {}) if outer else result
        if inner not in place:
            continue
        try:
            place[inner] = (_number if path in NUMBERS else _switch)(place[inner])
        except _Unusable as error:
            del place[inner]
            wrong[path] = str(error)
        if outer:
            result[outer] = place
    return result, wrong


def _no_mappings(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in MAPPINGS:
        if job.get(name) is not None and not isinstance(job[name], Mapping):
            yield name, "it is no mapping"


def _number(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
        return int(value)
    raise _Unusable("it is no whole number")


def _switch(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str | int) and str(value).strip().lower() in _WORDS:
        return _WORDS[str(value).strip().lower()]
    raise _Unusable("it is neither true nor false")
