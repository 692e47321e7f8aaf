"""Which jobs an event starts, and why: pure."""

from runner.triggers.decide import after, decide
from runner.triggers.plan import (
    QUIET,
    Changes,
    Code,
    NotTriggered,
    Plan,
    Trigger,
    Triggered,
    Verdict,
)

__all__ = [
    "QUIET",
    "Changes",
    "Code",
    "NotTriggered",
    "Plan",
    "Trigger",
    "Triggered",
    "Verdict",
    "after",
    "decide",
]
