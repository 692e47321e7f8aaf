"""A graph of jobs as an SVG that stands alone, and follows its reader's light or dark theme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from rich.cells import cell_len

from runner.reports.job_graph import Edge, JobGraph, Node
from runner.reports.layers import lane_name, with_lanes

MARGIN, GAP, BETWEEN_FILES = 24, 22, 40
BETWEEN_LAYERS = 120  # the words on an edge stand here, and may need more
WORD_CELL = 6.2
LANE = 10  # what a way between boxes needs
PADDING, TITLE, LINE = 14, 22, 17
# As wide as most fonts of a page are at that size.
TITLE_CELL, LINE_CELL = 8.4, 6.7
LEGEND = {
    "job": "deployment",
    "check": "pull requests",
    "state": "state",
    "elsewhere": "other repository",
}
STYLE = """\
  :root { color-scheme: light dark }
  text { font: 12px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #59636e }
  .ground { fill: #ffffff } .title { font-size: 14px; font-weight: 600; fill: #1f2328 }
  .file { font-size: 13px; font-weight: 600 } .band { fill: none; stroke: #d1d9e0; stroke-dasharray: 3 5 }
  .word { font-size: 11px; text-anchor: middle; stroke: #ffffff; stroke-width: 4px; paint-order: stroke }
  .box { stroke-width: 1.5px } .job { fill: #ddf4ff; stroke: #0969da } .check { fill: #dafbe1; stroke: #1a7f37 }
  .disabled { fill: #f6f8fa; stroke: #818b98; stroke-dasharray: 5 4 } .all { fill: #f6f8fa; stroke: #818b98 }
  .state { fill: #fff8c5; stroke: #9a6700 } .elsewhere { fill: #fbefff; stroke: #8250df }
  .edge { fill: none; stroke: #818b98; stroke-width: 1.6px } .head { fill: #818b98 }
  .defers { stroke: #9a6700; stroke-dasharray: 5 4 } .defers-head { fill: #9a6700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .ground { fill: #0d1117 } .title { fill: #f0f6fc } .band { stroke: #3d444d }
    .word { stroke: #0d1117 } .job { fill: #121d2f; stroke: #4493f8 } .check { fill: #12261e; stroke: #3fb950 }
    .disabled, .all { fill: #151b23; stroke: #656c76 } .state { fill: #272115; stroke: #d29922 }
    .elsewhere { fill: #1f1830; stroke: #ab7df8 } .defers { stroke: #d29922 } .defers-head { fill: #d29922 }
  }"""


@dataclass(frozen=True, kw_only=True)
class _Box:
    node: Node
    x: float
    y: float
    width: float
    height: float


def as_svg(graph: JobGraph) -> str:
    """Text that ends with a line's end; the same graph gives the same text."""
    boxes: dict[str, _Box] = {}
    bands: list[tuple[str, float, float]] = []
    top = float(MARGIN)
    for index, file in enumerate(graph.files):
        heading = 34 if len(graph.files) > 1 else 0
        placed = _placed(graph, index, top + heading)
        bottom = max((box.y + box.height for box in placed.values()), default=top)
        bands.append((file, top, bottom))
        boxes |= placed
        top = bottom + BETWEEN_FILES
    legend = list(_legend(graph, top - BETWEEN_FILES / 2 + 6 * (len(graph.files) > 1)))
    width = max([box.x + box.width for box in boxes.values()] + [_legend_width(graph)]) + MARGIN
    height = top + MARGIN / 2
    body = [
        *(line for band in bands if len(bands) > 1 for line in _band(*band, width)),
        *(line for edge in graph.edges for line in _edge(edge, boxes)),
        *(line for box in boxes.values() if box.node.title for line in _drawn(box)),
        *(line for edge in graph.edges for line in _word(edge, boxes)),
        *legend,
    ]
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="dbt jobs">',
            f"<style>\n{STYLE}\n</style>",
            *(_arrow(name) for name in ("head", "defers-head")),
            '<rect class="ground" width="100%" height="100%" rx="12"/>',
            *body,
            "</svg>\n",
        ]
    )


def _placed(graph: JobGraph, file: int, top: float) -> dict[str, _Box]:
    """The boxes of one file, and the lanes of its long ways: columns, each in the middle of the highest."""
    nodes = {node.id: node for node in graph.nodes if node.file == file}
    inside = [edge for edge in graph.edges if edge.before in nodes and edge.after in nodes]
    # What starts another decides where a job stands; what defers to it, where that leaves a choice.
    inside.sort(key=lambda edge: edge.kind == "defers")
    layers, lanes = with_lanes(list(nodes), [(edge.before, edge.after) for edge in inside])
    nodes |= {lane: Node(id=lane, kind="all", title="", file=file) for lane in lanes}
    between = max([BETWEEN_LAYERS, *(cell_len(e.label) * WORD_CELL + 36 for e in inside)])
    heights = [sum(_height(nodes[n]) + GAP for n in layer) - GAP for layer in layers]
    boxes: dict[str, _Box] = {}
    x = float(MARGIN)
    for layer, height in zip(layers, heights, strict=True):
        width = max(_width(nodes[name]) for name in layer)
        y = top + (max(heights) - height) / 2
        for name in layer:
            node = nodes[name]
            boxes[name] = _Box(node=node, x=x, y=y, width=width, height=_height(node))
            y += _height(node) + GAP
        x += width + between
    return boxes


def _width(node: Node) -> float:
    lines = [cell_len(line) * LINE_CELL for line in node.lines]
    return max(cell_len(node.title) * TITLE_CELL, *lines, 0) + 2 * PADDING


def _height(node: Node) -> float:
    return TITLE + LINE * len(node.lines) + PADDING if node.title else LANE


def _drawn(box: _Box) -> Iterator[str]:
    round_ends = box.node.kind in ("all", "state", "elsewhere")
    radius = min(box.height / 2, 26) if round_ends else 8
    at = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    yield f'<rect class="box {box.node.kind}" {at} rx="{radius:.1f}"/>'
    y = box.y + PADDING / 2 + 16
    yield _text("title", box.x + PADDING, y, box.node.title)
    for number, line in enumerate(box.node.lines, start=1):
        yield _text("line", box.x + PADDING, y + LINE * number + 1, line)


def _edge(edge: Edge, boxes: Mapping[str, _Box]) -> Iterator[str]:
    (x, y), *points = _way(edge, boxes)
    path = f"M{x:.1f} {y:.1f}"
    for number, (x2, y2) in enumerate(points):
        if number % 2:  # along a lane
            path += f" L{x2:.1f} {y2:.1f}"
        else:
            bend = (x2 - x) / 2
            path += f" C{x + bend:.1f} {y:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        x, y = x2, y2
    head = "head" if edge.kind == "starts" else "defers-head"
    yield f'<path class="edge {edge.kind}" marker-end="url(#{head})" d="{path}"/>'


def _word(edge: Edge, boxes: Mapping[str, _Box]) -> Iterator[str]:
    """In the first gap on its way."""
    if edge.label:
        (x1, y1), (x2, y2), *_ = _way(edge, boxes)
        yield _text("word", (x1 + x2) / 2, (y1 + y2) / 2 - 5, edge.label)


def _way(edge: Edge, boxes: Mapping[str, _Box]) -> list[tuple[float, float]]:
    """Where it leaves its first box, both ends of each lane, and where it comes to its last box."""
    start, end = boxes[edge.before], boxes[edge.after]
    back = end.x < start.x
    pair = (edge.after, edge.before) if back else (edge.before, edge.after)
    lanes: list[_Box] = []
    while (name := lane_name(pair, len(lanes))) in boxes:
        lanes.append(boxes[name])
    stops = [start, *(reversed(lanes) if back else lanes), end]
    points: list[tuple[float, float]] = []
    for stop in stops:
        y = stop.y + stop.height / 2
        sides = [(stop.x, y), (stop.x + stop.width, y)]
        points += reversed(sides) if back else sides
    x, y = points[-2]
    return [*points[1:-2], (x + 7 if back else x - 7, y)]


def _band(file: str, top: float, bottom: float, width: float) -> Iterator[str]:
    at = f'x="{MARGIN / 2}" y="{top - 4:.1f}" width="{width - MARGIN:.1f}" height="{bottom - top + 18:.1f}"'
    yield f'<rect class="band" {at} rx="10"/>'
    yield _text("file", MARGIN, top + 16, file)


def _legend(graph: JobGraph, y: float) -> Iterator[str]:
    x = float(MARGIN)
    used = {node.kind for node in graph.nodes}
    for kind, word in LEGEND.items():
        if kind in used:
            yield f'<rect class="box {kind}" x="{x:.1f}" y="{y - 1:.1f}" width="14" height="12" rx="3"/>'
            yield _text("line", x + 21, y + 9, word)
            x += 45 + len(word) * LINE_CELL


def _legend_width(graph: JobGraph) -> float:
    used = {node.kind for node in graph.nodes}
    return MARGIN + sum(45 + len(word) * LINE_CELL for kind, word in LEGEND.items() if kind in used)


def _arrow(name: str) -> str:
    shape = f'<path class="{name}" d="M0 0 L8 4 L0 8 z"/>'
    size = 'markerWidth="8" markerHeight="8" refX="1" refY="4" markerUnits="userSpaceOnUse"'
    return f'<marker id="{name}" {size} orient="auto">{shape}</marker>'


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class={quoteattr(kind)} x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
