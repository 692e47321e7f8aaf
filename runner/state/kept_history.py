"""The newest history of a repository on GitHub, kept on this machine for the next command."""

from __future__ import annotations

from dataclasses import dataclass

from runner.history import History
from runner.history_json import history_from_json
from runner.state.cache import Cache

NAME = "history"


@dataclass(frozen=True, kw_only=True)
class KeptHistory:
    """It was in this artifact of this workflow run, and both were believed: that doesn't change."""

    artifact: int
    workflow_run: int
    history: History


def kept_history(cache: Cache) -> KeptHistory | None:
    """None where none is kept that can be read."""
    head, _, text = (cache.read(NAME) or "").partition("\n")
    try:
        artifact, workflow_run = map(int, head.split())
        history = history_from_json(text)
    except ValueError:
        return None
    return KeptHistory(artifact=artifact, workflow_run=workflow_run, history=history)


def keep_history(cache: Cache, artifact: int, workflow_run: int, text: str) -> None:
    """``text`` is what the artifact holds."""
    cache.write(NAME, f"{artifact} {workflow_run}\n{text}")
