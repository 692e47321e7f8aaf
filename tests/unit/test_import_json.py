"""JSON that can't be meant so is an error of its file, with its place, whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.cli.main import run

JOB = '"id": 1, "name": "a", "environment_id": 5, "execute_steps": ["dbt build"]'
HALF = "has half a character"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[{{{JOB}, "execute_steps": []}}]', 'cloud.json has the key "execute_steps" twice\nin a\n'),
        ('[{"id": 1,\n "name": }]', "cloud.json:2:10 is not JSON\nExpecting value"),
        ('[{"id": 1,\n "name": "', "cloud.json:2:10 is not JSON\nit ends in the middle"),
        (f'[{{{JOB},\n  "x": "a \\ud800 b"}}]', f"cloud.json:2:11 {HALF}"),
        (f'[{{{JOB}, "x": {{"\\udfff": 1}}}}]', f"cloud.json:1:85 {HALF}"),
        (f'[{{{JOB}, "x": "\\ud83d\\ude00 \\ud83d"}}]', f"cloud.json:1:97 {HALF}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("source", ["dbt-cloud", "terraform"])
def test_json_that_is_not_meant_so(
    source: str,
    text: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cloud.json").write_text(text)
    assert run(["import", source, "cloud.json"]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert "hint:" in printed
    assert not Path("dbt_jobs.yml").exists()


def test_whole_characters_are_none_of_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cloud.json").write_text(f'[{{{JOB}, "description": "\\ud83d\\ude00 a\\\\ud800"}}]')
    assert run(["import", "dbt-cloud", "cloud.json"]) == 0
    assert "a\\ud800" in Path("dbt_jobs.yml").read_text()
