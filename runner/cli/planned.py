"""The history, as somebody at a terminal asks it for a run or for what a job has under way."""

from __future__ import annotations

from collections.abc import Mapping

from runner.cli.dispatching import say
from runner.cli.stores import history_store_of
from runner.history import Entry, History, same_run
from runner.model import Config


def history_of(config: Config, environ: Mapping[str, str]) -> History:
    """What the store has; an empty one where there is none yet. Raises StateUnresolved."""
    return history_store_of(config, environ, "", say).read() or History()


def entry_of(history: History, run_id: str) -> Entry | None:
    """A run by its id; that of a later attempt names the same."""
    return next((each for each in history.entries if same_run(run_id, each.run_id)), None)
