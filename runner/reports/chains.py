"""Which jobs start each other, as a mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runner.model import Job
from runner.reports.graph import EDGES_SHOWN, label

STYLE = "fill:#ddf4ff,stroke:#0969da,color:#1f2328"


@dataclass(frozen=True, kw_only=True)
class _Edge:
    before: str
    after: str
    on: str


def chains(jobs: Iterable[Job], started: Iterable[str]) -> str:
    """All that these jobs start when they end, and what that starts; "" where it is nothing.

    Without its fence; the text holds no backtick. Beyond 300 edges the rest is left out.
    """
    first = list(started)
    edges = list(_from(first, list(_edges(jobs))))[:EDGES_SHOWN]
    if not edges:
        return ""
    names = dict.fromkeys(name for edge in edges for name in (edge.before, edge.after))
    numbers = {name: f"n{number}" for number, name in enumerate(names)}
    return "\n".join(
        [
            "flowchart LR",
            *(f'  {numbers[name]}["{label(name)}"]' for name in names),
            *(f"  {numbers[e.before]} -->|{e.on}| {numbers[e.after]}" for e in edges),
            *(f"  style {numbers[name]} {STYLE}" for name in first if name in numbers),
        ]
    )


def _edges(jobs: Iterable[Job]) -> Iterator[_Edge]:
    for job in jobs:
        for trigger in job.triggers.job:
            on = " or ".join(trigger.on)
            yield from (_Edge(before=name, after=job.name, on=on) for name in trigger.names)


def _from(names: list[str], edges: list[_Edge]) -> Iterator[_Edge]:
    """Those that can be reached, each once, the nearest first."""
    after: dict[str, list[_Edge]] = {}
    for edge in edges:
        after.setdefault(edge.before, []).append(edge)
    waiting, seen = list(names), set(names)
    for name in waiting:
        for edge in after.get(name, ()):
            yield edge
            if edge.after not in seen:
                seen.add(edge.after)
                waiting.append(edge.after)
