"""What is on or off in Bolt's files."""

from __future__ import annotations

from typing import Any

from runner.importing.fields import Fields
from runner.importing.reading import text_of

NEITHER = "it is neither true nor false"


def is_on(value: Any) -> bool:
    """Whether a switch is on: in the words of YAML 1.1, which Bolt reads, and in quotes as well."""
    return value is True or text_of(value).lower() in ("true", "yes", "on")


def is_off(value: Any) -> bool:
    """Whether a switch is off, or isn't there; what is neither on nor off is no switch."""
    return not value or text_of(value).lower() in ("false", "no", "off")


def suspend(job: dict[str, Any], fields: Fields, path: str) -> None:
    """Switch a suspended job off, and one of which nobody knows; ``path`` is the job's."""
    given = fields.get("suspended")
    to = f"{path}.enabled"
    if is_off(given):
        fields.translated("suspended", to, "jobs are enabled")
        return
    job["enabled"] = False
    fields.translated("suspended", to, "`enabled: false`")
    if not is_on(given):
        fields.note("suspended", NEITHER, f"remove {to} if the job is to run")


def no_merges(fields: Fields, path: str) -> None:
    """Tell of merges that start nothing."""
    if is_off(fields.get("trigger_on_merge")):
        fields.dropped("trigger_on_merge", "it is off, and so it is here without the key")
    else:
        hint = f"write {path}.triggers.merge if merges are to start the job"
        fields.dropped("trigger_on_merge", NEITHER, hint)
