"""Jobs files, and beside them what `explain` says of their jobs, in each of its formats.

``python -m tests.explained`` writes them again; read the difference before you commit it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from runner.config import Loaded, load
from runner.execution.explaining.explain import explanation
from runner.reports.explanation import Explanation, as_json, as_markdown, as_text
from tests.conftest import EXAMPLE, ROOT

FOLDER = Path(__file__).parent
# In the winter of New York and the night of Kolkata.
NOW = datetime(2026, 11, 20, 12, 4, tzinfo=timezone.utc)
PROJECT = "name: shop\nversion: '1.0'\nprofile: shop\n"
VALID = ROOT / "tests" / "configs" / "valid"
COMPILED = ROOT / "tests" / "compiled"
FILES = {
    "first": ROOT / "examples" / "dbt_jobs.yml",
    "jaffle": EXAMPLE / "dbt_jobs.yml",
    "everyday": VALID / "example.yml",
    "everything": VALID / "everything.yml",
    "smallest": VALID / "smallest.yml",
    "chains": COMPILED / "chains" / "dbt_jobs.yml",
    "odd_names": COMPILED / "odd_names" / "dbt_jobs.yml",
}
FORMATS = {"text": as_text, "json": as_json, "markdown": as_markdown}
# What is the same in each format is read once.
CASES = [*((name, "text") for name in FILES), ("everything", "json"), ("everything", "markdown")]


def expected(name: str, output: str) -> Path:
    return FOLDER / f"{name}.{output}"


def explained(name: str, output: str) -> str:
    """All jobs of the file, one after the other, as it stands in a project of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        # Named as in its own folder: markdown writes some characters of others as entities.
        loaded = replace(in_project(FILES[name], folder), file=Path("dbt_jobs.yml"))
        texts = [FORMATS[output](each) for each in explanations(loaded)]
        return "\n\n".join(texts).replace(f"{folder}/", "").replace(str(folder), "FOLDER") + "\n"


def in_project(file: Path, folder: Path) -> Loaded:
    """The jobs file of a project that is there, as far as `explain` looks at it."""
    copy = Path(shutil.copy(file, folder / "dbt_jobs.yml"))
    named = load(copy)
    project = named.config.project if named.config else folder
    for place in (folder, folder / "jaffle_duckdb", project):
        place.mkdir(exist_ok=True)
        (place / "dbt_project.yml").write_text(PROJECT)
        (place / "profiles.yml").write_text("shop: {}\n")
    return load(copy)


def explanations(loaded: Loaded) -> Iterator[Explanation]:
    config = loaded.config
    assert config is not None, loaded.problems
    for job in config.jobs.values():
        yield explanation(loaded, config, job, {}, NOW)
