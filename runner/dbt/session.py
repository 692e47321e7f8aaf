"""The warm session: one worker process that imports dbt once and parses once a job."""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.dbt.child import Child
from runner.dbt.engine import Command, Outcome, Watcher, node_result
from runner.errors import DbtMissing
from runner.record import NodeResult
from runner.stopping import Stop, Stopped

WORKER = Path(__file__).with_name("worker.py")
LAST_LINES = 15


class WarmSession:
    """Starts the worker at once; it imports dbt while the caller prepares the rest."""

    def __init__(
        self,
        *,
        python: Path,
        adapter: str,
        project: Path,
        target: Path,
        env: Mapping[str, str],
        stop: Stop,
    ) -> None:
        self.versions: dict[str, str] = {}
        self._argv = [str(python), str(WORKER), adapter]
        self._project = project
        self._target = target
        self._env = env
        self._stop = stop
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._child = self._start()

    def ready(self) -> None:
        """Wait until dbt is imported."""
        for line in self._child.lines():
            if line.stream == "err":
                self._last.append(line.text)
                continue
            message = json.loads(line.text)
            if message["kind"] == "ready":
                self.versions.update(message["versions"])
                return
            raise self._unusable(message["message"])
        if self._stop.asked:
            raise Stopped(self._stop.reason)
        raise self._unusable("\n".join(self._last) or "it printed nothing")

    def run(self, command: Command, watcher: Watcher) -> Outcome:
        """Send the command and pass on what comes until it has ended, or the worker has died.

        A worker that has died is replaced by the next command: an advisory step or one that is
        tried again must not take the job with it.
        """
        return self._exchanged(watcher, self._request(command))

    def ask(self, question: Mapping[str, Any], watcher: Watcher) -> Outcome:
        """The same of a question, as :func:`runner.dbt.answering.answer` has it: no node is run."""
        return self._exchanged(watcher, {"question": question})

    def _exchanged(self, watcher: Watcher, request: Mapping[str, Any]) -> Outcome:
        if self._child.exit_code is not None:
            self._child.close()
            self._child = self._start()
            self.ready()
        exchange = _Exchange(watcher=watcher)
        self._child.send(json.dumps({**request, "marker": exchange.marker}))
        for line in self._child.lines():
            if line.stream == "out":
                exchange.take(json.loads(line.text))
            else:
                for text in exchange.printed_by_dbt(line.text):
                    self._last.append(text)
                    watcher.line(text)
            if exchange.over:
                return exchange.outcome()
        return self._died(exchange)

    def close(self) -> None:
        self._child.close()

    def _start(self) -> Child:
        try:
            return Child(self._argv, cwd=self._project, env=self._env, stop=self._stop, talks=True)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    def _request(self, command: Command) -> dict[str, Any]:
        return {
            "argv": command.argv,
            "parse": command.parse,
            "reuse": command.reuse,
            "project": str(self._project),
            "target": str(self._target),
            "log_folder": str(command.log_folder or ""),
            "question": None,
        }

    def _unusable(self, why: str) -> DbtMissing:
        return DbtMissing(
            f"dbt can't be imported by {self._argv[0]}",
            why=why,
            hint="name core and adapter in the environment's `dbt`, or install them there",
        )

    def _died(self, exchange: _Exchange) -> Outcome:
        code = self._child.wait()
        if self._stop.asked:
            return Outcome(exit_code=None, message=self._stop.reason, nodes=tuple(exchange.nodes))
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        last = "\n".join(self._last) or "it printed nothing"
        message = f"the dbt process {how} in the middle of the step; its last output:\n{last}"
        return Outcome(exit_code=None, message=message, nodes=tuple(exchange.nodes))


@dataclass(kw_only=True)
class _Exchange:
    """A command and its answers. It is over when the end has come by both ways.

    The marker is random: it ends what dbt printed, and dbt can't print it.
    """

    watcher: Watcher
    marker: str = field(default_factory=lambda: f"dbt-gitops:{secrets.token_hex(16)}")
    printed: bool = False
    held: list[str] = field(default_factory=list)
    end: dict[str, Any] | None = None
    nodes: list[NodeResult] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.printed and self.end is not None

    def printed_by_dbt(self, text: str) -> list[str]:
        """What of this line and those held back is dbt's.

        The worker writes an end of line before the marker, in case dbt left one open; where dbt
        didn't, that is an empty line too many, so empty lines wait for the next one.
        """
        if text == self.marker:
            self.printed = True
            return self.held[:-1]
        if not text:
            self.held.append(text)
            return []
        lines, self.held = [*self.held, text], []
        return lines

    def take(self, message: dict[str, Any]) -> None:
        kind = message["kind"]
        if kind == "node":
            self.nodes.append(node_result(message))
        elif kind == "started":
            self.watcher.started(message["unique_id"])
        elif kind == "finished":
            self.watcher.finished(message["unique_id"], message["status"])
        elif kind == "total":
            self.watcher.total(message["nodes"])
        else:
            self.end = message

    def outcome(self) -> Outcome:
        assert self.end is not None
        return Outcome(
            exit_code=self.end["exit_code"],
            message=self.end["message"],
            parse=self.end["parse"],
            nodes=tuple(self.nodes),
            written=tuple(self.end["written"]),
        )
