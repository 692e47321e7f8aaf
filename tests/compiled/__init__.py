"""Repositories with jobs files, and beside them the workflow that these are compiled into.

``python -m tests.compiled`` writes the workflows again; read the difference before you commit it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runner.config import from_bytes
from runner.model import Config
from runner.workflow import PATH, Action, Source, action_of, compiled
from tests.conftest import EXAMPLE, ROOT

FOLDER = Path(__file__).parent
# Of the jobs file in the README: what that links to.
DOCUMENTED = "first"
WORKFLOW = ROOT / "examples" / "workflows" / "dbt-jobs.yml"
# A release, pinned as a repository should have it.
RELEASED = Action(
    name="dbt-gitops/dbt-gitops",
    ref="v0.1.0",
    commit="8f315ee170b0811a4a9daeb3f7a71a551c02db19",
)
# Those of the documents, where they are.
ELSEWHERE = {
    "example": EXAMPLE / "dbt_jobs.yml",
    "first": ROOT / "examples" / "dbt_jobs.yml",
    "everyday": ROOT / "tests" / "configs" / "valid" / "example.yml",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """``files`` are the jobs files by their paths in the repository."""

    name: str
    files: dict[str, Path]

    @property
    def expected(self) -> Path:
        return WORKFLOW if self.name == DOCUMENTED else FOLDER / self.name / PATH

    def compiled(self) -> str:
        sources = [
            Source(path=path, config=config_of(Path("/repo", path), file.read_bytes()))
            for path, file in self.files.items()
        ]
        named = any(source.config.action for source in sources)
        action = action_of([source.config for source in sources]) if named else RELEASED
        return compiled(sources, action)


def config_of(path: Path, raw: bytes) -> Config:
    loaded = from_bytes(path, raw)
    assert loaded.config is not None, loaded.problems
    return loaded.config


def _here(folder: Path) -> Case:
    files = sorted(folder.rglob("dbt_jobs.yml"))
    return Case(
        name=folder.name, files={file.relative_to(folder).as_posix(): file for file in files}
    )


CASES = [
    *(Case(name=name, files={"dbt_jobs.yml": file}) for name, file in ELSEWHERE.items()),
    *(_here(file) for file in sorted(FOLDER.iterdir()) if any(file.rglob("dbt_jobs.yml"))),
]
