"""``dbt-gitops import bolt`` and ``workflow``: what is written, compared and refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from runner.cli.main import run
from runner.importing.cloud_json import MOST_BYTES
from runner.importing.writing import config_of
from runner.workflow import PATH
from tests.importing.sources import FOLDER

OUT = Path("dbt_jobs.yml")
BOLT = """\
version: 1
schedules:
  - name: daily
    schedule: "0 6 * * *"
    environment: production
    commands: [dbt build --target prod]
"""
WORKFLOW = """\
name: daily
on:
  schedule: [{cron: "0 6 * * *"}]
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{run: dbt build --target prod}]
"""
FILES = {"bolt": "paradime_schedules.yml", "workflow": ".github/workflows/dbt.yml"}
TEXTS = {"bolt": BOLT, "workflow": WORKFLOW}
SOURCES = sorted(FILES)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with both sources, where each is found without being named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    for source, name in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TEXTS[source])
    return tmp_path


@pytest.mark.parametrize("source", SOURCES)
def test_a_new_file(source: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", source, "--dry-run"]) == 0
    printed = capsys.readouterr()
    assert not OUT.exists()
    assert "jobs:\n" in printed.out
    assert "carried" in printed.err
    assert run(["import", source]) == 0
    said = capsys.readouterr().err
    assert "dbt_jobs.yml has the imported jobs\nnext:\n" in said
    assert "dbt-gitops validate\n" in said
    assert "dbt-gitops sync\n" in said
    text = OUT.read_text()
    assert text == printed.out
    assert "# From" in text
    config = config_of(OUT, text)
    daily = config.jobs["daily"]
    assert (daily.target, daily.triggers.schedule[0].cron) == ("prod", "0 6 * * *")
    assert run(["import", source, "--report", "json"]) == 0
    again = capsys.readouterr()
    assert again.err.endswith("dbt_jobs.yml is up to date: nothing has changed\n")
    rows = json.loads(again.out)["rows"]
    assert all("." in row["to"] or row["to"] in ("", "state", "version") for row in rows)
    assert "jobs.daily.target" in {row["to"] for row in rows}
    assert OUT.read_text() == text


@pytest.mark.parametrize("source", SOURCES)
def test_check_tells_differences(
    source: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", source, "--check"]) == 2
    assert "there is no dbt_jobs.yml" in capsys.readouterr().err
    assert run(["import", source]) == 0
    assert run(["import", source, "--check"]) == 0
    file = Path(FILES[source])
    file.write_text(TEXTS[source].replace("0 6 * * *", "0 7 * * *").replace("prod}", "eu}"))
    before = OUT.read_bytes()
    capsys.readouterr()
    assert run(["import", source, "--check"]) == 1
    printed = capsys.readouterr().out
    assert "daily" in printed
    assert "07:00" in printed or "0 7 * * *" in printed
    assert OUT.read_bytes() == before


@pytest.mark.parametrize("source", SOURCES)
def test_a_merge_keeps_comments_and_order(source: str, repository: Path) -> None:
    there = """\
# Ours.
version: 1
state: github
environments:
  production: {target: old}  # the warehouse
jobs:
  mine:  # first
    environment: production
    steps: [dbt test]

  # Every morning.
  daily:
    steps:
      - dbt run
    environment: production
    retries: {attempts: 2}
"""
    OUT.write_text(there)
    assert run(["import", source]) == 0
    text = OUT.read_text()
    for kept in (
        "# Ours.",
        "# the warehouse",
        "# first",
        "# Every morning.",
        "retries: {attempts: 2}",
    ):
        assert kept in text
    assert text.index("mine:") < text.index("daily:") < text.index("retries:")
    config = config_of(OUT, text)
    assert [step.text for step in config.jobs["daily"].steps] == ["dbt build"]
    assert [step.text for step in config.jobs["mine"].steps] == ["dbt test"]
    assert run(["import", source, "--check"]) == 0


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"jobs:\n  a: [\n", "bad.yml:3:1: this is not YAML"),
        (b"jobs: {a: 'x\n", "bad.yml:2:1: this is not YAML"),
        (b"", "bad.yml:1:1: the file is empty"),
        (b"# nothing\n", "bad.yml:1:1: the file is empty"),
        (b"- a\n- b\n", "bad.yml:1:1: the file holds no mapping"),
        (b"schedules: 1\njobs: 2  # dbt\n", "bad.yml:"),
        (b"schedules: []\njobs: {}\n", "bad.yml has a step that dbt runs"),
        (b"<!DOCTYPE html>\n<html><body>Log in</body></html>", "bad.yml:1:1: this is a web page"),
        (b"name: daily\nschedules: caf\xe9\n", "bad.yml:2:15: byte 0xe9 is not UTF-8"),
        ("name: x\n".encode("utf-16"), "the file is UTF-16, not UTF-8"),
        (b"name: \x00\n", "bad.yml:1:7: the file contains a NUL byte"),
        (b"#" * (1024 * 1024 + 1), "the file is too large"),
        (BOMB.encode(), "the aliases expand to too much"),
        (b"a: &a {b: *a}\n", "bad.yml:1:11: the alias `*a` points at nothing"),
        (b"[" * 100, "the nesting is too deep"),
        (b"name: 1\nname: 2\n", "bad.yml:2:1: the key `name` is written twice"),
        (b"a: 1\n---\nb: 2\n", "bad.yml:2:1: the file has more than one YAML document"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_what_cannot_be_read(
    source: str, raw: bytes, said: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", source]) == 0
    before = OUT.read_bytes()
    Path("bad.yml").write_bytes(raw)
    capsys.readouterr()
    assert run(["import", source, "bad.yml"]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert "hint:" in printed
    assert "Traceback" not in printed
    assert "a jobs file" not in printed
    assert OUT.read_bytes() == before


@pytest.mark.parametrize("source", [*SOURCES, "dbt-cloud"])
def test_what_is_not_there(
    source: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("folder").mkdir()
    Path("link.yml").symlink_to(FILES["bolt"])
    named = ["none.json", "folder", "*.none"] + ([] if source == "dbt-cloud" else ["link.yml"])
    for name in named:
        assert run(["import", source, name]) == 2
        printed = capsys.readouterr().err
        assert name in printed
        assert "hint:" in printed
    assert not OUT.exists()


def test_nothing_to_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for source, looked_for in (
        ("bolt", "paradime_schedules.yml"),
        ("workflow", ".github/workflows/*.yml"),
    ):
        assert run(["import", source]) == 2
        printed = capsys.readouterr().err
        assert "this folder has no file to import" in printed
        assert looked_for in printed


def test_workflows_that_are_left_alone(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert run(["import", "workflow"]) == 0
    assert run(["sync"]) == 0
    Path(".github/workflows/lint.yml").write_text(
        "on: push\njobs: {lint: {steps: [{run: ruff check}]}}\n"
    )
    capsys.readouterr()
    assert run(["import", "workflow", "--report", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    alone = {row["field"]: row["why"] for row in rows if row["field"].endswith(".yml")}
    assert alone[PATH] == "dbt-gitops has compiled it"
    assert alone[".github/workflows/lint.yml"] == "nothing in it runs dbt"
    assert run(["import", "workflow", "--check"]) == 0


def test_each_project_has_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER / "workflow" / "projects")
    out = tmp_path / "dbt_jobs.yml"
    assert run(["import", "workflow", "--project", "dbt/finance", "--out", str(out)]) == 0
    config = config_of(out, out.read_text())
    assert [*config.jobs] == ["monorepo-finance", "monorepo-both"]
    assert config.environments["production"].secrets == ("FINANCE_KEY",)


def test_folders_are_seen_from_the_jobs_file(repository: Path) -> None:
    Path("transform").mkdir()
    Path(FILES["workflow"]).write_text(
        WORKFLOW.replace("prod}", "prod --project-dir transform --profiles-dir transform/p}")
    )
    assert run(["import", "workflow", "--out", "transform/dbt_jobs.yml"]) == 0
    text = Path("transform/dbt_jobs.yml").read_text()
    assert "project:" not in text
    assert "profiles_dir: p\n" in text


def test_a_large_answer_of_dbt_cloud(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Path("large.json").open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    assert run(["import", "dbt-cloud", "large.json"]) == 2
    printed = capsys.readouterr().err
    assert "is too large" in printed
    assert "hint:" in printed


@pytest.mark.parametrize("source", SOURCES)
def test_the_project_below_is_found(
    source: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = repository / "transform"
    folder.mkdir()
    (repository / "dbt_project.yml").rename(folder / "dbt_project.yml")
    assert run(["import", source]) == 0
    assert "note: the dbt project is in transform\n" in capsys.readouterr().err
    assert config_of(OUT, OUT.read_text()).project == folder
    assert run(["import", source, "--check"]) == 0
