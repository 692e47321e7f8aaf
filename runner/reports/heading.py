"""What a comment and a step summary begin with: the verdict, what it is about, the run in figures."""

from __future__ import annotations

from collections.abc import Iterator

from runner.durations import format_duration
from runner.record import Run
from runner.reports.links import commit_link
from runner.reports.markdown import Align, code, document, prose, table
from runner.reports.outcome import Outcome
from runner.reports.report import Place, Report
from runner.reports.selected import Selected, amount
from runner.reports.text import listed
from runner.reports.verdict import ICONS, took, verdict_line

TEST_ICONS = {"passed": "✅", "warned": "⚠️", "failed": "❌", "skipped": "⏭️"}
# More names than these don't tell more.
SCHEMAS_SHOWN = 3


def heading(report: Report) -> str:
    """The verdict, and below it what must be known to believe it."""
    after = " (superseded)" if report.place.superseded else ""
    verdict = f"{code(report.run.job)}: {prose(verdict_line(report))}{after}"
    return document([f"### {ICONS[report.verdict]} {verdict}", _superseded(report.place)])


def about(report: Report, *more: str) -> str:
    """Which commit this is, what it was held against, and where it was built; in one line."""
    run, place = report.run, report.place
    sha = place.head_sha or run.commit
    compared, state = run.compared_with, run.deferred_to
    parts = [f"commit {commit_link(place, sha)}" if sha else ""]
    if compared and not compared.run_id:
        parts.append(f"compared with {commit_link(place, compared.commit)}")
    if state:
        age = format_duration(max(0.0, state.age_seconds(run.started_at)))
        parts.append(f"deferred to {code(state.environment)}, {age} old")
    parts.append(_built_in(run))
    return " · ".join(filter(None, (*parts, *more)))


def said(run: Run, note: str) -> bool:
    """Whether a run's note is what :func:`about` says already."""
    starts = []
    if state := run.deferred_to:
        starts.append(f"deferring to {state.environment} / {state.job}: run {state.run_id},")
    if compared := run.compared_with:
        starts.append(f"comparing with {compared.how}, {compared.commit[:7]}")
    return note.startswith(tuple(starts))


def figures(report: Report) -> str:
    """The run in one row; a column is there where its figure is known, the row where anything ran."""
    if not report.outcome.nodes:
        return ""
    columns = list(_figures(report, report.chosen))
    aligns: list[Align] = ["left" if name == "tests" else "right" for name, _ in columns]
    return table([name for name, _ in columns], [[cell for _, cell in columns]], aligns)


def _superseded(place: Place) -> str:
    if not place.superseded:
        return ""
    old, new = commit_link(place, place.head_sha), commit_link(place, place.current_sha)
    return f"> ⚠️ **Superseded**: this is about {old}, and the pull request has moved on to {new}"


def _built_in(run: Run) -> str:
    if not run.schemas:
        return f"environment {code(run.environment)}"
    more = len(run.schemas) - SCHEMAS_SHOWN
    names = [code(schema) for schema in run.schemas[:SCHEMAS_SHOWN]]
    word = "schema" if len(run.schemas) == 1 else "schemas"
    return f"{word} {listed([*names, f'{more:,} more' if more > 0 else ''])}"


def _figures(report: Report, chosen: Selected) -> Iterator[tuple[str, str]]:
    outcome, history = report.outcome, report.history
    if chosen.nodes:
        yield "modified", amount(chosen.modified)
        yield "downstream", f"{len(chosen.built_downstream):,}"
        yield "deferred", f"{len(chosen.deferred):,}"
    yield "built", f"{len(outcome.built):,}"
    yield "tests", _tests(outcome) or "none"
    yield "time", took(report)
    same, project = history.same_nodes, history.project
    if same is not None or project is not None:
        times = [format_duration(same)] if same is not None else []
        times += [f"{format_duration(project)} in all"] if project is not None else []
        yield "time in production", " of ".join(times)


def _tests(outcome: Outcome) -> str:
    """``✅ 12  ❌ 1``, in one line however narrow the column is."""
    counts = ((icon, outcome.tests[word]) for word, icon in TEST_ICONS.items())
    return "&nbsp;&nbsp;".join(f"{icon}&nbsp;{count:,}" for icon, count in counts if count)
