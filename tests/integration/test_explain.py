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

from runner.dbt.counting import counted_nodes, read_nodes
from runner.steps import parse_step
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


@pytest.mark.parametrize(
    "selection",
    [
        (),
        ("--select", "marts"),
        ("--select", "path:models/staging"),
        ("--select", "tag:none", "customers"),
        ("--select", "resource_type:model,marts"),
        ("--select", "package:jaffle_duckdb", "--exclude", "orders"),
    ],
)
def test_the_numbers_are_those_of_dbt(
    selection: tuple[str, ...], dbt: Path, parsed: Project
) -> None:
    step = parse_step(" ".join(("dbt build", *selection)))
    found = counted_nodes(read_nodes(parsed.path / "target" / "manifest.json"), step)
    assert found is not None
    kinds = ("--resource-type", "model", "--resource-type", "seed", "--resource-type", "snapshot")
    done = subprocess.run(
        [str(dbt), "--quiet", "ls", "--output", "json", *kinds, *selection],
        cwd=parsed.path,
        env=parsed.env,
        check=True,
        capture_output=True,
        text=True,
    )
    nodes = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert found.kinds == Counter(each["resource_type"] for each in nodes)
    tags = Counter(tag for each in nodes for tag in each["tags"])
    assert found.tags == tags
