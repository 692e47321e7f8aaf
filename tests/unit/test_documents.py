"""The documents say what the code does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from runner.cli.main import VERBS
from runner.config import load
from tests.reference import (
    FIRST,
    JOBS_PICTURE,
    README,
    REFERENCE,
    ROOT,
    RULES_PAGE,
    SECTIONS,
    jobs_picture,
    reference,
    rendered,
    rules,
)

DOCUMENTS = [
    path
    for pattern in ("*.md", ".github/*.md", "docs/*.md", "examples/**/*.md")
    for path in sorted(ROOT.glob(pattern))
]


def test_the_generated_parts_are_up_to_date() -> None:
    for document in SECTIONS:
        assert document.read_text() == rendered(document), "run: make docs"
    assert REFERENCE.read_text() == reference(), "run: make docs"
    assert RULES_PAGE.read_text() == rules(), "run: make docs"
    assert JOBS_PICTURE.read_text() == jobs_picture(), "run: make docs"


def test_every_verb_is_in_the_readme() -> None:
    for verb in VERBS:
        assert f"`dbt-gitops {verb}" in README.read_text()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_first_jobs_file_is_valid_as_it_stands() -> None:
    loaded = load(FIRST)
    assert not loaded.problems
    assert len(FIRST.read_text().splitlines()) < 30


def test_every_make_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        n
        for path in DOCUMENTS
        for n in re.findall(r"(?:`|^)make (\w+)", path.read_text(), re.MULTILINE)
    }
    assert {"test", "demo", "lint", "bench"} <= named
    assert named <= targets


def test_nothing_names_a_package_index() -> None:
    hosts = ("py" + "pi.org", "pythonhosted" + ".org", "registry.npm" + "js.org")
    tracked = [ROOT / "pyproject.toml", *DOCUMENTS, *(ROOT / "requirements").glob("*.txt")]
    tracked += [ROOT / "Makefile", *(ROOT / "tests" / "node").glob("*.json")]
    for path in tracked:
        assert not any(host in path.read_text() for host in hosts), path


def test_the_example_is_valid(tmp_path: Path) -> None:
    folder = tmp_path / "example"
    shutil.copytree(ROOT / "examples" / "jaffle_duckdb", folder)
    loaded = load(folder / "dbt_jobs.yml")
    assert not loaded.problems
