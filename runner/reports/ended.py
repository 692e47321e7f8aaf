"""The runs that one workflow run has started, for its page: each in a row, and when they ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from runner.durations import format_duration
from runner.history import Entry, Outcome
from runner.record import FAILED_STATUSES, RunStatus
from runner.reports.graph import label
from runner.reports.markdown import Align, code, details, document, fence, link, prose, table
from runner.reports.text import NOTHING, clipped, counted, listed, one_line

# The worst first: what has to be looked at stands on top.
ORDER: tuple[RunStatus, ...] = ("error", "cancelled", "skipped", "success")
ICONS = {"error": "❌", "cancelled": "⛔", "skipped": "⏭️", "success": "✅"}
WORDS = {"error": "failed", "cancelled": "cancelled", "skipped": "skipped", "success": "succeeded"}
ROWS = 300
BARS = 60
LONGEST_NAME = 40
LONGEST_REASON = 160
# Pixels beside the chart: a character takes about so many, and mermaid's own are these.
CHARACTER = 7
PADDING = 75
# A bar without a length isn't drawn.
SHORTEST_MILLISECONDS = 1


@dataclass(frozen=True, kw_only=True)
class Leg:
    """A run that has ended, and the page of its job on GitHub, "" where it isn't known."""

    entry: Entry
    outcome: Outcome
    page: str = ""


def legs_summary(legs: Sequence[Leg], notes: Sequence[str] = ()) -> str:
    """Markdown; ``notes`` are sentences about what couldn't be read."""
    ordered = sorted(legs, key=lambda leg: ORDER.index(leg.outcome.status))
    return (
        document(
            [
                f"### {_verdict(ordered)}" if legs else "",
                _table(ordered[:ROWS]),
                f"… and {counted(len(legs) - ROWS, 'more run')}" if len(legs) > ROWS else "",
                *(f"> ⚠️ {prose(note)}" for note in notes),
                _chart(legs),
            ]
        )
        + "\n"
    )


def _verdict(ordered: Sequence[Leg]) -> str:
    counts = Counter(leg.outcome.status for leg in ordered)
    said = [f"{counts[status]} {WORDS[status]}" for status in ORDER if counts[status]]
    return f"{ICONS[ordered[0].outcome.status]} {counted(len(ordered), 'job')}: {listed(said)}"


def _table(ordered: Sequence[Leg]) -> str:
    if not ordered:
        return ""
    headings = ("", "job", "started by", "waited", "prepared", "executed", "nodes", "")
    aligns: tuple[Align, ...] = ("left", "left", "left", "right", "right", "right", "left", "left")
    return table(headings, [_row(leg) for leg in ordered], aligns)


def _row(leg: Leg) -> list[str]:
    entry, outcome = leg.entry, leg.outcome
    began = outcome.started_at is not None
    late = f", {_time(entry.late_seconds)} late" if entry.late_seconds >= 60 else ""
    return [
        ICONS[outcome.status],
        link(code(entry.job), leg.page),
        prose(entry.trigger) + late,
        _time(entry.wait_seconds) if began else "",
        _time(outcome.preparation_seconds) if outcome.preparation_seconds else "",
        _time(outcome.execution_seconds) if outcome.execution_seconds else "",
        nodes_text(outcome),
        _reason(outcome),
    ]


def _reason(outcome: Outcome) -> str:
    """How many steps succeeded is worth no word."""
    if not outcome.reason or (outcome.status == "success" and outcome.nodes):
        return ""
    return prose(outcome.reason, LONGEST_REASON)


def _time(seconds: float) -> str:
    """In one line, however narrow the column is."""
    return format_duration(seconds).replace(" ", "&nbsp;")


def nodes_text(outcome: Outcome) -> str:
    """``30``, ``1 of 30 failed``; "" without any."""
    total = sum(outcome.nodes.values())
    failed = sum(count for status, count in outcome.nodes.items() if status in FAILED_STATUSES)
    if failed:
        return f"{failed:,} of {total:,} failed"
    return f"{total:,}" if total else ""


def _chart(legs: Sequence[Leg]) -> str:
    began = [leg for leg in legs if leg.outcome.started_at and leg.outcome.finished_at]
    slowest = sorted(began, key=lambda leg: -leg.entry.wait_seconds - leg.outcome.seconds)[:BARS]
    if not slowest:
        return ""
    ordered = sorted(slowest, key=lambda leg: leg.outcome.started_at or leg.entry.planned_at)
    who = "they" if len(began) <= BARS else f"the slowest {BARS}"
    title = f"When {who} ran</b>: grey waits, dark prepares, light executes, red failed<b>"
    return details(title, fence(_gantt(ordered), "mermaid"), opened=True)


def _gantt(legs: Sequence[Leg]) -> str:
    """A row a job: its wait, its preparation and its execution, side by side."""
    longest = max(len(_name(leg)) for leg in legs)
    lines = [
        "---",
        "displayMode: compact",
        f"config: {{ gantt: {{ leftPadding: {max(PADDING, CHARACTER * longest)} }} }}",
        "---",
        "gantt",
        "  dateFormat x",
        "  axisFormat %H:%M:%S",
    ]
    for leg in legs:
        lines += [f"  section {label(_name(leg))}", *_bars(leg)]
    return "\n".join(lines)


def _bars(leg: Leg) -> list[str]:
    outcome = leg.outcome
    started, ended = outcome.started_at, outcome.finished_at
    assert started
    assert ended
    prepared = _milliseconds(started) + round(outcome.preparation_seconds * 1000)
    ready = min(prepared, _milliseconds(ended))
    state = {"error": "crit, ", "success": "active, "}.get(outcome.status, "")
    bars = [
        (NOTHING, "done, ", _milliseconds(leg.entry.planned_at), _milliseconds(started)),
        (NOTHING, "", _milliseconds(started), ready),
        (
            format_duration((_milliseconds(ended) - ready) / 1000),
            state,
            ready,
            _milliseconds(ended),
        ),
    ]
    return [
        f"    {text} :{kind}{start}, {max(end, start + SHORTEST_MILLISECONDS)}"
        for text, kind, start, end in bars
        if end > start or kind
    ]


def _name(leg: Leg) -> str:
    return clipped(one_line(leg.entry.job), LONGEST_NAME)


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)
