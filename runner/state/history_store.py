"""Where the history is kept: one file in the place of state, or an artifact of the repository.

    history.json                        in a folder or an object store
    dbt-gitops-history                  the artifact that a plan has left, with history.json in it
    dbt-gitops-history-ended            the same of a report

A history that can't be read or believed stops the plan. Neither beginning anew nor taking an older one
would do: what had been started since would be started again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

from runner.errors import StateUnresolved
from runner.history import History
from runner.history_json import HISTORY, history_from_json, history_to_json
from runner.record_json import RecordInvalid
from runner.state.checks import format_size, limited
from runner.state.files import FileMissing, Files

ARTIFACT = "dbt-gitops-history"
# What a report leaves, in the same run of the workflow. An artifact is replaced by removing it first:
# under one name the newest history would be an older one meanwhile, or for good if the upload failed.
REPORTED = "dbt-gitops-history-ended"
# 1,000 jobs with all that is kept of them take 20 MB.
HISTORY_LIMIT = 256 * 2**20
# No job is called so: a dot can't stand in its name.
LOCK = "dbt-gitops.history"
# Seconds to wait for another process that writes.
WRITE_WAIT = 60
# How far a runner's clock may be ahead. Beyond that a history would keep every schedule waiting.
CLOCK = timedelta(days=1)
ANEW = (
    "it begins anew: each job starts with the next time of its schedule, and runs that wait or"
    " run are forgotten"
)


class HistoryStore(Protocol):
    """One history for all jobs. Everything raises :class:`StateUnresolved`.

    ``location`` is for messages. ``lost`` says, once it is read, that what was kept is gone.
    """

    location: str
    lost: str

    def read(self) -> History | None:
        """None where there is none yet."""

    def write(self, history: History) -> Path | None:
        """The folder that the workflow has to upload, None where all is done.

        A plan's is uploaded as :data:`ARTIFACT`, a report's as :data:`REPORTED`.
        """


class FileHistory:
    """In any place for files. What was written since it was read isn't written over."""

    lost = ""

    def __init__(self, files: Files) -> None:
        self.location = f"{files.location}/{HISTORY}"
        self._files = files
        self._seen = ""

    def read(self) -> History | None:
        data = self._data()
        self._seen = _sha256(data)
        if data is None:
            return None
        try:
            return decoded(data)
        except ValueError as error:
            raise self._damaged(error) from error

    def write(self, history: History) -> Path | None:
        data = encoded(history)
        deadline = time.monotonic() + WRITE_WAIT
        with self._files.lock(LOCK, _nothing, deadline):
            if _sha256(self._data()) != self._seen:
                raise StateUnresolved(
                    f"the history {self.location} has changed since it was read",
                    why="another plan or report has written it, and they should take turns",
                    hint="run it again; in a workflow, keep both in one concurrency group",
                )
            self._files.write(HISTORY, [data])
        self._seen = _sha256(data)
        return None

    def change(self, changed: Callable[[History], History]) -> None:
        """Read and written at one go, for those who don't take turns; an object store has no lock."""
        deadline = time.monotonic() + WRITE_WAIT
        with self._files.lock(LOCK, _nothing, deadline):
            self._files.write(HISTORY, [encoded(changed(self.read() or History()))])

    def _data(self) -> bytes | None:
        try:
            return limited(self._files.read(HISTORY), HISTORY_LIMIT)
        except FileMissing:
            return None
        except RecordInvalid as error:
            raise self._damaged(error) from error

    def _damaged(self, error: ValueError) -> StateUnresolved:
        return StateUnresolved(
            f"the history {self.location} can't be read",
            why=str(error),
            hint=f"put an earlier version of this file in its place, or delete it: then {ANEW}",
        )


def decoded(data: bytes) -> History:
    """Raises ValueError, which names what is wrong with it."""
    history = history_from_json(data.decode())
    ahead = datetime.now(timezone.utc) + CLOCK
    if history.handled_until and history.handled_until > ahead:
        raise RecordInvalid(f"handled_until is {history.handled_until}, which is yet to come")
    return history


def encoded(history: History) -> bytes:
    data = history_to_json(history).encode()
    if len(data) > HISTORY_LIMIT:
        raise StateUnresolved(
            f"the history takes {format_size(len(data))}, more than {format_size(HISTORY_LIMIT)}",
            why="it could not be read again",
            hint="put fewer jobs into one repository",
        )
    return data


def _sha256(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()


def _nothing() -> None:
    """Writing takes a moment: its wait isn't worth a word."""
