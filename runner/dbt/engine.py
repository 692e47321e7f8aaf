"""What both ways to run dbt have in common: a command in, node results and an ending out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

from runner.record import NodeResult


@dataclass(frozen=True, kw_only=True)
class Command:
    """One dbt command. ``argv`` is without ``dbt``.

    ``parse`` holds the options that a parse depends on, None where the command needs no manifest;
    ``reuse`` says that a later command will need the same manifest. A parse apart from the command
    logs into ``log_folder``, too.
    """

    argv: tuple[str, ...]
    parse: tuple[str, ...] | None = None
    reuse: bool = False
    log_folder: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a command ended. ``exit_code`` is dbt's, None where dbt died; ``message`` says why then.

    ``parse`` is "parsed", "reused" or, where dbt parsed within the command, "". ``written`` names
    the files with results that the command wrote into dbt's target folder.
    """

    exit_code: int | None
    message: str = ""
    parse: str = ""
    nodes: tuple[NodeResult, ...] = ()
    written: tuple[str, ...] = ()


class Watcher(Protocol):
    """Who is told what happens while a command runs. Only the warm session tells of nodes."""

    def line(self, text: str) -> None: ...
    def total(self, nodes: int) -> None: ...
    def started(self, unique_id: str) -> None: ...
    def finished(self, unique_id: str, status: str) -> None: ...


class Engine(Protocol):
    """Runs one command after another. ``versions`` fills when dbt has said them.

    ``ready`` waits until a command could start: DbtMissing where dbt can't be had, Stopped where
    the job has to stop.
    """

    versions: dict[str, str]

    def ready(self) -> None: ...
    def run(self, command: Command, watcher: Watcher) -> Outcome: ...
    def close(self) -> None: ...


def node_result(message: dict[str, Any]) -> NodeResult:
    """A ``node`` message of the worker as a result."""
    fields = {key: value for key, value in message.items() if key != "kind"}
    started_at = _time(fields["started_at"]) if fields["started_at"] else None
    return NodeResult(**{**fields, "fqn": tuple(fields["fqn"]), "started_at": started_at})


def _time(text: str) -> datetime:
    """dbt's ``2026-11-20T04:15:02.123456Z``; Python 3.10 doesn't know the Z."""
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
