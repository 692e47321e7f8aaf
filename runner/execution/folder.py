"""The run folder: everything that a run leaves behind, with secrets masked as it is written.

.dbt-gitops/runs/<run id>/
  run.json  manifest.json  catalog.json  index.html
  steps/01-build/console.log  dbt.log  run_results.json  sources.json
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from runner.dbt.rewriting import masked_copy
from runner.errors import RecordFailed
from runner.masking import Mask

HOME = ".dbt-gitops"
# The lock of whoever runs dbt in a checkout.
CHECKOUT = "checkout"
CHUNK_BYTES = 1 << 20
# Colours are for a terminal; a log is read in editors and on GitHub's pages.
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class RunFolder:
    """One run's folder, made at once: a disk that is read-only is seen before dbt runs.

    Later trouble with it goes to ``problems``: a log that can't be written changes no verdict.
    """

    def __init__(self, root: Path, run_id: str, mask: Mask) -> None:
        home = root / HOME
        self.path = home / "runs" / run_id
        self.problems: list[str] = []
        self._mask = mask
        try:
            self.path.mkdir(parents=True)
            ignore = home / ".gitignore"
            if not ignore.exists():
                ignore.write_text("# made by dbt-gitops\n*\n", encoding="utf-8")
        except OSError as error:
            raise RecordFailed(
                f"the run folder {self.path} can't be made",
                why=error.strerror or str(error),
                hint="the folder of the jobs file has to be writable",
            ) from error

    def relative(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()

    def step(self, index: int, command: str, attempt: int) -> Path:
        """The folder of one attempt at one step."""
        again = f"-attempt-{attempt}" if attempt > 1 else ""
        folder = self.path / "steps" / f"{index:02d}-{command.replace(' ', '-')}{again}"
        with self._noting():
            folder.mkdir(parents=True)
        return folder

    @contextmanager
    def console(self, step_folder: Path) -> Iterator[Console]:
        """Takes dbt's lines, masked already, one at a time, into ``console.log``."""
        console = Console(step_folder / "console.log", self.problems)
        try:
            yield console
        finally:
            console.close()

    def keep(self, sources: Iterable[Path], into: Path) -> None:
        """Masked copies of those of these files that are there."""
        for source in sources:
            with self._noting():
                if source.is_file():
                    self._copy(source, into / source.name)

    def _copy(self, source: Path, target: Path) -> None:
        if source.suffix == ".json" and self._mask.found_in(_chunks(source)):
            masked_copy(source, target, self._mask.secrets)
        else:
            self._write(target, _chunks(source))

    def write_text(self, name: str, chunks: Iterable[str]) -> None:
        """A masked file that is there as a whole or not at all."""
        with self._noting():
            self._write(self.path / name, (chunk.encode() for chunk in chunks))

    def _write(self, path: Path, chunks: Iterable[bytes]) -> None:
        partial = path.with_name(f"{path.name}.partial")
        try:
            with partial.open("wb") as file:
                file.writelines(self._mask.chunks(chunks))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Around what reads and writes files, and nothing else."""
        try:
            yield
        except OSError as error:
            self.problems.append(described(error))


class Console:
    """A step's console.log. What can't be written is said once; dbt goes on."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self._problems = problems
        self._file: TextIO | None = None
        try:
            self._file = path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            problems.append(described(error))

    def write(self, line: str) -> None:
        try:
            if self._file is not None:
                self._file.write(ANSI.sub("", line) + "\n")
        except OSError as error:
            self._problems.append(described(error))
            self._file = None

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()


def described(error: OSError) -> str:
    """Which file, and why."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
