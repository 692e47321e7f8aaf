"""When a run's nodes ran and for how long, as a mermaid gantt chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from runner.durations import format_duration
from runner.record import NodeResult, StepResult
from runner.reports.graph import label
from runner.reports.selected import name_of
from runner.reports.text import clipped, one_line

# A bar without a length isn't drawn.
SHORTEST_MILLISECONDS = 1
# The axis of a run below this counts seconds from its start. Mermaid knows no other than the reader's
# own time zone, whose offset counts in minutes: a longer run's axis is the time of day there.
LONGEST_IN_SECONDS = 60
EPOCH = datetime.fromtimestamp(0, timezone.utc)
# As much as has room beside the chart, and beside a bar.
LONGEST_SECTION = 10
LONGEST_NAME = 50


def gantt(steps: Sequence[StepResult], bars: int) -> str:
    """The slowest nodes in the order they began, a section a step; "" where no times are known.

    Without its fence; the text holds no backtick.
    """
    timed = [(step, node) for step in steps for node in step.nodes if node.started_at]
    slowest = sorted(timed, key=lambda each: -each[1].seconds)[:bars]
    if not slowest:
        return ""
    starts = [node.started_at for _, node in timed if node.started_at]
    zero = min(starts)
    long = max(_start(node, zero) / 1000 + node.seconds for _, node in slowest) > LONGEST_IN_SECONDS
    lines = ["gantt", "  dateFormat x", f"  axisFormat {'%H:%M:%S' if long else '%-S.%Ls'}"]
    ordered = sorted(slowest, key=lambda each: _start(each[1], zero))
    for step in steps:
        nodes = [node for its, node in ordered if its is step]
        if nodes and len(steps) > 1:
            lines.append(f"  section {label(_section(step))}")
        lines += [_bar(node, EPOCH if long else zero) for node in nodes]
    return "\n".join(lines)


def _section(step: StepResult) -> str:
    """``build 2``: the command, and which attempt it is after the first."""
    again = f" {step.attempt}" if step.attempt > 1 else ""
    return f"{step.argv[1][:LONGEST_SECTION]}{again}"


def _bar(node: NodeResult, zero: datetime) -> str:
    state = "crit, " if node.failed else "active, " if node.status == "warn" else ""
    start = _start(node, zero)
    end = start + max(SHORTEST_MILLISECONDS, round(node.seconds * 1000))
    name = clipped(one_line(node.name or name_of(node.unique_id)), LONGEST_NAME)
    text = label(f"{name} {format_duration(node.seconds)}")
    # A bar that began with a word of mermaid's, as `section` or `click`, would be no bar.
    text = text if text.startswith("#") else f"#{ord(text[0])};{text[1:]}"
    return f"    {text} :{state}{start}, {end}"


def _start(node: NodeResult, zero: datetime) -> int:
    return round((node.started_at - zero).total_seconds() * 1000) if node.started_at else 0
