"""What became of each field of a source: as text, JSON and markdown.

What there is left to do stands together: last in a terminal, where people look, and first in a pull
request. A job's lost fields come first, those about which something can be done before the others. Fields
with which the same happened for the same reason share a line, and so do all of a job in which nothing stands:
exports of an API have many of them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, Protocol

from runner.config.text import printable
from runner.github.fence import defused
from runner.reports.markdown import Align, bullets, code, details, document, escape, prose, table
from runner.reports.plan import defused_json
from runner.reports.text import listed

ORDER = ("dropped", "translated", "carried")
OF_THE_WHOLE = "the source as a whole"
TO_DO = "What is left to do"
MOST_NAMES = 3
# Off or empty there, and so here.
EMPTY = frozenset({"", "0", "[]", "false", "null", "{}", '""'})
OFF = "off or empty, there as here"
ALIGNS: tuple[Align, ...] = ("left", "left", "left", "left")
TITLES = ("field", "value", "what became of it", "what to do")


class Row(Protocol):
    """As :class:`runner.importing.rows.Row` says it."""

    @property
    def job(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def fate(self) -> Literal["carried", "translated", "dropped"]: ...
    @property
    def to(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def hint(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class _Line:
    rows: Sequence[Row]

    @property
    def first(self) -> Row:
        return self.rows[0]

    @property
    def fields(self) -> str:
        return ", ".join(row.field for row in self.rows)

    @property
    def off(self) -> bool:
        return _off(self.first)


def as_text(rows: Sequence[Row]) -> str:
    """For people; ends in the counts."""
    lines: list[str] = []
    for job, of_job in _by_job(rows):
        lines += [job or OF_THE_WHOLE, *_text_lines(of_job), ""]
    if left := to_do(rows):
        lines += [TO_DO, *(f"  {fields}: {hint} ({jobs})" for hint, fields, jobs in left), ""]
    lines.append(counts(rows))
    return defused("\n".join(printable(line) for line in lines))


def as_json(rows: Sequence[Row]) -> str:
    """For programs.

    ``{"rows": [{"job", "field", "value", "fate", "to", "why", "hint"}], "counts": {"carried",
    "translated", "dropped"}}``, in the order of the source; ``value`` is JSON in itself, cut where long.
    """
    found = Counter(row.fate for row in rows)
    document = {
        "rows": [_plain(row) for row in rows],
        "counts": {fate: found[fate] for fate in reversed(ORDER)},  # type: ignore[index]
    }
    return defused_json(json.dumps(document, indent=2))


def as_markdown(rows: Sequence[Row]) -> str:
    """For a pull request: a table for each job."""
    parts = ["## What was imported", counts(rows)]
    if left := to_do(rows):
        lines = (f"{code(fields)}: {prose(hint)} ({escape(jobs)})" for hint, fields, jobs in left)
        parts += [f"### {TO_DO}", bullets(lines)]
    for job, of_job in _by_job(rows):
        parts.append(details(escape(job or OF_THE_WHOLE), table(TITLES, _cells(of_job), ALIGNS)))
    return document(parts) + "\n"


def to_do(rows: Iterable[Row]) -> list[tuple[str, str, str]]:
    """``(what to do, the fields it is about, of which jobs)``, in the order of the source."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.fate == "dropped" and row.hint:
            found.setdefault(row.hint, []).append(row)
    return [
        (hint, _several(row.field for row in of), _several(row.job or OF_THE_WHOLE for row in of))
        for hint, of in found.items()
    ]


def _several(names: Iterable[str]) -> str:
    """``a, b, c and 4 more``."""
    once = [*dict.fromkeys(names)]
    more = len(once) - MOST_NAMES
    return ", ".join(once) if more <= 0 else f"{', '.join(once[:MOST_NAMES])} and {more:,} more"


def counts(rows: Iterable[Row]) -> str:
    """``12 fields: 4 dropped, 3 translated and 5 carried``."""
    found = Counter(row.fate for row in rows)
    total = sum(found.values())
    fates = listed(f"{found[fate]:,} {fate}" for fate in ORDER)  # type: ignore[index]
    return f"{total:,} field{'' if total == 1 else 's'}: {fates}"


def _by_job(rows: Sequence[Row]) -> Iterator[tuple[str, list[_Line]]]:
    jobs: dict[str, list[Row]] = {}
    for row in rows:
        jobs.setdefault(row.job, []).append(row)
    for job, of_job in jobs.items():
        yield job, [_Line(rows=[*same]) for _, same in groupby(sorted(of_job, key=_rank), _alike)]


def _off(row: Row) -> bool:
    return row.fate != "dropped" and not row.hint and row.value in EMPTY


def _rank(row: Row) -> tuple[object, ...]:
    return (
        _off(row),
        ORDER.index(row.fate),
        not row.hint,
        row.hint,
        row.why,
        row.fate == "translated" and row.to,
    )


def _alike(row: Row) -> tuple[str, ...]:
    """Fields that are kept say where each one is; what is dropped for the same reason is one line."""
    if _off(row):
        return (OFF,)
    alone = "" if row.fate == "dropped" and not row.hint else row.field
    return row.fate, row.why, row.hint, row.to, alone


def _text_lines(lines: Iterable[_Line]) -> Iterator[str]:
    for line in lines:
        row = line.first
        if line.off:
            yield f"  {'off':<10}  {line.fields}: {OFF}"
            continue
        value = f" = {row.value}" if len(line.rows) == 1 else ""
        arrow = f" → {row.to}" if row.to else ""
        why = f": {row.why}" if row.why else ""
        yield f"  {row.fate:<10}  {line.fields}{value}{arrow}{why}"
        if row.hint:
            yield f"{'':14}hint: {row.hint}"


def _cells(lines: Iterable[_Line]) -> Iterator[list[str]]:
    for line in lines:
        row = line.first
        fields = ", ".join(code(each.field) for each in line.rows)
        if line.off:
            yield [fields, "", OFF, ""]
            continue
        value = code(row.value) if len(line.rows) == 1 else ""
        to = f" → {code(row.to)}" if row.to else ""
        why = f": {prose(row.why)}" if row.why else ""
        yield [fields, value, f"{row.fate}{to}{why}", prose(row.hint) if row.hint else ""]


def _plain(row: Row) -> dict[str, str]:
    names = ("job", "field", "value", "fate", "to", "why", "hint")
    return {name: getattr(row, name) for name in names}
