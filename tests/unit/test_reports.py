"""What the reports of a run say, and that they keep GitHub's limits."""

from __future__ import annotations

import dataclasses

import pytest

from runner.reports.annotations import annotation_lines
from runner.reports.comment import LARGEST_COMMENT, MARKER, merge_section
from runner.reports.report import Report
from runner.reports.section import Section, section
from runner.reports.status import ended, pending, skipped
from runner.reports.step_summary import LARGEST_SUMMARY, step_summary
from tests.github_commands import commands_of
from tests.unit.report_samples import DIFFERENCE, PLACE, crowd, made, node, real, step

MESSAGES = ("x" * 10_000, "`" * 10_000, "|`~" * 3000, "\N{PILE OF POO}" * 5000)


def of(job: str, *, workflow_run: int = 7, attempt: int = 1, text: str = "") -> Section:
    place = dataclasses.replace(PLACE, workflow_run=workflow_run, attempt=attempt)
    return section(made(step(node(message=text)), job=job, place=place))


def merged(body: str | None, *sections: Section) -> str:
    for each in sections:
        body = merge_section(body, each)
        assert body is not None
    assert body is not None
    return body


def test_a_failed_run_says_what_where_and_why() -> None:
    body = merged(None, section(real("ci_failed", difference=DIFFERENCE)))
    assert "### ❌ `ci`: 2 of 15 nodes failed, 8 skipped" in body
    assert f"/blob/{PLACE.head_sha}/jaffle/models/marts/customers.sql#L16" in body
    assert "| `products` | downstream of `order_items` |" in body
    assert "n0[" in body
    assert "runs in another environment" in body


@pytest.mark.parametrize(
    ("name", "state", "description"),
    [
        ("ci_failed", "failure", "2 of 15 nodes failed, 8 skipped in "),
        ("ci_passed", "success", "1 built, 2 tests passed in "),
        ("ci_errored", "error", "no state of environment production in "),
    ],
)
def test_the_status_says_how_it_ended(name: str, state: str, description: str) -> None:
    status = ended(real(name))
    assert (status.context, status.state) == ("dbt / ci", state)
    assert status.description.startswith(description)


def test_every_other_status() -> None:
    assert pending("ci", "building 12 nodes").description == "building 12 nodes"
    assert skipped("ci", "it is a draft").state == "success"
    nothing = ended(made(status="skipped", reason="skipped: no changes"))
    assert (nothing.state, nothing.description) == ("success", "skipped: no changes")
    stopped = ended(made(status="cancelled", reason="timed out", exit_code=6))
    assert (stopped.state, stopped.description) == ("error", "cancelled: timed out in 42.0s")
    assert len(ended(made(status="error", reason="x" * 500, exit_code=5)).description) <= 140


def test_a_jobs_section_is_replaced_and_the_others_stay() -> None:
    first = merged(None, of("a"), of("b"))
    second = merged(first, of("a", attempt=2))
    assert second.count(MARKER) == 1
    assert second.split("<!-- dbt-gitops:end -->")[1] == first.split("<!-- dbt-gitops:end -->")[1]
    assert second.index("`a`") < second.index("`b`")


def test_an_older_run_changes_nothing() -> None:
    body = merged(None, of("a", workflow_run=8))
    assert merge_section(body, of("a", workflow_run=7, attempt=5)) is None
    assert merge_section(body, of("a", workflow_run=8)) is None
    assert merge_section(body, of("a", workflow_run=9)) is not None


def test_a_damaged_stamp_is_replaced() -> None:
    body = merged(None, of("a")).replace('"attempt": 1', '"attempt": "1"')
    again = merged(body, of("a"))
    assert again == merged(None, of("a"))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message[:3])
def test_five_thousand_failures_stay_below_the_limits(message: str) -> None:
    report = crowd(5000, message)
    body = None
    for number in range(12):
        run = dataclasses.replace(report.run, job=f"job{number}")
        body = merged(body, section(Report(run=run, place=report.place)))
        assert len(body.encode()) <= LARGEST_COMMENT
    assert body is not None
    assert all(f"`job{number}`" in body for number in range(12))
    assert len(step_summary(report).encode()) <= LARGEST_SUMMARY
    lines = annotation_lines([report])
    assert commands_of(lines) == ["error"] * 10 + ["notice"]
    assert "4,990 failures more" in lines[-1]


def test_every_size_of_a_section_is_smaller_than_the_one_before() -> None:
    sizes = [len(each.encode()) for each in section(crowd(100, "x" * 3000)).sizes]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 1000


def test_annotations_lead_to_the_line() -> None:
    first = annotation_lines([real("ci_failed")])[0]
    assert first.startswith("::error file=jaffle/models/marts/customers.sql,line=16,title=ci%3A")
