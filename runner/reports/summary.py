"""A run that has ended, for a terminal: the verdict, the steps, what failed, and where it all is."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from runner.durations import format_duration
from runner.record import NodeResult, Run, StepResult
from runner.record_json import RECORD
from runner.reports.outcome import attempted
from runner.reports.text import clean, one_line

STYLES = {
    "success": "green",
    "pass": "green",
    "warn": "yellow",
    "error": "red",
    "fail": "red",
    "runtime error": "red",
    "partial success": "red",
    "cancelled": "yellow",
    "skipped": "dim",
}
# A log has no width of its own; rich would wrap its tables at 80 columns.
LOG_WIDTH = 160
# More failing nodes than this are counted; the record has them all.
FAILURES_SHOWN = 20
# More names than these don't tell more; the record has every reason.
MODIFIED_SHOWN = 10


def summary_text(run: Run, folder: Path, stream: TextIO | None) -> str:
    """Everything that someone wants to know first, and where the rest is.

    As wide and as colourful as ``stream`` is; None is a log.
    """
    terminal = stream is not None and stream.isatty()
    console = Console(
        file=stream if terminal else StringIO(),
        width=None if terminal else LOG_WIDTH,
        highlight=False,
        soft_wrap=True,
    )
    with console.capture() as captured:
        for part in summary(run, str(folder / RECORD)):
            console.print(part)
    return captured.get()


def summary(run: Run, record: str) -> Iterator[RenderableType]:
    """The parts of the summary, in order; ``record`` says where the record is."""
    yield Text()
    if run.steps:
        yield _steps(run.steps)
    for step in run.steps:
        if step.status == "error" and not any(node.failed for node in step.nodes):
            yield _indented(Text(clean(step.message).strip(), style="red"))
    failed = [node for node in run.nodes if node.failed]
    for node in failed[:FAILURES_SHOWN]:
        yield _failure(node)
    if len(failed) > FAILURES_SHOWN:
        yield Text(f"and {len(failed) - FAILURES_SHOWN} more failing nodes, see the record")
    if chosen := _chosen(run):
        yield Text(chosen)
    yield Text(_state(run))
    yield Text(f"record: {record}")
    yield _verdict(run)


def _verdict(run: Run) -> Text:
    times = (
        f"in {format_duration(run.seconds)} (prepared in {format_duration(run.preparation_seconds)},"
        f" executed in {format_duration(run.execution_seconds)})"
    )
    text = Text(f"{run.job}: {run.status}", style=f"bold {STYLES[run.status]}")
    return text.append(f" {times}: {one_line(run.reason)}", style="not bold default")


def _steps(steps: tuple[StepResult, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("#", "step", "status", "nodes", "time"):
        table.add_column(
            name, justify="right" if name in ("#", "time") else "left", overflow="fold"
        )
    for step in steps:
        table.add_row(
            str(step.index),
            Text(one_line(attempted(step))),
            Text(step.status, style=STYLES[step.status]),
            _counts(step),
            format_duration(step.seconds) if step.started_at else "",
        )
    return table


def _counts(step: StepResult) -> str:
    """``28 success, 1 fail`` by dbt's statuses, the most frequent first."""
    if not step.nodes:
        return clean(step.message).splitlines()[0] if step.message and step.exit_code == 0 else ""
    counts: dict[str, int] = {}
    for node in step.nodes:
        counts[node.status] = counts.get(node.status, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{count} {status}" for status, count in ordered)


def _failure(node: NodeResult) -> Text:
    where = f"{node.file}:{node.line}" if node.line else node.file
    what = f"{node.status.upper()} {node.resource_type} {node.name}"
    text = Text(one_line(what), style="bold red")
    text.append(f"  {one_line(where)}\n", style="not bold default")
    text.append(clean(node.message).strip(), style="not bold default")
    if node.compiled_path:
        text.append(f"\ncompiled: {node.compiled_path}", style="not bold dim")
    return _indented(text)


def _indented(text: Text) -> Text:
    """After an empty line, and without the blanks to the right that a log would keep."""
    lines = [Text("  ").append_text(line) for line in text.split("\n")]
    return Text("\n").append_text(Text("\n").join(lines))


def _chosen(run: Run) -> str:
    """``modified: customers (body), orders (macro)``, as far as they have room; "" without any."""
    reasons: dict[str, list[str]] = {}
    for each in run.selection:
        if each.reason != "downstream" and not each.unique_id.startswith(("test.", "unit_test.")):
            reasons.setdefault(each.unique_id.split(".", 2)[-1], []).append(each.reason)
    shown = [f"{name} ({', '.join(why)})" for name, why in list(reasons.items())[:MODIFIED_SHOWN]]
    more = len(reasons) - len(shown)
    return f"modified: {', '.join(shown)}{f' and {more} more' if more else ''}" if shown else ""


def _state(run: Run) -> str:
    if run.state_published:
        return f"state: published for {run.environment} / {run.job}"
    return f"state: not published, {run.state_reason}"
