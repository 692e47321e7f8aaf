"""How a run ended, in one line: for a heading and for a commit status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runner.durations import format_duration
from runner.record import NodeResult, Run
from runner.reports.outcome import Outcome
from runner.reports.report import Report
from runner.reports.text import counted, listed

ICONS = {
    "passed": "✅",
    "warned": "⚠️",
    "failed": "❌",
    "errored": "❌",
    "cancelled": "⛔",
    "skipped": "⏭️",
}
# More kinds of nodes than this are counted together.
KINDS_SHOWN = 3
# More commands than these don't tell more.
STEPS_SHOWN = 3


def verdict_line(report: Report) -> str:
    """``1 model and 2 tests of 31 nodes failed, 3 skipped``: plain text, part of it untrusted."""
    outcome, run = report.outcome, report.run
    if report.verdict == "failed":
        skipped = f", {len(outcome.skipped):,} skipped" if outcome.skipped else ""
        return f"{_kinds(outcome.failed)} of {counted(len(outcome.nodes), 'node')} failed{skipped}"
    if report.verdict in ("passed", "warned"):
        return _passed(outcome) or _without_nodes(run)
    if run.status == "error":
        return run.reason
    # The reason of a skipped run may say so itself.
    return f"{run.status}: {run.reason.removeprefix(f'{run.status}: ')}"


def took(report: Report) -> str:
    return format_duration(report.run.seconds)


def _kinds(nodes: Sequence[NodeResult]) -> str:
    """``1 model and 2 tests``; ``9`` where they are of many kinds, or of none that is known."""
    kinds = Counter(node.resource_type.replace("_", " ") for node in nodes)
    if "" in kinds or len(kinds) > KINDS_SHOWN:
        return f"{len(nodes):,}"
    return listed([counted(number, kind) for kind, number in kinds.items()])


def _passed(outcome: Outcome) -> str:
    parts = [f"{_kinds(outcome.built)} built"] if outcome.built else []
    if outcome.tests["passed"]:
        parts.append(f"{counted(outcome.tests['passed'], 'test')} passed")
    if outcome.warned:
        parts.append(f"{len(outcome.warned):,} warned")
    if outcome.advisory:
        parts.append(f"{counted(len(outcome.advisory), 'source')} stale")
    parts += [f"`{step.text}` failed" for step in outcome.broken_advisory]
    return ", ".join(parts)


def _without_nodes(run: Run) -> str:
    """Of a run that succeeded: a `dbt parse` builds nothing, and another job had nothing to build."""
    texts = [step.text for step in run.steps if step.kind == "step"]
    if not texts or any(step.writes for step in run.steps):
        return "nothing to build"
    more = [counted(len(texts) - STEPS_SHOWN, "more step")] if len(texts) > STEPS_SHOWN else []
    return f"{listed([*(f'`{text}`' for text in texts[:STEPS_SHOWN]), *more])} succeeded"
