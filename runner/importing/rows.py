"""What became of each field of a foreign job: the rows of the loss report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Fate = Literal["carried", "translated", "dropped"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One field of the source.

    ``job`` is the source's own name of the job, "" of what is no job's; ``field`` a dotted path in the
    source, ``settings.threads``; ``value`` what stands there, as JSON, cut where it is long and hidden
    where it may be secret. ``to`` is where it is in the jobs file, ``jobs.daily.threads``, "" of what was
    dropped. ``why`` says how it was translated, or why it was dropped; ``hint`` what to do about that.
    """

    job: str
    field: str
    value: str
    fate: Fate
    to: str = ""
    why: str = ""
    hint: str = ""


def told_apart(rows: Iterable[Row], called: str, by: str) -> list[Row]:
    """Rows of a job that is called as another one is, with what tells the two apart."""
    return [replace(row, job=f"{called} ({by})") if row.job == called else row for row in rows]
