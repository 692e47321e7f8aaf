"""One way to stop a job early: a timeout, Ctrl-C and SIGTERM all end here."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Literal

from runner.durations import spell_duration

# SIGHUP is a terminal that was closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """The job was stopped while it waited for something that can't be told to stop."""


class Stop:
    """Whether the job has to stop, and why.

    ``urgent`` is set by every further signal: who asks twice doesn't want to wait.
    """

    def __init__(self) -> None:
        self.kind: Literal["", "timeout", "interrupt"] = ""
        self.reason = ""
        self.urgent = False
        self._raising = False

    @property
    def asked(self) -> bool:
        return bool(self.kind)

    def ask(self, kind: Literal["timeout", "interrupt"], reason: str) -> None:
        """Stop as soon as possible; only the first reason counts."""
        if self.asked:
            self.urgent = True
        else:
            self.kind, self.reason = kind, reason
        if self._raising:
            raise Stopped(self.reason)

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Within, being asked to stop raises :class:`Stopped`: for calls that would only wait."""
        if self.asked:
            raise Stopped(self.reason)
        self._raising = True
        try:
            yield
        finally:
            self._raising = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Within, Ctrl-C and SIGTERM ask to stop. In the main thread alone."""

        def interrupted(number: int, _frame: FrameType | None) -> None:
            self.ask("interrupt", f"interrupted by {signal.Signals(number).name}")

        before = {number: signal.signal(number, interrupted) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def timer(self, timeout: timedelta | None) -> Iterator[None]:
        """Within, the time that is left runs; None is no limit. In the main thread alone."""
        if timeout is None:
            yield
            return

        def timed_out(_number: int, _frame: FrameType | None) -> None:
            self.ask("timeout", f"timed out after {spell_duration(timeout)}")

        before = signal.signal(signal.SIGALRM, timed_out)
        signal.setitimer(signal.ITIMER_REAL, timeout.total_seconds())
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


class Stops(Stop):
    """Stops several things that go on at once, each with a :class:`Stop` of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._each: list[Stop] = []

    def one(self) -> Stop:
        stop = Stop()
        self._each.append(stop)
        if self.kind:
            stop.ask(self.kind, self.reason)
        return stop

    def ask(self, kind: Literal["timeout", "interrupt"], reason: str) -> None:
        for each in self._each:
            each.ask(kind, reason)
        super().ask(kind, reason)
