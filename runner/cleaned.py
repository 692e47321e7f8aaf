"""What became of the schemas of closed pull requests: what ``clean`` did, and every report renders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.record import Schema

# "gone": it wasn't there any more; "listed": it would be dropped; "left": it stays.
Fate = Literal["dropped", "gone", "listed", "left", "failed"]


@dataclass(frozen=True, kw_only=True)
class CleanedSchema:
    """A schema that the record of a run names as its pull request's own.

    ``reason`` says why it was left alone, or why it couldn't be dropped.
    """

    pr_number: int
    job: str
    environment: str
    schema: Schema
    fate: Fate
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """``pr_number`` is None for a sweep; ``records`` were read; ``notes`` say what wasn't."""

    pr_number: int | None
    records: int
    schemas: tuple[CleanedSchema, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return any(each.fate == "failed" for each in self.schemas)

    @property
    def subject(self) -> str:
        """Whose schemas they are."""
        return f"pull request {self.pr_number}" if self.pr_number else "closed pull requests"
