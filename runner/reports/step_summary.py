"""A run for the page of its workflow run: everything, with each node's time as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.durations import format_duration
from runner.record import NodeResult, StepResult
from runner.reports import parts
from runner.reports.gantt import gantt
from runner.reports.heading import about, figures, heading
from runner.reports.links import place_of
from runner.reports.markdown import code, details, document, escape, fence, prose, table
from runner.reports.outcome import attempted
from runner.reports.report import Report
from runner.reports.text import clipped_bytes, counted

# GitHub drops a step's whole summary above 1 MiB.
LARGEST_SUMMARY = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Detail:
    """How much of each part is shown: entries, rows, nodes, bars or lines, and a message's characters."""

    failures: int
    message: int
    nodes: int
    reasons: int
    graph: int
    bars: int
    difference: int
    warnings: int
    notes: int


# The order of dropping: first of what is long, last what failed and why.
LEVELS = (
    Detail(
        failures=100,
        message=10_000,
        nodes=2000,
        reasons=1000,
        graph=40,
        bars=40,
        difference=1000,
        warnings=500,
        notes=100,
    ),
    Detail(
        failures=100,
        message=3000,
        nodes=1000,
        reasons=300,
        graph=30,
        bars=30,
        difference=300,
        warnings=100,
        notes=50,
    ),
    Detail(
        failures=50,
        message=1000,
        nodes=200,
        reasons=50,
        graph=20,
        bars=20,
        difference=50,
        warnings=20,
        notes=20,
    ),
    Detail(
        failures=10,
        message=300,
        nodes=0,
        reasons=0,
        graph=0,
        bars=0,
        difference=0,
        warnings=0,
        notes=5,
    ),
)


def step_summary(report: Report, largest: int = LARGEST_SUMMARY) -> str:
    """Markdown of at most ``largest`` bytes; the verdict alone where nothing else has room.

    Where several runs are shown by one step, they share its room.
    """
    for detail in LEVELS:
        text = _summary(report, detail)
        if len(text.encode()) <= largest:
            return text
    return clipped_bytes(heading(report), largest)


def _summary(report: Report, detail: Detail) -> str:
    run = report.run
    return (
        document(
            [
                heading(report),
                about(report),
                figures(report),
                parts.failures(report, detail.failures, detail.message),
                parts.notes(report, detail.notes),
                parts.difference(report, detail.difference),
                parts.picture(report, detail.graph),
                _timings(report, detail.bars),
                _steps(run.steps),
                parts.warnings(report, detail.warnings),
                parts.reasons(report, detail.reasons),
                _nodes(report, detail.nodes),
                _record(report),
                parts.reproduction(report),
            ]
        )
        + "\n"
    )


def _steps(steps: Sequence[StepResult]) -> str:
    if not steps:
        return ""
    rows = [
        [
            code(attempted(step)),
            escape(step.status),
            _statuses(step.nodes) or prose(step.message, parts.LONGEST_LINE) * bool(step.message),
            format_duration(step.seconds) if step.started_at else "",
        ]
        for step in steps
    ]
    return table(("step", "status", "nodes", "time"), rows, ("left", "left", "left", "right"))


def _statuses(nodes: Sequence[NodeResult]) -> str:
    """``28 success, 1 fail``, the most frequent first."""
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.status] = counts.get(node.status, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: -item[1])[:10]
    return ", ".join(f"{count:,} {escape(status)}" for status, count in ordered)


def _timings(report: Report, bars: int) -> str:
    steps = [step for step in report.run.steps if step.writes and not step.from_run]
    timed = sum(node.started_at is not None for step in steps for node in step.nodes)
    chart = gantt(steps, bars) if bars else ""
    if not chart:
        return ""
    title = "Timings" if timed <= bars else f"Timings of the slowest {bars} of {timed:,} nodes"
    return details(title, fence(chart, "mermaid"), opened=True)


def _nodes(report: Report, most: int) -> str:
    """Every node that was built or tested; those that failed are listed first, with their messages."""
    nodes = sorted(report.outcome.nodes, key=lambda node: (not node.failed, -node.seconds))
    if not most or not nodes:
        return ""
    rows = [list(_node_row(node, report)) for node in nodes[:most]]
    body = table(
        ("node", "type", "status", "time", "rows", "file"),
        rows,
        ("left", "left", "left", "right", "right", "left"),
    )
    more = len(nodes) - len(rows)
    last = f"… and {counted(more, 'more node')}, in the record" if more else ""
    return details(f"All {counted(len(nodes), 'node')}", document([body, last]))


def _node_row(node: NodeResult, report: Report) -> Iterator[str]:
    yield code(node.name or node.unique_id)
    yield escape(node.resource_type)
    yield f"{parts.node_icon(node)} {escape(node.status)}"
    yield format_duration(node.seconds) if node.seconds else ""
    yield f"{node.rows_affected:,}" if node.rows_affected is not None else ""
    yield place_of(node, report.place)


def _record(report: Report) -> str:
    """What the run was, for whoever has to explain it later."""
    run = report.run
    state = run.deferred_to
    facts = {
        "run": code(run.run_id),
        "started by": f"{escape(run.trigger)}, {escape(run.actor)}: {prose(run.cause)}",
        "commit": f"{code(run.commit)} of {code(run.branch)}",
        "deferred to": f"run {code(state.run_id)} of commit {code(state.commit)}"
        if state
        else "nothing",
        "schemas": ", ".join(code(schema) for schema in run.schemas[:20]) or "none",
        "state": "published"
        if run.state_published
        else f"not published: {prose(run.state_reason)}",
        "times": f"{format_duration(run.preparation_seconds)} to prepare, "
        f"{format_duration(run.execution_seconds)} to execute",
        "versions": ", ".join(f"{escape(name)} {escape(v)}" for name, v in run.versions.items()),
    }
    return details("The run", table(("", ""), facts.items(), ("left", "left")))
