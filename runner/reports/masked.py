"""A reporter that tells another one everything: with secrets masked, and whatever becomes of it."""

from __future__ import annotations

from contextlib import suppress

from runner.masking import Mask
from runner.record import StepResult
from runner.reports.reporter import Reporter


class MaskedReporter:
    """Stands before every other reporter: none of them has to think of secrets.

    Who reads may have gone, as `head` does or a closed terminal; the run goes on.
    """

    def __init__(self, reporter: Reporter, mask: Mask) -> None:
        self._reporter = reporter
        self._mask = mask

    def say(self, text: str) -> None:
        with suppress(OSError):
            self._reporter.say(self._mask.text(text))

    def warn(self, text: str) -> None:
        with suppress(OSError):
            self._reporter.warn(self._mask.text(text))

    def error(self, text: str) -> None:
        with suppress(OSError):
            self._reporter.error(self._mask.text(text))

    def step_started(self, text: str, number: int, steps: int) -> None:
        with suppress(OSError):
            self._reporter.step_started(self._mask.text(text), number, steps)

    def line(self, text: str) -> None:
        with suppress(OSError):
            self._reporter.line(self._mask.text(text))

    def total(self, nodes: int) -> None:
        with suppress(OSError):
            self._reporter.total(nodes)

    def started(self, unique_id: str) -> None:
        with suppress(OSError):
            self._reporter.started(self._mask.text(unique_id))

    def finished(self, unique_id: str, status: str) -> None:
        with suppress(OSError):
            self._reporter.finished(self._mask.text(unique_id), status)

    def step_finished(self, result: StepResult) -> None:
        with suppress(OSError):
            self._reporter.step_finished(self._mask.within(result))

    def run_finished(self) -> None:
        with suppress(OSError):
            self._reporter.run_finished()

    def close(self) -> None:
        with suppress(OSError):
            self._reporter.close()
