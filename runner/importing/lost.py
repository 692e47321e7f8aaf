"""Jobs that have lost a step which builds or tests something: what is left of one may be green, and do nothing."""

from __future__ import annotations

from typing import Any

from runner.importing.draft import Draft

OFF = "Off: a step that builds or tests isn't here. Write it by hand, then remove `enabled`"
UNCOMPARED = "Off: nothing publishes what it would compare with, so it would build everything"


def switch_off(draft: Draft, name: str, job: dict[str, Any], why: str = OFF) -> None:
    """Don't run what is left of the job ``name``; a comment above it says why. Once written, its steps stay."""
    job["enabled"] = False
    draft.proposed.add(("jobs", name, "steps"))
    said = draft.comments.get(("jobs", name))
    draft.comments["jobs", name] = f"{said}\n{why}" if said else why


def by_hand(path: str, command: str) -> str:
    """What to do about a lost command; ``path`` is its job's, "" where that is left out as a whole."""
    if not path:
        return f"write a job with this by hand: {command}"
    return f"write this by hand into {path}.steps, then remove `enabled: false`: {command}"


def to_compare(source: str) -> str:
    """What to do about a job that has nothing to compare with; ``source`` is what deploys is called there."""
    by_hand = "write its selection and `defer` by hand, then remove `enabled: false`"
    return f"import the {source} that deploys together with this one, or {by_hand}"
