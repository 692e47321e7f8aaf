"""Measuring commands in pairs: on a noisy machine a ratio of neighbours holds, seconds don't."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO, Literal

Measure = Literal["wall", "cpu", "peak_rss"]

TAIL_LINES = 40
# ru_maxrss counts kibibytes on Linux and bytes on macOS.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class CommandFailed(Exception):
    """A measured command ended with another exit code than 0; the message has its output's tail."""


@dataclass(frozen=True, kw_only=True)
class Timed:
    """What one command took: seconds, CPU seconds with its children's, bytes.

    ``peak_rss`` is the highest of any one process in the tree, not their sum. The kernel counts
    from the fork on, so it is never below what the measuring process itself holds.
    """

    wall: float
    cpu: float
    peak_rss: int


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Measurements of two commands, (ours, bare) for each round."""

    rounds: tuple[tuple[Timed, Timed], ...]

    @property
    def ours(self) -> Timed:
        return _medians([ours for ours, _ in self.rounds])

    @property
    def bare(self) -> Timed:
        return _medians([bare for _, bare in self.rounds])

    def ratio(self, measure: Measure = "wall") -> Ratio:
        """Ours over bare, within each round."""
        ratios = [_value(ours, measure) / _value(bare, measure) for ours, bare in self.rounds]
        return Ratio(median=median(ratios), low=min(ratios), high=max(ratios))


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """A median, and the lowest and the highest of what it is the median of."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}–{self.high:.2f})"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table; ``bar`` is the highest ratio that passes, None where none is set."""

    name: str
    pairs: Pairs
    bar: float | None = None
    measure: Measure = "wall"

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return "–"
        return "ok" if self.pairs.ratio(self.measure).median <= self.bar else "MISSED"


def pairs(a: Callable[[], Timed], b: Callable[[], Timed], rounds: int = 3) -> Pairs:
    """Measure ``a`` (ours) and ``b`` (bare) next to each other: A B, B A, A B, …

    The order turns each round, so that neither always finds the caches that the other has warmed.
    """
    if rounds < 1:
        raise ValueError("at least one round is needed")
    measured = []
    for number in range(rounds):
        if number % 2:
            second = b()
            measured.append((a(), second))
        else:
            measured.append((a(), b()))
    return Pairs(rounds=tuple(measured))


def run_timed(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Timed:
    """Run a command to its end; raises :class:`CommandFailed` where it fails."""
    # A file, because nobody reads a pipe while os.wait4 waits.
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        # Popen has to be told, or it warns of a child that it still believes to be running.
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise CommandFailed(
                f"`{' '.join(argv)}` ended with {process.returncode}\n{_tail(output)}"
            )
    return Timed(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        peak_rss=usage.ru_maxrss * RSS_UNIT,
    )


def bench_env(base: Mapping[str, str], **extra: str) -> dict[str, str]:
    """``base`` as a user's machine has it: bytecode is written, and dbt reports to nobody."""
    # Where it is set, every start of dbt compiles all of dbt anew, and that is all one measures.
    kept = {name: value for name, value in base.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "DO_NOT_TRACK": "1", **extra}


def table(rows: Iterable[Row]) -> None:
    """Print the rows as a Markdown table, aligned so that it can be read as it is."""
    print(render(rows))


def render(rows: Iterable[Row]) -> str:
    """The text of :func:`table`."""
    head = ("name", "ours", "bare", "ratio (min–max)", "bar", "verdict")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(line, widths) for line in (head, rule, *lines[1:]))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        _shown(row.pairs.ours, row.measure),
        _shown(row.pairs.bare, row.measure),
        str(row.pairs.ratio(row.measure)),
        "–" if row.bar is None else f"≤ {row.bar:.2f}",
        row.verdict,
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def _shown(timed: Timed, measure: Measure) -> str:
    if measure == "peak_rss":
        return f"{timed.peak_rss / 2**20:.0f} MiB"
    return f"{_value(timed, measure):.2f} s" + (" CPU" if measure == "cpu" else "")


def _value(timed: Timed, measure: Measure) -> float:
    values: dict[Measure, float] = {
        "wall": timed.wall,
        "cpu": timed.cpu,
        "peak_rss": timed.peak_rss,
    }
    return values[measure]


def _medians(measured: Sequence[Timed]) -> Timed:
    return Timed(
        wall=median(one.wall for one in measured),
        cpu=median(one.cpu for one in measured),
        peak_rss=int(median(one.peak_rss for one in measured)),
    )


def _tail(output: IO[bytes]) -> str:
    output.seek(0)
    lines = output.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])
