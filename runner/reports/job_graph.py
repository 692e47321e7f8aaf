"""Jobs, what starts each, how they start each other, and what they defer to: a graph, and as mermaid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from runner.model import Config, Job
from runner.reports.graph import label
from runner.reports.text import clipped, one_line
from runner.schedule.words import in_words

NodeKind = Literal["job", "check", "disabled", "all", "state", "elsewhere"]
EdgeKind = Literal["starts", "defers"]
# As much as has room in a box.
LONGEST = 44
SOURCES_SHOWN = 2
# GitHub's own colours; text and ground are set together, for its dark pages.
STYLES: dict[NodeKind, str] = {
    "job": "fill:#ddf4ff,stroke:#0969da,color:#1f2328",
    "check": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "disabled": "fill:#eaeef2,stroke:#6e7781,color:#57606a,stroke-dasharray:4",
    "all": "fill:#ffffff,stroke:#6e7781,color:#1f2328",
    "state": "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    "elsewhere": "fill:#fbefff,stroke:#8250df,color:#1f2328",
}
SHAPES: dict[NodeKind, tuple[str, str]] = {
    "job": ("[", "]"),
    "check": ("[", "]"),
    "disabled": ("[", "]"),
    "all": ("{{", "}}"),
    "state": ("[(", ")]"),
    "elsewhere": ("([", "])"),
}


@dataclass(frozen=True, kw_only=True)
class Node:
    """One box. ``lines`` stand below its title; ``file`` is the place of its file in the graph's."""

    id: str
    kind: NodeKind
    title: str
    lines: tuple[str, ...] = ()
    file: int = 0


@dataclass(frozen=True, kw_only=True)
class Edge:
    """From the id of one node to that of another."""

    before: str
    after: str
    kind: EdgeKind
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class JobGraph:
    """``files`` are the names of the jobs files; each node stands with its own."""

    files: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def job_graph(files: Sequence[tuple[str, Config]]) -> JobGraph:
    """Of jobs files that have no job's name in common, each with the name that it is shown by."""
    nodes: dict[str, Node] = {}
    edges: dict[Edge, None] = {}
    for index, (_, config) in enumerate(files):
        for job in config.jobs.values():
            nodes[f"job {job.name}"] = _job(job, index)
        for job in config.jobs.values():
            for found in (
                *_started(job, index),
                *_deferral(config, job, index),
                *_dispatched(job, index),
            ):
                if isinstance(found, Node):
                    nodes.setdefault(found.id, found)
                else:
                    edges[found] = None
    return JobGraph(
        files=tuple(name for name, _ in files), nodes=tuple(nodes.values()), edges=tuple(edges)
    )


def as_mermaid(graph: JobGraph) -> str:
    """A flowchart without its fence; the text holds no backtick."""
    numbers = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for index, file in enumerate(graph.files):
        boxes = [f"  {numbers[n.id]}{_box(n)}" for n in graph.nodes if n.file == index]
        if len(graph.files) > 1:
            boxes = [
                f'  subgraph f{index}["{label(file)}"]',
                *(f"  {box}" for box in boxes),
                "  end",
            ]
        lines += boxes
    for edge in graph.edges:
        line = "-->" if edge.kind == "starts" else "-.->"
        said = f'|"{label(edge.label)}"|' if edge.label else ""
        lines.append(f"  {numbers[edge.before]} {line}{said} {numbers[edge.after]}")
    for kind, style in STYLES.items():
        if named := [numbers[node.id] for node in graph.nodes if node.kind == kind]:
            lines += [f"  classDef {kind}_ {style}", f"  class {','.join(named)} {kind}_"]
    return "\n".join(lines)


def _box(node: Node) -> str:
    opening, closing = SHAPES[node.kind]
    return f'{opening}"{"<br>".join(label(text) for text in (node.title, *node.lines))}"{closing}'


def _job(job: Job, file: int) -> Node:
    kind: NodeKind = "job" if job.deploys else "check"
    lines = [f"in {job.environment}", *_starters(job)]
    if job.defer and job.defer.job == job.name:
        lines.append("defers to itself")
    return Node(
        id=f"job {job.name}",
        kind=kind if job.enabled else "disabled",
        title=shown(job.name),
        lines=tuple(shown(line) for line in lines),
        file=file,
    )


def _starters(job: Job) -> Iterator[str]:
    triggers = job.triggers
    if not job.enabled:
        yield "disabled"
    yield from (in_words(schedule) for schedule in triggers.schedule)
    if triggers.pull_request:
        into = ", ".join(triggers.pull_request.branches) or "the default branch"
        yield f"pull requests into {into}"
    if triggers.merge:
        yield f"merges into {', '.join(triggers.merge.branches) or 'the default branch'}"
    others = (triggers.schedule, triggers.pull_request, triggers.merge, triggers.job)
    if triggers.dispatch or not any(others):
        yield "by hand or the API" if triggers.dispatch else "by hand alone"


def _started(job: Job, file: int) -> Iterator[Node | Edge]:
    me = f"job {job.name}"
    for index, trigger in enumerate(job.triggers.job):
        on = " or ".join(trigger.on)
        into = me
        if len(trigger.names) > 1:
            into = f"all {index} {job.name}"
            yield Node(id=into, kind="all", title="all of them", file=file)
            yield Edge(before=into, after=me, kind="starts")
        for name in trigger.names:
            yield Edge(before=f"job {name}", after=into, kind="starts", label=on)


def _deferral(config: Config, job: Job, file: int) -> Iterator[Node | Edge]:
    if job.defer is None or job.defer.job == job.name:
        return
    to = f"job {job.defer.job}"
    if job.defer.environment:
        to = f"state {file} {job.defer.environment}"
        jobs = config.jobs.values()
        sources = [j.name for j in jobs if j.environment == job.defer.environment and j.deploys]
        more = f" and {len(sources) - SOURCES_SHOWN:,} more" if len(sources) > SOURCES_SHOWN else ""
        by = (
            f"of {', '.join(sources[:SOURCES_SHOWN])}{more}" if sources else "that no job publishes"
        )
        title = shown(f"state of {job.defer.environment}")
        yield Node(id=to, kind="state", title=title, lines=(shown(by),), file=file)
    missing = "" if job.defer.on_missing == "fail" else f", else {job.defer.on_missing}"
    yield Edge(before=f"job {job.name}", after=to, kind="defers", label=f"defers to{missing}")


def _dispatched(job: Job, file: int) -> Iterator[Node | Edge]:
    for each in job.dispatches:
        there = f"elsewhere {each.repository} {each.job}"
        lines = (shown(f"of {each.repository}"),)
        yield Node(id=there, kind="elsewhere", title=shown(each.job), lines=lines, file=file)
        on = " or ".join(each.on)
        yield Edge(before=f"job {job.name}", after=there, kind="starts", label=on)


def shown(text: str) -> str:
    return clipped(one_line(text), LONGEST)
