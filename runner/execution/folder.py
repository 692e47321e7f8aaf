"""The run folder: everything that a run leaves behind, with secrets masked as it is written.

.dbt-gitops/runs/<run id>/
  run.json  manifest.json  catalog.json  index.html
  steps/01-build/console.log  dbt.log  run_results.json  sources.json
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from runner.errors import RecordFailed
from runner.masking import Mask

HOME = ".dbt-gitops"
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
                ignore.write_text("# made by dbt-gitops\n*\n")
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
    def console(self, step_folder: Path) -> Iterator[Callable[[str], None]]:
        """Takes dbt's lines, masked already, one at a time, into ``console.log``."""
        with ExitStack() as stack:
            file: TextIO | None = None
            with self._noting():
                path = step_folder / "console.log"
                file = stack.enter_context(path.open("w", encoding="utf-8", buffering=1))

            def write(line: str) -> None:
                nonlocal file
                before = len(self.problems)
                with self._noting():
                    if file is not None:
                        file.write(ANSI.sub("", line) + "\n")
                if len(self.problems) > before:
                    file = None  # said once; dbt goes on

            with self._noting():
                yield write
                stack.close()

    def keep(self, sources: Iterable[Path], into: Path) -> None:
        """Masked copies of those of these files that are there."""
        for source in sources:
            with self._noting():
                if source.is_file():
                    self._write(into / source.name, _chunks(source))

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
        try:
            yield
        except OSError as error:
            self.problems.append(f"{error.filename or self.path}: {error.strerror or error}")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
