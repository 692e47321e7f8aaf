"""Which jobs an event starts, and why: pure."""

from runner.triggers.decide import after, decide
from runner.triggers.plan import (
    EXPECTED,
    QUIET,
    Changes,
    Code,
    NotTriggered,
    Plan,
    Trigger,
    Triggered,
    Verdict,
    together,
)

__all__ = [
    "EXPECTED",
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
    "together",
]
