"""The history as far as it can be read without asking anybody: on one's own machine."""

from __future__ import annotations

from runner.cli.stores import history_store_of
from runner.history import History
from runner.model import Config
from runner.state import GITHUB


def history_at_hand(config: Config) -> tuple[History | None, str]:
    """The history of a state store in a folder, None without one; and why it isn't read elsewhere."""
    if config.state == GITHUB or "://" in config.state:
        return None, f"the history isn't read: it is kept in {config.state}, not on this machine"
    return history_store_of(config, {}, "", lambda _: None).read(), ""
