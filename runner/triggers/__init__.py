"""Which jobs an event starts, and why: pure."""

from runner.triggers.decide import after, decide
from runner.triggers.plan import (
    Changes,
    Code,
    NotTriggered,
    Plan,
    Trigger,
    Triggered,
    Verdict,
)

__all__ = [
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
