"""What failed and what warned, as annotations on the lines of a pull request's files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from runner.github.commands import Level, annotation
from runner.record import NodeResult
from runner.reports.links import repository_path
from runner.reports.report import Place, Report
from runner.reports.selected import name_of
from runner.reports.text import clean, clipped_bytes, counted, one_line

# GitHub's, a step and a level; what comes after them is dropped in silence.
MOST = 10
LONGEST_MESSAGE = 4096
LONGEST_TITLE = 200


def annotation_lines(reports: Sequence[Report]) -> list[str]:
    """Workflow commands, a line each, for all the runs of one step: the worst first.

    The last is a notice that says how many there are besides, where not all have room.
    """
    outcomes = [report.outcome for report in reports]
    errors = sum(len(o.broken) + len(o.failed) for o in outcomes)
    warnings = sum(len(o.broken_advisory) + len(o.warned) + len(o.advisory) for o in outcomes)
    left_out = [(errors - MOST, "failure"), (warnings - MOST, "warning")]
    more = " and ".join(counted(number, noun) for number, noun in left_out if number > 0)
    last = [annotation("notice", f"{more} more, in the run's summary", title="dbt")] if more else []
    return [
        *islice(chain.from_iterable(map(_errors, reports)), MOST),
        *islice(chain.from_iterable(map(_warnings, reports)), MOST),
        *last,
    ]


def _errors(report: Report) -> Iterator[str]:
    for step in report.outcome.broken:
        yield annotation("error", _message(step.message), title=_title(report, step.text))
    for node in report.outcome.failed:
        yield _annotation("error", node, report)


def _warnings(report: Report) -> Iterator[str]:
    for step in report.outcome.broken_advisory:
        yield annotation("warning", _message(step.message), title=_title(report, step.text))
    for node in report.outcome.warned + report.outcome.advisory:
        yield _annotation("warning", node, report)


def _annotation(level: Level, node: NodeResult, report: Report) -> str:
    name = node.name or name_of(node.unique_id)
    return annotation(
        level,
        _message(node.message),
        title=_title(report, f"{node.resource_type} {name}: {node.status}"),
        file=_file(node, report.place),
        line=node.line or (1 if node.file else 0),
    )


def _file(node: NodeResult, place: Place) -> str:
    return one_line(repository_path(node, place)) if node.file else ""


def _title(report: Report, text: str) -> str:
    return clipped_bytes(one_line(f"{report.run.job}: {text}"), LONGEST_TITLE)


def _message(text: str) -> str:
    # Cleaning costs time for each character, and what is cut off needs none.
    return (
        clipped_bytes(clean(text[: 2 * LONGEST_MESSAGE]).strip(), LONGEST_MESSAGE) or "no message"
    )
