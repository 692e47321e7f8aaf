"""How a run ended, in one line: for a heading and for a commit status."""

from __future__ import annotations

from runner.durations import format_duration
from runner.reports.report import Outcome, Report
from runner.reports.text import counted

ICONS = {
    "passed": "✅",
    "warned": "⚠️",
    "failed": "❌",
    "errored": "❌",
    "cancelled": "⛔",
    "skipped": "⏭️",
}
# What the reader of a verdict is told of tests, in this order.
TEST_WORDS = ("passed", "warned", "failed", "skipped")


def verdict_line(report: Report) -> str:
    """``2 of 31 nodes failed, 3 skipped``: plain text, part of it untrusted."""
    outcome, run = report.outcome, report.run
    if report.verdict == "failed":
        skipped = f", {len(outcome.skipped):,} skipped" if outcome.skipped else ""
        return f"{len(outcome.failed):,} of {counted(len(outcome.nodes), 'node')} failed{skipped}"
    if report.verdict in ("passed", "warned"):
        return _passed(outcome)
    if run.status == "error":
        return run.reason
    # The reason of a skipped run says so itself.
    return run.reason.removeprefix(f"{run.status}: ")


def tests_line(outcome: Outcome) -> str:
    """``12 passed, 1 failed``; "" without tests."""
    counts = ((outcome.tests[word], word) for word in TEST_WORDS)
    return ", ".join(f"{count:,} {word}" for count, word in counts if count)


def took(report: Report) -> str:
    return format_duration(report.run.seconds)


def _passed(outcome: Outcome) -> str:
    parts = [f"{outcome.built:,} built"] if outcome.built else []
    if outcome.tests["passed"]:
        parts.append(f"{counted(outcome.tests['passed'], 'test')} passed")
    if outcome.warned:
        parts.append(f"{len(outcome.warned):,} warned")
    if outcome.advisory:
        parts.append(f"{counted(len(outcome.advisory), 'source')} stale")
    parts += [f"`{step.text}` failed" for step in outcome.broken_advisory]
    return ", ".join(parts) or "nothing to build"
