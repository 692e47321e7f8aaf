"""`dbt-gitops graph`: what is drawn, and that mermaid and XML take it whatever the file says."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from runner.model import Config, Environment, Job, JobTrigger, Triggers
from runner.reports.job_graph import as_mermaid, job_graph
from runner.reports.job_graph_svg import as_svg
from runner.reports.layers import layered, with_lanes
from runner.reports.text import NOTHING
from runner.steps import parse_step
from tests.conftest import write_tiny
from tests.drawn import CASES, GROUPS, drawn, expected, graph_of
from tests.unit.test_report_mermaid import mermaid, shown

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(("name", "suffix"), CASES)
def test_it_is_drawn_as_before(name: str, suffix: str) -> None:
    assert drawn(name, suffix) == expected(name, suffix).read_text(encoding="utf-8")


def test_mermaid_reads_each_and_finds_all_that_is_in_it() -> None:
    graphs = [graph_of(name) for name in GROUPS]
    for graph, answer in zip(graphs, mermaid(tuple(map(as_mermaid, graphs))), strict=True):
        assert "error" not in answer
        boxes = [[node.title, *node.lines] for node in graph.nodes]
        # Mermaid ends what is longer than its labels are; here nothing is.
        assert sorted(shown(each).split("<br>") for each in answer["labels"]) == sorted(
            [[line.replace(NOTHING, "") for line in box] for box in boxes]
        )
        assert answer["edges"] == len(graph.edges)


@pytest.mark.parametrize("name", GROUPS)
def test_the_svg_is_xml_with_every_text_and_no_box_on_another(name: str) -> None:
    graph = graph_of(name)
    root = ElementTree.fromstring(as_svg(graph))  # noqa: S314 - our own text
    texts = [each.text for each in root.iter(f"{SVG}text")]
    for node in graph.nodes:
        assert {node.title, *node.lines} <= set(texts)
    assert not list(root.iter(f"{SVG}script"))
    boxes = [_place(each) for each in root.iter(f"{SVG}rect") if "box" in each.get("class", "")]
    assert len(boxes) >= len(graph.nodes)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for index, (x, y, w, h) in enumerate(boxes):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        for x2, y2, w2, h2 in boxes[:index]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def _place(rect: ElementTree.Element) -> tuple[float, float, float, float]:
    x, y, w, h = (float(rect.get(key, "nan")) for key in ("x", "y", "width", "height"))
    return x, y, w, h


def test_layers_go_to_the_right_and_a_circle_is_cut_where_it_closes() -> None:
    pairs = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), ("c", "c")]
    assert layered(["c", "b", "a", "d"], pairs) == [["a", "d"], ["b"], ["c"]]
    assert layered([], []) == []


def test_arrows_that_would_cross_dont() -> None:
    pairs = [("a", "y"), ("b", "x")]
    left, right = layered(["a", "b", "x", "y"], pairs)
    assert [left.index("a"), left.index("b")] == [right.index("y"), right.index("x")]


def test_a_long_chain_is_drawn() -> None:
    step = parse_step("dbt build")
    jobs = {"j0": Job(name="j0", environment="p", steps=(step,))}
    for number in range(1, 1500):
        after = Triggers(job=(JobTrigger(names=(f"j{number - 1}",)),))
        name = f"j{number}"
        jobs[name] = Job(name=name, environment="p", steps=(step,), triggers=after)
    config = Config(
        path=Path("/x/y.yml"),
        project=Path("/x"),
        state="s",
        environments={"p": Environment(name="p")},
        jobs=jobs,
    )
    assert as_svg(job_graph([("y.yml", config)])).count("marker-end") == 1499


def test_it_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    project = write_tiny(tmp_path / "tiny")
    done = project.cli("graph", "--format", "svg", "--out", "jobs.svg")
    assert (done.code, done.out, done.err) == (0, "", "wrote jobs.svg\n")
    assert (project.path / "jobs.svg").read_text().startswith("<svg ")
    printed = project.cli("graph")
    assert (printed.code, printed.err) == (0, "")
    assert printed.out.startswith("flowchart LR\n")
    refused = project.cli("graph", "--out", "no/such/folder.mmd")
    assert (refused.code, refused.out) == (2, "")
    assert "no/such/folder.mmd can't be written" in refused.err


def test_a_long_way_has_a_lane_of_its_own() -> None:
    layers, lanes = with_lanes(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c"), ("c", "a")])
    assert lanes == ["a > c 0"]
    assert [sorted(layer) for layer in layers] == [["a"], ["a > c 0", "b"], ["c"]]
