"""Mermaid itself reads every graph and every chart of a report, and finds in it what was put there."""

from __future__ import annotations

import dataclasses
import html
import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from runner.reports.ended import Leg, legs_summary
from runner.reports.gantt import gantt
from runner.reports.graph import graph
from runner.reports.report import Report
from runner.reports.step_summary import step_summary
from runner.reports.text import NOTHING, one_line
from tests.unit.history_samples import ended
from tests.unit.report_samples import DIFFERENCE, chosen, crowd, made, node, real, step
from tests.unit.test_report_markdown import HOSTILE, PARSER, comment, report_of

SCRIPT = Path(__file__).parents[1] / "node" / "mermaid.mjs"
NODE = Path(sys.prefix) / "bin" / "node"
# Mermaid's, above which it draws nothing.
LARGEST_TEXT = 50_000
MOST_EDGES = 500
# Words and signs of its grammars, and of what its labels may hold.
WORDS = (
    *("end", "graph", "subgraph", "click", "section", "title", "dateFormat", "vert", "crit,"),
    *("--", "-->", "%%", "%%{init: {}}%%", ";", ":", "::", "#", "#35;", "\\n", "`", '"', "'"),
    *("[", "]]", "(", "{", "|", "<b>", "&amp;", "$$x$$", "fa:fa-car", "@", "1.", "é日☃"),
)


@cache
def mermaid(texts: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each diagram's ``{"type", "labels", "edges"}``, or what is wrong with it as ``{"error"}``."""
    command = [str(NODE), str(SCRIPT)]
    done = subprocess.run(command, input=json.dumps(texts), stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def shown(label: str) -> str:
    """A label of mermaid's as its reader sees it."""
    label = label.replace("ﬂ°°", "&#").replace("ﬂ°", "&").replace("¶ß", ";")
    return html.unescape(label).replace(NOTHING, "").strip()


def named(name: str) -> Report:
    one = node("model.shop.a", name=name)
    return made(step(one), selection=(chosen("model.shop.a", "body"),))


def diagrams(markdown: str) -> list[str]:
    return [t.content for t in PARSER.parse(markdown) if t.type == "fence" and t.info == "mermaid"]


def samples() -> Sequence[Report]:
    hostile = [report_of(lambda text=text: text) for text in HOSTILE]  # type: ignore[misc]
    plain = [real(name) for name in ("ci_failed", "ci_passed")]
    again = step(node("model.shop.b"), node("model.shop.c", "error"), attempt=2)
    twice = made(step(node("model.shop.a")), dataclasses.replace(again, argv=("dbt", "retry")))
    return [real("ci_failed", difference=DIFFERENCE), *plain, twice, crowd(300, "x"), *hostile]


def test_every_diagram_of_every_report_is_read() -> None:
    texts = [t for report in samples() for t in diagrams(comment(report))]
    texts += [t for report in samples() for t in diagrams(step_summary(report))]
    assert len(texts) > 3 * len(HOSTILE)
    answers = mermaid(tuple(texts))
    assert not [answer for answer in answers if "error" in answer]
    assert {answer["type"] for answer in answers} == {"flowchart-v2", "gantt"}


def test_a_real_run_is_drawn_whole() -> None:
    report = real("ci_failed")
    texts = (graph(report.chosen, report.outcome, 40).text, gantt(report.run.steps, 40))
    drawn, timed = mermaid(texts)
    assert (len(drawn["labels"]), drawn["edges"]) == (10, 9)
    assert shown(drawn["labels"][1]) == "❌ order_items<br>body changed<br>1 test failed"
    assert len(timed["labels"]) == 7
    assert shown(timed["labels"][1]) == "customers 0.3s"


NAMES = [*WORDS, *(f"{a}{b}" for a, b in product(WORDS, WORDS[::4])), *filter(one_line, HOSTILE)]


def test_a_name_is_a_label_whatever_it_is() -> None:
    reports = [named(name) for name in NAMES]
    graphs = [graph(report.chosen, report.outcome, 40).text for report in reports]
    charts = [gantt(report.run.steps, 40) for report in reports]
    answers = mermaid((*graphs, *charts))
    for name, drawn, timed in zip(NAMES, answers, answers[len(NAMES) :], strict=False):
        label = one_line(name).replace(NOTHING, "")[:49]
        assert [shown(each)[: len(label) + 2] for each in drawn["labels"]] == [
            f"✅ {label}".strip()
        ]
        assert [shown(each)[: len(label)] for each in timed["labels"]] == [label], name


@pytest.mark.parametrize("nodes", [30, 300])
def test_the_largest_diagrams_are_within_mermaids_limits(nodes: int) -> None:
    many = crowd(nodes, "x")
    parents = tuple(each.unique_id for each in many.run.steps[0].nodes)
    selection = tuple(dataclasses.replace(each, parents=parents) for each in many.run.selection)
    report = dataclasses.replace(many, run=dataclasses.replace(many.run, selection=selection))
    texts = diagrams(comment(report)) + diagrams(step_summary(report))
    assert texts
    for text, answer in zip(texts, mermaid(tuple(texts)), strict=True):
        assert len(text) <= LARGEST_TEXT
        assert answer["edges"] <= MOST_EDGES


def test_what_is_no_diagram_is_refused() -> None:
    assert "error" in mermaid(("flowchart LR\n  n0[[", "gantt\n  click a"))[0]


def test_a_chart_of_runs_is_drawn_whatever_their_jobs_are_called() -> None:
    names = ("daily", "finance-nightly_" * 5, "click", *WORDS)
    texts = []
    for name in names:
        planned = ended(name, status="error")
        assert planned.outcome
        markdown = legs_summary([Leg(entry=planned, outcome=planned.outcome)])
        texts += diagrams(markdown)
    answers = mermaid(tuple(texts))
    assert len(answers) == len(names)
    for name, answer in zip(names, answers, strict=True):
        assert answer.get("type") == "gantt", (name, answer)
        # Its wait and its preparation are bars without a word.
        assert [shown(label) for label in answer["labels"]] == ["", "", "1m 40s"], name
