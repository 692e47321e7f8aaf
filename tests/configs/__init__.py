"""Jobs files as cases: ``valid/*`` and ``invalid/*``, each of the latter with its ``.expected``.

``python -m tests.configs`` writes the expectations again; read the difference before you commit it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from runner.config import Loaded, load
from runner.model import Problem

FOLDER = Path(__file__).parent
VALID = sorted((FOLDER / "valid").iterdir())
INVALID = sorted(p for p in (FOLDER / "invalid").iterdir() if p.suffix != ".expected")


def expectation(case: Path) -> Path:
    return case.with_name(f"{case.name}.expected")


def load_in_project(case: Path, folder: Path) -> Loaded:
    """Load a case as it would stand in a dbt project."""
    (folder / "dbt_project.yml").touch()
    return load(Path(shutil.copy(case, folder / "dbt_jobs.yml")))


def described(problem: Problem) -> str:
    place = f"{problem.line}:{problem.column}-{problem.end_column}"
    kind = "" if problem.severity == "error" else f"{problem.severity} "
    lines = [f"{place} {kind}{problem.code}: {problem.what}"]
    lines += [f"  why: {problem.why}"] if problem.why else []
    lines += [f"  hint: {problem.hint}"] if problem.hint else []
    return "\n".join(lines)


def all_described(loaded: Loaded) -> str:
    text = "".join(f"{described(problem)}\n" for problem in loaded.problems)
    return text.replace(str(loaded.file.parent), "FOLDER")
