"""A run as it goes on, in a terminal: dbt's lines, and below them one line that says where it is."""

from __future__ import annotations

import sys
import time

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from runner.durations import format_duration
from runner.record import StepResult
from runner.reports.lines import step_line

STYLES = {"success": "green", "error": "red", "cancelled": "yellow", "skipped": "dim"}
# More names than this push the rest of the line out of a usual terminal.
NAMES_SHOWN = 3


class LiveReporter:
    """Nodes done of all, those that run now, and the time, refreshed while dbt works."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._spinner = Spinner("dots")
        self._live: Live | None = None
        self._heading = ""
        self._since = 0.0
        self._total = 0
        self._done = 0
        self._running: dict[str, None] = {}

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)

    def warn(self, text: str) -> None:
        self._console.print(Text("warning: ", style="yellow") + Text(text))

    def error(self, text: str) -> None:
        self._stop()
        self._console.print(Text("error: ", style="bold red") + Text(text))

    def step_started(self, text: str, number: int, steps: int) -> None:
        self._heading = f"{number}/{steps} {text}"
        self._since = time.monotonic()
        self._total = self._done = 0
        self._running.clear()
        self._console.print(Text(f"[{number}/{steps}] {text}", style="bold"))
        self._live = Live(
            get_renderable=self._status,
            console=self._console,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def line(self, text: str) -> None:
        self._console.print(Text.from_ansi(text))

    def total(self, nodes: int) -> None:
        self._total = nodes

    def started(self, unique_id: str) -> None:
        self._running[unique_id] = None

    def finished(self, unique_id: str, status: str) -> None:
        self._running.pop(unique_id, None)
        self._done += 1

    def step_finished(self, result: StepResult) -> None:
        self._stop()
        self._console.print(Text(step_line(result), style=STYLES[result.status]))

    def run_finished(self) -> None:
        self._stop()

    def close(self) -> None:
        self._stop()

    def _status(self) -> RenderableType:
        parts = [self._heading]
        if self._total:
            parts.append(f"{self._done}/{self._total} nodes")
        if self._running:
            parts.append(_names(list(self._running)))
        parts.append(format_duration(time.monotonic() - self._since))
        self._spinner.update(text=Text(" · ".join(parts), no_wrap=True, overflow="ellipsis"))
        return self._spinner

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _names(running: list[str]) -> str:
    shown = [unique_id.split(".")[2] for unique_id in running[:NAMES_SHOWN]]
    more = len(running) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
