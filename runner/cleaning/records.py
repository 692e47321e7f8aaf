"""The records of pull requests' runs, wherever they lie; none is believed before it was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.execution.folder import HOME
from runner.record import Run
from runner.record_json import RECORD
from runner.state.run_records import read_record


@dataclass(frozen=True, kw_only=True)
class Record:
    """The record of a run, and whose it is, by whoever can be believed.

    ``branch`` is the pull request's, "" where nobody knows.
    """

    number: int
    branch: str
    run: Run


def local_records(root: Path, say: Callable[[str], None]) -> Iterator[Record]:
    """Those of the run folders beside the jobs file. ``say`` is told what can't be read."""
    for path in sorted((root / HOME / "runs").glob(f"*/{RECORD}")):
        try:
            run = read_record(path)
        except (OSError, ValueError) as error:
            say(f"passed over {path}: {error}")
            continue
        if run.pr_number is not None:
            yield Record(number=run.pr_number, branch=run.branch, run=run)
