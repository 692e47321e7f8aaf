"""Jobs that have lost a step which builds or tests something: what is left of one may be green, and do nothing."""

from __future__ import annotations

from typing import Any

from runner.importing.draft import Draft

OFF = "Off: a step that builds or tests isn't here. Write it by hand, then remove `enabled`"


def switch_off(draft: Draft, name: str, job: dict[str, Any]) -> None:
    """Don't run what is left of the job ``name``; a comment above it says why. Once written, its steps stay."""
    job["enabled"] = False
    draft.proposed.add(("jobs", name, "steps"))
    said = draft.comments.get(("jobs", name))
    draft.comments["jobs", name] = f"{said}\n{OFF}" if said else OFF


def by_hand(path: str, command: str) -> str:
    """What to do about a lost command; ``path`` is its job's, "" where that is left out as a whole."""
    if not path:
        return f"write a job with this by hand: {command}"
    return f"write this by hand into {path}.steps, then remove `enabled: false`: {command}"
