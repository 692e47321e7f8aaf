"""When a run's nodes ran and for how long, as a mermaid gantt chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from runner.record import NodeResult, StepResult
from runner.reports.graph import label

# A bar without a length isn't drawn.
SHORTEST_MILLISECONDS = 1


def gantt(steps: Sequence[StepResult], bars: int) -> str:
    """The slowest nodes in the order they began, a section a step; "" where no times are known.

    Without its fence; the text holds no backtick.
    """
    timed = {id(node): node for step in steps for node in step.nodes if node.started_at}
    slowest = sorted(timed.values(), key=lambda node: -node.seconds)[:bars]
    if not slowest:
        return ""
    shown = {id(node) for node in slowest}
    zero = min(node.started_at for node in timed.values() if node.started_at)
    lines = ["gantt", "  dateFormat x", f"  axisFormat {_axis(slowest, zero)}"]
    for step in steps:
        nodes = [node for node in step.nodes if id(node) in shown]
        if nodes:
            lines.append(f"  section {label(step.text)}")
            lines += [
                _bar(node, zero) for node in sorted(nodes, key=lambda node: _start(node, zero))
            ]
    return "\n".join(lines)


def _axis(nodes: Sequence[NodeResult], zero: datetime) -> str:
    last = max(_start(node, zero) + node.seconds * 1000 for node in nodes)
    return "%H:%M:%S" if last >= 3_600_000 else "%M:%S"


def _bar(node: NodeResult, zero: datetime) -> str:
    state = "crit, " if node.failed else "active, " if node.status == "warn" else ""
    start = _start(node, zero)
    end = start + max(SHORTEST_MILLISECONDS, round(node.seconds * 1000))
    return f"    {label(node.name)} :{state}{start}, {end}"


def _start(node: NodeResult, zero: datetime) -> int:
    return round((node.started_at - zero).total_seconds() * 1000) if node.started_at else 0
