"""A run as it goes on, in plain lines: for logs, pipes and GitHub's pages."""

from __future__ import annotations

import re
from typing import TextIO

from runner.durations import format_duration
from runner.errors import DbtGitopsError
from runner.github.fence import Fence
from runner.record import StepResult

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class LineReporter:
    """Writes to one stream, so that the order holds.

    On GitHub dbt's output is folded into a group a step, and fenced: nothing in it is a command.
    Its colours stay there, because GitHub shows them; elsewhere they are removed.
    """

    def __init__(self, stream: TextIO, *, on_github: bool) -> None:
        self._stream = stream
        self._on_github = on_github
        self._fence = Fence()

    def say(self, text: str) -> None:
        self._write(text)

    def warn(self, text: str) -> None:
        self._write(f"warning: {text}")

    def error(self, error: DbtGitopsError) -> None:
        self._write(f"error: {error}")

    def step_started(self, text: str, number: int, steps: int) -> None:
        heading = f"[{number}/{steps}] {text}"
        if self._on_github:
            self._write(f"::group::{_one_line(heading)}")
            self._write(self._fence.opening())
        else:
            self._write(heading)

    def line(self, text: str) -> None:
        self._write(text if self._on_github else ANSI.sub("", text))

    def total(self, nodes: int) -> None:
        """dbt's own lines say it."""

    def started(self, unique_id: str) -> None:
        """dbt's own lines say it."""

    def finished(self, unique_id: str, status: str) -> None:
        """dbt's own lines say it."""

    def step_finished(self, result: StepResult) -> None:
        self._end_fence()
        self.say(step_line(result))

    def run_finished(self) -> None:
        self._end_fence()

    def _end_fence(self) -> None:
        closing = self._fence.closing()
        if closing:
            self._write(closing)
            self._write("::endgroup::")

    def _write(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()


def step_line(result: StepResult) -> str:
    """``success: dbt build, 31 nodes in 4.2s`` in one line."""
    nodes = f", {len(result.nodes)} nodes" if result.nodes else ""
    after = f" ({result.message.splitlines()[0]})" if result.message.strip() else ""
    return f"{result.status}: {result.text}{nodes} in {format_duration(result.seconds)}{after}"


def _one_line(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
