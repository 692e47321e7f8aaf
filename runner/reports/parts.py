"""The parts that a comment and a step summary are made of: markdown, each a block of its own.

A part that has nothing to show is "". Links lead to the commit that was reported on.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence

from runner.durations import format_duration
from runner.record import NodeResult, StepResult
from runner.reports.graph import graph
from runner.reports.heading import said
from runner.reports.links import place_of, summary_link
from runner.reports.markdown import (
    bullets,
    code,
    details,
    document,
    escape,
    fence,
    prose,
    table,
)
from runner.reports.report import DifferenceLine, Place, Report
from runner.reports.selected import Node, amount, name_of, why
from runner.reports.text import clean, clipped, counted

NODE_ICONS = {
    "success": "✅",
    "pass": "✅",
    "warn": "⚠️",
    "skipped": "⏭️",
    "no-op": "⏭️",
    "reused": "✅",
}
DIFFERENCE_SIGNS = {"added": "+ ", "removed": "- ", "unchanged": "  "}
# Of a message in a line, after which it is cut.
LONGEST_LINE = 300


def notes(report: Report, most: int) -> str:
    """What the run had to remark, apart from what its heading says."""
    remarks = [note for note in report.run.notes if not said(report.run, note)]
    lines = [prose(note, LONGEST_LINE) for note in remarks[:most]]
    more = len(remarks) - len(lines)
    return bullets([*lines, f"and {counted(more, 'more note')}"] if more > 0 else lines)


def failures(report: Report, most: int, longest: int) -> str:
    """What failed, the worst first, each with its message of at most ``longest`` characters."""
    nodes, steps = report.outcome.failed, report.outcome.broken
    shown = [*(_broken_step(step, longest) for step in steps[:most])]
    shown += [_failure(node, report.place, longest) for node in nodes[: most - len(shown)]]
    more = len(nodes) + len(steps) - len(shown)
    last = f"… and {counted(more, 'more failure')}, in the {summary_link(report)}" if more else ""
    return document([*shown, last])


def warnings(report: Report, most: int) -> str:
    """Tests that warned, sources that are stale and steps that failed without harm, a line each."""
    outcome = report.outcome
    nodes, steps = outcome.warned + outcome.advisory, outcome.broken_advisory
    if not most or not (nodes or steps):
        return ""
    lines = [f"{code(step.text)}: {_remark(step.message, step.status)}" for step in steps[:most]]
    lines += [_warning(node, report.place) for node in nodes[: most - len(lines)]]
    more = len(nodes) + len(steps) - len(lines)
    body = bullets([*lines, f"and {more:,} more"] if more else lines)
    return details(counted(len(nodes) + len(steps), "warning"), body)


def reasons(report: Report, most: int) -> str:
    """Why each node was selected; the modified come first. Tests that came along aren't listed."""
    chosen = report.chosen
    nodes = [node for node in chosen.nodes if node.modified or not node.test]
    renamed = [
        f"renamed: {code(_known(each.old))} is now {code(_known(each.new))}"
        for each in report.run.renamed
    ]
    deleted = [f"deleted: {code(_known(each))}" for each in report.run.deleted]
    if not most or not (nodes or renamed or deleted):
        return ""
    title = (
        f"Why these nodes: {amount(chosen.modified)} modified,"
        f" {len(chosen.built_downstream):,} downstream"
    )
    gone = [*renamed, *deleted]
    more = max(0, len(nodes) - most), max(0, len(gone) - most)
    body = document(
        [
            _reasons_table(nodes[:most]),
            f"… and {counted(more[0], 'more node')}" if more[0] else "",
            bullets(gone[:most] + ([f"and {more[1]:,} more"] if more[1] else [])),
        ]
    )
    return details(title, body)


def picture(report: Report, most: int) -> str:
    """The graph of what was selected, at most so many nodes of it."""
    drawn = graph(report.chosen, report.outcome, most)
    if not drawn.text:
        return ""
    left_out = f" ({counted(drawn.left_out, 'node')} left out)" if drawn.left_out else ""
    legend = f"<sub>{' · '.join(drawn.legend)}</sub>"
    body = document([fence(drawn.text, "mermaid"), legend])
    return details(f"Graph{left_out}", body, opened=True)


def difference(report: Report, most: int) -> str:
    """What the pull request changes in the jobs file; what widens access stands above it."""
    if not report.difference or not most:
        return ""
    warned = [line for line in report.difference if line.kind == "warning"]
    changed = [line for line in report.difference if line.kind != "warning"]
    more = max(0, len(changed) - most) + max(0, len(warned) - most)
    body = document(
        [
            bullets(f"⚠️ {prose(line.text, LONGEST_LINE)}" for line in warned[:most]),
            fence("\n".join(map(_changed, changed[:most])), "diff") if changed else "",
            f"… and {counted(more, 'more line')}" if more else "",
        ]
    )
    return details("The jobs file changes when this is merged", body, opened=True)


def reproduction(report: Report) -> str:
    """How to have the same run on one's own machine, to be copied; "" of one that had nothing to do, or deployed."""
    run = report.run
    if run.status == "skipped" or run.pr_number is None:
        return ""  # what writes to production isn't for copying
    options = [*_options(run.overrides), "--git-ref", run.commit] if run.commit else []
    if "schema" not in run.overrides:
        options += ["--schema", "dbt_ci_local"]
    command = shlex.join(["dbt-gitops", "run", run.job, *map(str, options)])
    fetch = shlex.join(["git", "fetch", "origin", run.commit])
    text = f"{fetch}\n{command}" if run.commit else command
    title = "Run it on your own machine"
    return details(title, fence(clipped(clean(text), 4000), "sh"))


def node_icon(node: NodeResult) -> str:
    return "❌" if node.failed else NODE_ICONS.get(node.status, "▫️")


def _failure(node: NodeResult, place: Place, longest: int) -> str:
    where = place_of(node, place)
    head = f"❌ **{escape(node.resource_type or 'node')}** {code(node.name or name_of(node.unique_id))}"
    head += f" · {where}" if where else ""
    return document([head, fence(_message(node.message, longest), "text") if longest else ""])


def _broken_step(step: StepResult, longest: int) -> str:
    what = "crashed" if step.exit_code is None else "failed"
    message = fence(_message(step.message, longest), "text") if longest else ""
    return document([f"❌ {code(step.text)} {what}", message])


def _message(text: str, longest: int) -> str:
    # Cleaning costs time for each character, and what is cut off needs none.
    return clipped(clean(text[: 2 * longest]).strip(), longest)


def _warning(node: NodeResult, place: Place) -> str:
    where = place_of(node, place)
    name = code(node.name or name_of(node.unique_id))
    return f"{name}{f' · {where}' if where else ''}: {_remark(node.message, node.status)}"


def _remark(message: str, status: str) -> str:
    return prose(message or status, LONGEST_LINE)


def _changed(line: DifferenceLine) -> str:
    text = clipped(clean(line.text), LONGEST_LINE).replace("\n", " ")
    return f"{DIFFERENCE_SIGNS[line.kind]}{text}"


def _reasons_table(nodes: Sequence[Node]) -> str:
    if not nodes:
        return ""
    rows = [[code(node.name), why(node), *_result(node.result)] for node in nodes]
    return table(("node", "why", "result", "time"), rows, ("left", "left", "left", "right"))


def _result(result: NodeResult | None) -> tuple[str, str]:
    if result is None:
        return "", ""
    time = format_duration(result.seconds) if result.seconds else ""
    return f"{node_icon(result)} {escape(result.status)}", time


def _known(unique_id: str) -> str:
    return f"{unique_id.partition('.')[0]} {name_of(unique_id)}"


def _options(overrides: Mapping[str, object]) -> Iterable[str]:
    """A run's overrides as they were given; values of variables aren't recorded."""
    for name in ("target", "threads", "schema", "dbt", "timeout"):
        if name in overrides:
            yield from (f"--{name}", str(overrides[name]))
    if "vars" in overrides:
        yield from ("--vars", _json(overrides["vars"]))
    steps = overrides.get("steps")
    for step in steps if isinstance(steps, (list, tuple)) else ():
        yield from ("--steps", str(step))
    if "defer_to" in overrides:
        yield from ("--defer-to", str(overrides["defer_to"]).split(" ")[-1])
    if overrides.get("full"):
        yield "--full"
    if "generate_docs" in overrides:
        yield "--generate-docs" if overrides["generate_docs"] else "--no-generate-docs"


def _json(value: object) -> str:
    return json.dumps(value, default=str)
