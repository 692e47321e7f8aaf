"""The workflow run that this process is part of, by GitHub's variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Running:
    """``workflow_run`` is GitHub's id, 0 where there is none; ``attempt`` counts from 1."""

    workflow_run: int
    attempt: int

    @property
    def again(self) -> bool:
        """Whether somebody has run it again."""
        return self.attempt > 1


def running(environ: Mapping[str, str]) -> Running:
    """What isn't a number, as on one's own machine, is none."""
    return Running(
        workflow_run=_number(environ.get("GITHUB_RUN_ID", "")),
        attempt=_number(environ.get("GITHUB_RUN_ATTEMPT", "")) or 1,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
