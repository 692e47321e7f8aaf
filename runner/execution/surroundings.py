"""What a run is given besides the request: nothing below reads the process's own environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.git import Checkout
from runner.model import Config
from runner.record import Run
from runner.reports.reporter import Reporter
from runner.state import StateStore


def nothing_after(_run: Run, _folder: Path) -> tuple[str, ...]:
    """What follows a run that nothing follows."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """``cache`` is the folder of installed dbts; ``environ`` is read, and never changed.

    ``base`` is the commit that GitHub names as the start of what is checked out, "" where that has to
    be found. ``began`` is told the run's folder, which is named after the run, as soon as it is there;
    ``ended`` the record and the folder when both are whole, and what it answers is added to the notes.
    """

    config: Config
    checkout: Checkout
    environ: Mapping[str, str]
    cache: Path
    store: StateStore
    reporter: Reporter
    base: str = ""
    began: Callable[[Path], None] = lambda _: None
    ended: Callable[[Run, Path], tuple[str, ...]] = nothing_after
