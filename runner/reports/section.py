"""One job's section of a pull request's comment, in several sizes: what is dropped when is declared here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from runner.reports import parts
from runner.reports.heading import about, figures, heading
from runner.reports.links import commit_link, summary_link
from runner.reports.markdown import code, document, prose
from runner.reports.report import Place, Report

# More than this nobody reads in a comment; two jobs always have room for all of it.
LARGEST_SECTION = 30_000
LONGEST_NOTICE = 1000
# Between what a section always shows and what may be cut from it later, when others need the room.
REST = "<!-- dbt-gitops:rest -->"


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Which run a section is of. Orders runs: a later event's run is later, then a later attempt.

    ``workflow_run`` is GitHub's number, which only grows; 0 outside of GitHub, where time orders.
    """

    job: str
    run_id: str
    head_sha: str
    workflow_run: int
    attempt: int
    started_at: datetime

    @property
    def order(self) -> tuple[int, int, datetime]:
        return (self.workflow_run, self.attempt, self.started_at)


@dataclass(frozen=True, kw_only=True)
class Section:
    """``sizes`` are renderings of the same, the fullest first; the last is but the verdict."""

    stamp: Stamp
    sizes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Detail:
    """How much of each part is shown: entries, rows, nodes or lines, and a message's characters."""

    failures: int
    message: int
    reasons: int
    graph: int
    difference: int
    warnings: int
    notes: int


# The order of dropping: first of what is long, then what explains, last what failed and why.
LEVELS = (
    Detail(failures=20, message=2000, reasons=60, graph=25, difference=100, warnings=20, notes=10),
    Detail(failures=10, message=1500, reasons=30, graph=20, difference=60, warnings=10, notes=10),
    Detail(failures=10, message=800, reasons=15, graph=15, difference=30, warnings=5, notes=5),
    Detail(failures=10, message=600, reasons=0, graph=15, difference=30, warnings=0, notes=5),
    Detail(failures=10, message=400, reasons=0, graph=0, difference=15, warnings=0, notes=3),
    Detail(failures=5, message=300, reasons=0, graph=0, difference=0, warnings=0, notes=1),
    Detail(failures=3, message=0, reasons=0, graph=0, difference=0, warnings=0, notes=0),
)


def section(report: Report) -> Section:
    """The run's section, ready to be put into a comment by ``comment.merge_section``."""
    run, place = report.run, report.place
    stamp = Stamp(
        job=run.job,
        run_id=run.run_id,
        head_sha=place.head_sha,
        workflow_run=place.workflow_run,
        attempt=place.attempt,
        started_at=run.started_at,
    )
    more = summary_link(report) if report.place.summary_url else ""
    head = document([heading(report), about(report, more), figures(report)])
    full = (_full(report, head, detail) for detail in LEVELS)
    sizes = [text for text in full if len(text.encode()) <= LARGEST_SECTION]
    return Section(stamp=stamp, sizes=(*sizes, head, heading(report)))


def notice_section(job: str, place: Place, icon: str, reason: str) -> Section:
    """The section of a job that ended, or was left out, without a run: its verdict alone."""
    stamp = Stamp(
        job=job,
        run_id="",
        head_sha=place.head_sha,
        workflow_run=place.workflow_run,
        attempt=place.attempt,
        started_at=datetime.now(timezone.utc),
    )
    head = f"### {icon} {code(job)}: {prose(reason, LONGEST_NOTICE)}"
    return Section(
        stamp=stamp, sizes=(document([head, f"commit {commit_link(place, place.head_sha)}"]), head)
    )


def _full(report: Report, head: str, detail: Detail) -> str:
    least = detail is not LEVELS[0]
    rest = (
        parts.failures(report, detail.failures, detail.message),
        parts.notes(report, detail.notes) if detail.notes else "",
        parts.difference(report, detail.difference),
        parts.picture(report, detail.graph),
        parts.reasons(report, detail.reasons),
        parts.warnings(report, detail.warnings),
        parts.reproduction(report),
        f"Shortened to fit a comment: everything is in the {summary_link(report)}."
        if least
        else "",
    )
    shown = document(rest)
    return document([head, REST, shown]) if shown else head
