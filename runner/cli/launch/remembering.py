"""A run of one's own machine in the history: nobody plans it, and nobody else reports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone

from runner.cli.stores import file_history_of
from runner.errors import DbtGitopsError
from runner.history_changes import started, trimmed
from runner.model import Config
from runner.record import Run
from runner.runs.outcomes import entry_of
from runner.state import GITHUB


def remember(
    run: Run, config: Config, environ: Mapping[str, str], warn: Callable[[str], None]
) -> None:
    """Adds it to the history, as it ended. What goes wrong is said, and changes no verdict.

    Not on GitHub, where the workflow's plan and report do it, and not with `state: github`, whose
    history only they can write.
    """
    if environ.get("GITHUB_ACTIONS") == "true" or config.state == GITHUB:
        return
    now = datetime.now(timezone.utc)
    try:
        history = file_history_of(config)
        history.change(lambda there: trimmed(started(there, [entry_of(run)]), now))
    except DbtGitopsError as error:
        warn(f"the history doesn't hold this run: {error}")
