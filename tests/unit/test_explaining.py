"""Questions about manifests that can't be read: said, and nothing else fails by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.dbt.explaining import Changes, NotExplained, clonable, explain, mark
from runner.dbt.unseen import Unseen
from runner.errors import StateUnresolved
from runner.execution.cloning import plan_cloning
from runner.execution.reasons import reasons


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text('{"nodes": ')
    return tmp_path / "manifest.json"


def test_each_question_says_what_went_wrong(broken: Path) -> None:
    with pytest.raises(NotExplained, match=r"changes of .*manifest.json failed: .*JSONDecodeError"):
        explain(broken, broken, {})
    with pytest.raises(NotExplained, match="clonable of"):
        clonable(broken)
    with pytest.raises(NotExplained, match="unseen of"):
        mark(broken, Unseen(vars=[["", "a"]], seeds=[]))
    assert broken.read_text() == '{"nodes": '


def test_a_run_goes_on_without_the_reasons(broken: Path) -> None:
    changes, note = reasons([], [], broken.parent, broken.parent, parsed_only=False)
    assert changes == Changes()
    assert note.startswith("the record doesn't say why nodes were selected: changes of ")


def test_cloning_needs_productions_manifest(broken: Path) -> None:
    with pytest.raises(StateUnresolved, match="production's manifest can't be read"):
        plan_cloning((), broken.parent)


def test_a_file_of_the_users_is_not_taken_for_ours(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runner.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotExplained, match="JSONDecodeError"):
        explain(broken, Path("manifest.json"), {})
