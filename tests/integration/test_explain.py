"""What `explain` says beside what runs did and dbt lists: real dbt on DuckDB."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import EXAMPLE, MADE, Project, clean_environ

# A run's own folders, in the order in which they are looked for, and what `explain` calls them.
FOLDERS = (
    (r"\S*/dbt-gitops-base-[^/ ]+", "<base target>"),
    (r"\S*/dbt-gitops-[^/ ]+/profiles", "<profiles>"),
    (r"\S*/dbt-gitops-[^/ ]+/state", "<state>"),
)


def explained(project: Project, job: str) -> list[list[str]]:
    said = json.loads(project.cli("explain", job, "--format", "json").out)
    return [each["argv"] for each in said["runs"][0]["commands"]]


def executed(project: Project, record: str) -> list[list[str]]:
    """The commands of a run's record, with names for the folders that it made."""
    return [[_named(each, step) for each in step["argv"]] for step in json.loads(record)["steps"]]


def _named(word: str, step: dict[str, Any]) -> str:
    argv = step["argv"]
    before = argv[argv.index(word) - 1]
    if before == "--log-path":
        return "<logs>"
    if before == "--project-dir":
        return "<base>"
    for pattern, name in FOLDERS:
        word = re.sub(f"^{pattern}$", name, word)
    return word


def test_production_runs_what_explain_says(jaffle: Project) -> None:
    said = explained(jaffle, "daily")
    done = jaffle.run("daily")
    assert done.code == 0, done.err
    assert executed(jaffle, done.out) == said


def test_a_pull_request_runs_what_explain_says(built: Project) -> None:
    built.git("checkout", "--quiet", "-b", "topic")
    built.append("models/two.sql", "-- changed\n")
    built.commit()
    said = explained(built, "ci")
    done = built.run("ci", "--schema", "pr_7")
    assert done.code == 0, done.err
    # DuckDB can't clone, as explain says of that command.
    assert executed(built, done.out) == [argv for argv in said if argv[1] != "clone"]


@pytest.fixture(scope="module")
def parsed(dbt: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example with a manifest, and no run."""
    path = tmp_path_factory.mktemp("parsed") / "jaffle"
    shutil.copytree(EXAMPLE, path, ignore=MADE)
    project = Project(path=path, env=clean_environ(os.environ))
    subprocess.run([str(dbt), "parse", "--quiet"], cwd=path, env=project.env, check=True)
    return project


def counted(project: Project, job: str, *options: str) -> list[str]:
    done = project.cli("explain", job, "--format", "json", *options)
    assert done.code == 0, done.err
    texts = [fact["text"] for fact in json.loads(done.out)["sections"]["builds"]]
    start = next(i for i, text in enumerate(texts) if text.startswith("how many nodes that is"))
    return texts[start:]


def test_dbt_counts_by_itself_and_by_a_manifest(parsed: Project, dbt: Path) -> None:
    first, *said = counted(parsed, "ingest", "--manifest")
    assert first == "how many nodes that is, dbt says by the project as it is here:"
    assert said == [
        "`dbt seed`: 5 seeds",
        f"`dbt build --select tag:ingestion`: {_listed(parsed, dbt, 'tag:ingestion')}",
        "by folder: staging 6",
        "by tag: ingestion 6",
    ]
    assert (
        "`dbt build --exclude resource_type:seed`: 61 tests, 15 models, 1 snapshot and 1 unit test"
        in (counted(parsed, "daily", "--manifest"))
    )
    first, *again = counted(parsed, "ingest", "--manifest", "target/manifest.json")
    assert re.fullmatch(
        r"how many nodes that is, dbt says by the manifest of \d+[smh] ago, dbt 1\.11\.\d+:", first
    )
    assert again == said
    assert counted(parsed, "ci", "--manifest")[1:] == [
        "`dbt build --select state:modified+`: as many as differ from the state that it compares with,"
        " 71 tests, 15 models, 5 seeds, 1 snapshot and 1 unit test at most"
    ]


def _listed(project: Project, dbt: Path, selection: str) -> str:
    done = subprocess.run(
        [str(dbt), "--quiet", "ls", "--output", "json", "--select", selection],
        cwd=project.path,
        env=project.env,
        check=True,
        capture_output=True,
        text=True,
    )
    nodes = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    kinds = Counter(each["resource_type"] for each in nodes)
    assert set(kinds) == {"model", "test", "source"}  # of which `dbt build` takes no source
    return f"{kinds['test']} tests and {kinds['model']} models"


def test_without_it_explain_says_how_to_ask(parsed: Project, tiny: Project) -> None:
    [said] = counted(parsed, "daily")
    assert re.fullmatch(
        r"how many nodes that is, `dbt-gitops explain daily --manifest` asks of dbt;"
        r" `--manifest target/manifest\.json` by the manifest of \d+[smh] ago, dbt 1\.11\.\d+",
        said,
    )
    [said] = counted(tiny, "daily")
    assert said == "how many nodes that is, `dbt-gitops explain daily --manifest` asks of dbt"


def test_a_selection_that_dbt_refuses_or_that_matches_nothing(tiny: Project) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    steps = "[dbt build -s oen one, dbt run --selector nowhere]"
    tiny.write("dbt_jobs.yml", jobs.replace("[dbt build]", steps))
    _, models, missing, refused = counted(tiny, "daily", "--manifest")
    assert models == "`dbt build -s oen one`: 1 model"
    assert missing == "nothing in the project matches `oen`"
    assert refused.startswith("`dbt run --selector nowhere`: dbt refuses it: ")
