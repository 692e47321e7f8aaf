"""A run as it goes on, in plain lines: for logs, pipes and GitHub's pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TextIO

from runner.durations import format_duration
from runner.github.commands import escape_data
from runner.github.fence import Fence
from runner.record import StepResult

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class LineReporter:
    """Writes to one stream, so that the order holds.

    On GitHub dbt's output is folded into a group a step, and everything but those groups is fenced:
    no text, dbt's or one that quotes it, is a command. dbt's colours stay there, because GitHub shows
    them; elsewhere they are removed. ``on_total`` is told a command and how many nodes it has.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        on_github: bool,
        on_total: Callable[[str, int], None] = lambda _, __: None,
    ) -> None:
        self._stream = stream
        self._on_total = on_total
        self._step = ""
        self._on_github = on_github
        self._fence = Fence()
        self._group = False
        if on_github:
            self._write(self._fence.opening())

    def say(self, text: str) -> None:
        self._write(text)

    def warn(self, text: str) -> None:
        self._write(f"warning: {text}")

    def error(self, text: str) -> None:
        self._write(f"error: {text}")

    def step_started(self, text: str, number: int, steps: int) -> None:
        self._step = text
        heading = f"[{number}/{steps}] {text}"
        if self._on_github:
            self._command(f"::group::{escape_data(heading)}")
            self._group = True
        else:
            self._write(heading)

    def line(self, text: str) -> None:
        self._write(text if self._on_github else ANSI.sub("", text))

    def total(self, nodes: int) -> None:
        """dbt's own lines say it here."""
        self._on_total(self._step, nodes)

    def started(self, unique_id: str) -> None:
        """dbt's own lines say it."""

    def finished(self, unique_id: str, status: str) -> None:
        """dbt's own lines say it."""

    def step_finished(self, result: StepResult) -> None:
        self._end_group()
        self.say(step_line(result))

    def run_finished(self) -> None:
        self._end_group()

    def close(self) -> None:
        """Nothing more comes, and GitHub may read commands again."""
        if self._on_github:
            self._write(self._fence.closing())

    def _end_group(self) -> None:
        if self._group:
            self._command("::endgroup::")
            self._group = False

    def _command(self, command: str) -> None:
        self._write(self._fence.closing())
        self._write(command)
        self._write(self._fence.opening())

    def _write(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()


def step_line(result: StepResult) -> str:
    """``success: dbt build, 31 nodes in 4.2s`` in one line."""
    nodes = f", {len(result.nodes)} nodes" if result.nodes else ""
    after = f" ({result.message.splitlines()[0]})" if result.message.strip() else ""
    return f"{result.status}: {result.text}{nodes} in {format_duration(result.seconds)}{after}"
