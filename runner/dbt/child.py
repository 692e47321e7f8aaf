"""A child process whose two outputs are read line by line, and which always ends.

It leads a process group of its own: Ctrl-C in a terminal reaches the runner alone, and the runner
decides what its children are told.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from runner.stopping import Stop

# How long dbt gets to cancel its queries, and then to end, before the next, harder signal.
GRACE_SECONDS = 10.0
# The same after somebody has asked twice: GitHub kills us 2.5 seconds after its second signal.
URGENT_SECONDS = 0.5
# What a child gets that has nothing left to do, to close what it holds open.
CLOSING_SECONDS = 15.0
HARDER = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
POLL_SECONDS = 0.1
# A line longer than this is read in pieces: no output may fill the runner's memory.
LONGEST_LINE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of output, without its end. ``out`` is standard output, ``err`` standard error."""

    stream: Literal["out", "err"]
    text: str


class Child:
    """A started process. Iterate :meth:`lines` until it ends or says what was waited for."""

    def __init__(
        self,
        argv: list[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stop: Stop,
        talks: bool = False,
    ) -> None:
        self._stop = stop
        self._lines: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._open = 2
        self._signals = 0
        self._next_signal = 0.0
        self._read("out", self._process.stdout)
        self._read("err", self._process.stderr)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number where one ended it."""
        return self._process.poll()

    def send(self, line: str) -> None:
        """Write a line to its standard input; a child that is gone is seen by who reads it."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def lines(self) -> Iterator[Line]:
        """Each line as it comes; ends when both outputs are closed, or the child is.

        When the job has to stop, the child is interrupted here, then terminated, then killed.
        """
        while self._open:
            if self._stop.asked:
                self._press()
            try:
                line = self._lines.get(timeout=POLL_SECONDS)
            except queue.Empty:
                if self.exit_code is not None and not self._drain():
                    return
                continue
            if line is None:
                self._open -= 1
            else:
                yield line

    def wait(self) -> int:
        """Its exit code, when it has ended."""
        while (code := self.exit_code) is None:
            if self._stop.asked:
                self._press()
            time.sleep(POLL_SECONDS / 10)
        return code

    def close(self) -> None:
        """End it, whatever it does: the input is closed, then the whole group is killed."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        # GitHub gives a cancelled job ten seconds in all, and the record is still to be written.
        patience = 1.0 if self._stop.asked else CLOSING_SECONDS
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=patience)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _press(self) -> None:
        """The next harder signal, if the last one has had its time or the user asks again."""
        now, urgent = time.monotonic(), self._stop.urgent
        if self._signals < len(HARDER) and (now >= self._next_signal or urgent):
            self._stop.urgent = False
            self._signal(HARDER[self._signals])
            self._signals += 1
            self._next_signal = now + (URGENT_SECONDS if urgent else GRACE_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _drain(self) -> bool:
        """Whether lines are left. A grandchild may hold the pipes open when the child is gone."""
        return not self._lines.empty()

    def _read(self, stream: Literal["out", "err"], pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        threading.Thread(target=self._pump, args=(stream, pipe), daemon=True).start()

    def _pump(self, stream: Literal["out", "err"], pipe: IO[bytes]) -> None:
        with pipe:
            while data := pipe.readline(LONGEST_LINE):
                text = data.decode("utf-8", errors="replace").rstrip("\r\n")
                self._lines.put(Line(stream=stream, text=text))
        self._lines.put(None)
