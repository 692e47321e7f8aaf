"""A run's id: when it was planned, its job, and what makes it unique."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

_FORM = re.compile(r"(\d{8}T\d{6}Z)-([a-z0-9][a-z0-9_-]*)-([0-9a-f]{6}(?:-[0-9]+)?)")


@dataclass(frozen=True, kw_only=True)
class RunId:
    """``time`` sorts as text; ``short`` tells runs of one time apart: `3f2a9c`, `3f2a9c-2`."""

    time: str
    job: str
    short: str


def new_run_id(job: str, at: datetime) -> str:
    """Sorts by time, names the job, and is unique: ``20261120T041502Z-daily-3f2a9c``.

    A second attempt of the same workflow run has ``-2`` at its end.
    """
    return f"{at:%Y%m%dT%H%M%SZ}-{job}-{secrets.token_hex(3)}"


def read_run_id(text: str) -> RunId | None:
    """None where it is no id of this form, as of a run that something else has recorded."""
    match = _FORM.fullmatch(text)
    return RunId(time=match[1], job=match[2], short=match[3]) if match else None
