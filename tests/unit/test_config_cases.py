"""Whole jobs files: the valid ones load, and of the invalid ones every problem is exactly as written."""

from pathlib import Path

import pytest

from runner.config import load
from tests.configs import INVALID, VALID, all_described, expectation, load_in_project


@pytest.mark.parametrize("case", VALID, ids=lambda case: case.stem)
def test_valid(case: Path, tmp_path: Path) -> None:
    loaded = load_in_project(case, tmp_path)
    assert loaded.errors == ()
    assert loaded.config is not None


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.stem)
def test_invalid(case: Path, tmp_path: Path) -> None:
    loaded = load_in_project(case, tmp_path)
    assert loaded.config is None
    assert all_described(loaded) == expectation(case).read_text()


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.stem)
def test_each_problem_is_where_it_says(case: Path, tmp_path: Path) -> None:
    for problem in load_in_project(case, tmp_path).problems:
        if problem.source:
            assert 1 <= problem.column <= len(problem.source) + 1
            assert problem.column < problem.end_column <= max(len(problem.source) + 1, 2)
        assert problem.what.isprintable()
        assert not problem.what.endswith(".")


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    jobs = tmp_path / "dbt_jobs.yml"
    jobs.write_bytes(next(case for case in VALID if case.stem == "smallest").read_bytes())
    (problem,) = load(jobs).problems
    assert (problem.code, problem.line) == ("no-project", 1)
    assert problem.what == f"there is no dbt_project.yml in `{tmp_path}`"
