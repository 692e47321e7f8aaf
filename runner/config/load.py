"""The way from a path to a Config, or to all that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice
from pathlib import Path

from runner.config import schema
from runner.config.build import build
from runner.config.checks import CHECKS, project_folder
from runner.config.compose import parse
from runner.config.nodes import Entry, Mapping, Node, find, without
from runner.config.text import Source, decode, read
from runner.config.traps import traps
from runner.config.withholding import FileMask, mask_of, withheld
from runner.config.written import Written
from runner.model import Config, Problem, Severity

# As many as anyone will read; a hostile file could have hundreds of thousands.
MAX_PROBLEMS = 200
DEFAULT_FILES = (Path("dbt_jobs.yml"), Path("dbt_jobs.yaml"))


@dataclass(frozen=True, kw_only=True)
class Position:
    """A place in a file; both numbers count from 1."""

    file: Path
    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """``config`` is None where any problem is an error; warnings leave it whole."""

    config: Config | None
    problems: tuple[Problem, ...]
    file: Path
    tree: Node | None = field(default=None, repr=False)
    source: Source | None = field(default=None, repr=False)

    @cached_property
    def mask(self) -> FileMask:
        """Masks what looks like a password or a token in the file."""
        return mask_of(self.tree)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    def where(self, *path: str | int) -> Position | None:
        """Where a key path stands, e.g. ``where("jobs", "daily", "timeout")``; None if nowhere.

        Of a key it is the key's own place, of a list's item (counted from 0) the item's. What a
        job has from the defaults stands at ``where("defaults", …)``.
        """
        found = find(self.tree, path) if self.tree is not None else None
        if found is None:
            return None
        span = found.key.span if isinstance(found, Entry) else found.span
        return Position(file=self.file, line=span.line, column=span.column)

    def problem(
        self,
        code: str,
        what: str,
        *,
        why: str,
        hint: str,
        at: Position | None,
        severity: Severity = "warning",
    ) -> Problem:
        """One that a command has found, which knows more than the file; None is the file as a whole."""
        line, column = (at.line, at.column) if at else (0, 0)
        return Problem(
            file=self.file,
            line=line,
            column=column,
            end_column=column,
            code=code,
            what=what,
            why=why,
            hint=hint,
            source=self.source.line(line) if self.source else "",
            severity=severity,
        )

    def place(self, *path: str | int) -> str:
        """The same as people name it, ``dbt_jobs.yml:12``; the file's first line where it is nowhere."""
        found = self.where(*path)
        return f"{self.file}:{found.line if found else 1}"


def default_file() -> Path:
    """The jobs file of this folder; where there is none, the name it should have."""
    return next((path for path in DEFAULT_FILES if path.exists()), DEFAULT_FILES[0])


def load(path: Path) -> Loaded:
    """Read and check a jobs file. Whatever it holds, the answer is problems, never an exception."""
    source = read(path)
    if isinstance(source, Problem):
        return Loaded(config=None, problems=tuple(withheld([source])), file=path)
    return _loaded(source, look_for_project=True)


def from_bytes(path: Path, raw: bytes) -> Loaded:
    """The same for a jobs file that isn't on disk, such as the base branch's: no project is sought."""
    source = decode(path, raw)
    if isinstance(source, Problem):
        return Loaded(config=None, problems=tuple(withheld([source])), file=path)
    return _loaded(source, look_for_project=False)


def _loaded(source: Source, *, look_for_project: bool) -> Loaded:
    tree = parse(source)
    if tree.root is None:
        unread = tuple(withheld(tree.problems))
        return Loaded(config=None, problems=unread, file=source.file)
    checked = schema.check(source, tree.root)
    problems = [*tree.problems, *checked.problems]
    sound = without(tree.root, set(checked.unsound)) if checked.complete else None
    written = None
    if isinstance(sound, Mapping) and isinstance(tree.root, Mapping):
        written = Written(source=source, root=sound, whole=tree.root)
        found = _checked(written, look_for_project=look_for_project)
        problems += islice(found, MAX_PROBLEMS)
    problems += _elsewhere(traps(source, tree.root), problems)
    ordered = tuple(sorted(dict.fromkeys(problems), key=_place)[:MAX_PROBLEMS])
    invalid = any(problem.severity == "error" for problem in ordered)
    config = build(written) if written and not invalid else None
    whole = Loaded(config=config, problems=ordered, file=source.file, tree=tree.root, source=source)
    return replace(whole, problems=tuple(withheld(ordered, whole.mask))) if ordered else whole


def _checked(written: Written, *, look_for_project: bool) -> Iterator[Problem]:
    checks = [*CHECKS, project_folder] if look_for_project else CHECKS
    return chain.from_iterable(check(written) for check in checks)


def _elsewhere(found: Iterator[Problem], known: list[Problem]) -> list[Problem]:
    """Those that aren't about a place that has a problem already."""
    taken = {(problem.line, problem.column) for problem in known}
    return [p for p in islice(found, MAX_PROBLEMS) if (p.line, p.column) not in taken]


def _place(problem: Problem) -> tuple[int, int, str, str]:
    return problem.line, problem.column, problem.code, problem.what
