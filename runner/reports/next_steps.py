"""What to do next, at the end of a command that has set something up."""

from __future__ import annotations

from collections.abc import Iterable

# What to do, and the commands or lines that it takes.
Step = tuple[str, list[str]]


def next_steps(steps: Iterable[Step]) -> str:
    """Numbered, the lines of each below it."""
    lines = ["next:"]
    for number, (what, below) in enumerate(steps, start=1):
        lines += [f"  {number}. {what}", *(f"       {line}" for line in below)]
    return "\n".join(lines)
