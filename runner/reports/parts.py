"""The parts that a comment and a step summary are made of: markdown, each a block of its own.

A part that has nothing to show is "". Links lead to the commit that was reported on.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from runner.durations import format_duration
from runner.record import NodeResult, StepResult
from runner.reports.graph import graph
from runner.reports.markdown import (
    Align,
    bullets,
    code,
    details,
    document,
    escape,
    fence,
    link,
    prose,
    table,
)
from runner.reports.report import Place, Report
from runner.reports.selected import Node, Selected, amount, name_of, selected, why
from runner.reports.text import clean, clipped, counted
from runner.reports.verdict import ICONS, tests_line, took, verdict_line

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


def heading(report: Report) -> str:
    """The verdict, and below it what must be known to believe it."""
    line = f"### {ICONS[report.verdict]} {code(report.run.job)}: {prose(verdict_line(report))}"
    return document([line, superseded(report.place), _about(report)])


def superseded(place: Place) -> str:
    if not place.superseded:
        return ""
    old, new = (code(sha[:7]) for sha in (place.head_sha, place.current_sha))
    return f"> ⚠️ **Superseded**: this is about {old}, and the pull request has moved on to {new}"


def figures(report: Report) -> str:
    """The run in one row; a column is there where its figure is known, the row where anything ran."""
    if not report.outcome.nodes:
        return ""
    columns = list(_figures(report, selected(report.run, report.outcome)))
    return table(
        [name for name, _ in columns],
        [[cell for _, cell in columns]],
        [_align(name) for name, _ in columns],
    )


def notes(report: Report, most: int) -> str:
    lines = [prose(note, LONGEST_LINE) for note in report.run.notes[:most]]
    more = len(report.run.notes) - len(lines)
    return bullets([*lines, f"and {counted(more, 'more note')}"] if more > 0 else lines)


def failures(report: Report, most: int, longest: int) -> str:
    """What failed, the worst first, each with its message of at most ``longest`` characters."""
    nodes, steps = report.outcome.failed, report.outcome.broken
    shown = [*(_broken_step(step, longest) for step in steps[:most])]
    shown += [_failure(node, report.place, longest) for node in nodes[: most - len(shown)]]
    more = len(nodes) + len(steps) - len(shown)
    last = f"… and {counted(more, 'more failure')}, in {summary_link(report)}" if more else ""
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
    chosen = selected(report.run, report.outcome)
    nodes = [node for node in chosen.nodes if node.modified or not node.test]
    renamed = [
        f"renamed: {code(_known(each.old))} is now {code(_known(each.new))}"
        for each in report.run.renamed
    ]
    deleted = [f"deleted: {code(_known(each))}" for each in report.run.deleted]
    if not most or not (nodes or renamed or deleted):
        return ""
    title = (
        f"Why these nodes: {amount(chosen.modified)} modified, {amount(_built(chosen))} downstream"
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
    drawn = graph(selected(report.run, report.outcome), report.outcome, most)
    if not drawn.text:
        return ""
    left_out = f" ({counted(drawn.left_out, 'node')} left out)" if drawn.left_out else ""
    return details(f"Graph{left_out}", fence(drawn.text, "mermaid"), opened=True)


def difference(report: Report, most: int) -> str:
    """What the pull request changes in the jobs file; what widens access stands above it."""
    lines = report.difference
    if not lines or not most:
        return ""
    warned = [f"⚠️ {prose(line.text, LONGEST_LINE)}" for line in lines if line.kind == "warning"]
    changed = [
        f"{DIFFERENCE_SIGNS[line.kind]}{clipped(clean(line.text), LONGEST_LINE)}".replace("\n", " ")
        for line in lines
        if line.kind != "warning"
    ]
    more = max(0, len(changed) - most) + max(0, len(warned) - most)
    body = document(
        [
            bullets(warned[:most]),
            fence("\n".join(changed[:most]), "diff") if changed else "",
            f"… and {counted(more, 'more line')}" if more else "",
        ]
    )
    return details("The jobs file changes when this is merged", body, opened=True)


def reproduction(report: Report) -> str:
    """How to have the same run on one's own machine, to be copied."""
    run = report.run
    options = [*_options(run.overrides), "--git-sha", run.commit] if run.commit else []
    if "schema" not in run.overrides and run.trigger == "pull_request":
        options += ["--schema", "dbt_ci_local"]
    command = shlex.join(["dbt-gitops", "run", run.job, *map(str, options)])
    fetch = shlex.join(["git", "fetch", "origin", run.commit])
    text = f"{fetch}\n{command}" if run.commit else command
    title = "Run it on your own machine"
    return details(title, fence(clipped(clean(text), 4000), "sh"))


def summary_link(report: Report) -> str:
    return link("the full summary", report.place.summary_url)


def place_of(node: NodeResult, place: Place) -> str:
    """``file:line`` as a link to the commit."""
    if not node.file:
        return ""
    path = repository_path(node, place)
    shown = code(f"{node.file}:{node.line}" if node.line else node.file)
    if not place.repository or not place.head_sha:
        return shown
    anchor = f"#L{node.line}" if node.line else ""
    # In a path these would begin a query or a fragment.
    safe = path.replace("%", "%25").replace("#", "%23").replace("?", "%3F")
    url = f"{place.server_url}/{place.repository}/blob/{place.head_sha}/{safe}{anchor}"
    return link(shown, url)


def repository_path(node: NodeResult, place: Place) -> str:
    return f"{place.folder}/{node.file}" if place.folder else node.file


def node_icon(node: NodeResult) -> str:
    return "❌" if node.failed else NODE_ICONS.get(node.status, "▫️")


def _about(report: Report) -> str:
    run, place = report.run, report.place
    sha = place.head_sha or run.commit
    url = f"{place.server_url}/{place.repository}/commit/{sha}" if place.repository else ""
    parts = [link(code(sha[:7]), url)] if sha else []
    parts.append(f"environment {code(run.environment)}")
    if place.summary_url:
        parts.append(summary_link(report))
    return " · ".join(parts)


def _figures(report: Report, chosen: Selected) -> Iterator[tuple[str, str]]:
    outcome = report.outcome
    if chosen.nodes:
        yield "modified", amount(chosen.modified)
        yield "downstream", amount(_built(chosen))
        yield "deferred", f"{len(chosen.deferred):,}"
    yield "built", f"{outcome.built:,}"
    yield "tests", tests_line(outcome) or "none"
    yield "time", took(report)
    if report.history.same_nodes is not None:
        yield "these nodes in production", format_duration(report.history.same_nodes)
    if report.history.project is not None:
        yield "all of production", format_duration(report.history.project)


def _align(column: str) -> Align:
    return "left" if column == "tests" else "right"


def _built(chosen: Selected) -> tuple[Node, ...]:
    return tuple(node for node in chosen.downstream if not node.test)


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
    for name in ("target", "threads", "schema"):
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


def _json(value: object) -> str:
    return json.dumps(value, default=str)
