"""Everything for GitHub Actions that is shipped or documented passes every check, and each can fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.compiled import CASES, WORKFLOW
from tests.reference import README
from tests.unit.test_documents import DOCUMENTS
from tests.workflows.checks import CHECKS, ROOT, in_markdown, scripts

BAD = Path(__file__).parents[1] / "workflows" / "bad"
SHIPPED = [
    ROOT / "action.yml",
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((ROOT / "examples" / "workflows").glob("*.yml")),
]
# A known-bad file → the check that must find something, and what it must say.
FOUND = {
    "zizmor-template-injection.yml": ("zizmor", "template-injection"),
    "zizmor-unpinned-uses.yml": ("zizmor", "unpinned-uses"),
    "zizmor-excessive-permissions.yml": ("zizmor", "excessive-permissions"),
    "zizmor-artipacked.yml": ("zizmor", "artipacked"),
    "zizmor-dangerous-triggers.yml": ("zizmor", "dangerous-triggers"),
    "schema-misspelt-key.yml": ("schema", "run-on"),
    "actionlint-unknown-expression.yml": ("actionlint", 'property \\"two\\" is not defined'),
    "actionlint-unknown-output.yml": ("actionlint", 'property \\"due\\" is not defined'),
    "action-schema/action.yml": ("schema", "discription"),
    "action-template-injection/action.yml": ("zizmor", "template-injection"),
    "action-shell/action.yml": ("shellcheck", "SC2086"),
}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_shipped_is_clean(path: Path, check: str) -> None:
    assert CHECKS[check](path) == []


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_documented_is_clean(check: str, tmp_path: Path) -> None:
    blocks = [block for document in DOCUMENTS for block in in_markdown(document)]
    assert blocks, "the documents show a workflow"
    for block in blocks:
        path = tmp_path / "workflow.yml"
        path.write_text(block)
        assert CHECKS[check](path) == []


@pytest.mark.parametrize("name", FOUND)
def test_each_check_can_fail(name: str) -> None:
    check, text = FOUND[name]
    found = CHECKS[check](BAD / name)
    assert any(text in line for line in found), found


def test_every_bad_file_is_expected() -> None:
    assert {str(path.relative_to(BAD)) for path in BAD.rglob("*.yml")} == set(FOUND)


def test_no_expression_stands_in_a_script() -> None:
    for path in SHIPPED:
        for script in scripts(yaml.safe_load(path.read_text())):
            assert "${{" not in script, path


def test_every_action_is_pinned_and_has_one_pin() -> None:
    pins: dict[str, set[str]] = {}
    for path in SHIPPED:
        for action, pin in re.findall(r"\buses: (?!\./)(\S+?)@(.*)", path.read_text()):
            assert re.fullmatch(r"(?!0{40})[0-9a-f]{40}\b.* # v\d+\.\d+\.\d+", pin), (path, pin)
            pins.setdefault(action, set()).add(f"{pin[:40]} {pin.rpartition('#')[2]}")
    assert {"actions/checkout", "actions/cache", "actions/upload-artifact"} < set(pins)
    assert all(len(each) == 1 for each in pins.values()), pins


def test_every_permission_is_explained_in_the_readme() -> None:
    wanted = {
        f"{scope}: {level}"
        for case in CASES
        for job in yaml.safe_load(case.expected.read_text())["jobs"].values()
        for scope, level in job["permissions"].items()
    }
    assert wanted == set(re.findall(r"^\| `([\w-]+: \w+)` \|", README.read_text(), re.MULTILINE))


def test_the_report_waits_for_the_workflow_by_its_name() -> None:
    report = WORKFLOW.with_name("dbt-gitops-report.yml")
    on = yaml.safe_load(report.read_text())[True]  # YAML 1.1 reads `on` so
    assert on["workflow_run"]["workflows"] == [yaml.safe_load(WORKFLOW.read_text())["name"]]


def test_every_input_and_output_of_the_action_is_in_the_readme() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    for name in [*action["inputs"], *action["outputs"]]:
        assert f"`{name}`" in README.read_text(), name


@pytest.mark.parametrize(
    ("state", "requirements"),
    [
        ("github", "runtime.txt"),
        ("./state", "runtime.txt"),
        ("s3://bucket/dbt", "s3.txt"),
        ('"gs://bucket"', "gcs.txt"),
        ("az://container/dbt", "azure.txt"),
    ],
)
def test_the_action_installs_what_the_store_needs(
    tmp_path: Path, state: str, requirements: str
) -> None:
    jobs = tmp_path / "dbt_jobs.yml"
    jobs.write_text(f"version: 1\nstate: {state}\n")
    first = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"][0]
    env = {
        "PATH": os.environ["PATH"],
        "PYTHON": sys.executable,
        "CONFIG": str(jobs),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    subprocess.run(["bash", "-e", "-c", first["run"]], env=env, check=True, cwd=tmp_path)
    lines = (tmp_path / "output").read_text().splitlines()
    assert f"requirements={requirements}" in lines
    assert (ROOT / "requirements" / requirements).is_file()
    assert {line.partition("=")[0] for line in lines} == {"requirements", "runner", "dbt"}


@pytest.mark.parametrize(
    ("command", "config", "expected"),
    [
        ("plan", "a.yml\n\n  b c.yml \n", ["plan", "--config", "a.yml", "--config", "b c.yml"]),
        ("report", "a.yml", ["report", "--config", "a.yml"]),
        ("clean", "a.yml", ["clean", "--config", "a.yml"]),
        ("validate", "a.yml\nb.yml", ["validate", "--format", "github", "--", "a.yml", "b.yml"]),
        ("run", "a.yml", ["run", "--config", "a.yml", "--start", '{"x": "$(id)"}', "--", "-h"]),
    ],
)
def test_the_action_calls_the_command_with_its_inputs(
    tmp_path: Path, command: str, config: str, expected: list[str]
) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    script = next(step["run"] for step in steps if step.get("id") == "command")
    env = {
        "PATH": os.environ["PATH"],
        "VENV": str(tmp_path),
        "GITHUB_ACTION_PATH": "/action",
        "COMMAND": command,
        "CONFIG": config,
        "JOB": "-h",
        "START": '{"x": "$(id)"}',
    }
    done = subprocess.run(
        ["bash", "-e", "-c", script], env=env, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["-I", "/action/runner/__main__.py", *expected]


def test_several_jobs_files_make_one_key(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("version: 1\nstate: s3://bucket\n")
    (tmp_path / "b.yml").write_text("version: 1\nstate: github\n")
    first = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"][0]
    keys = []
    for number, files in enumerate(("a.yml\nb.yml\n", "a.yml", "b.yml")):
        output = tmp_path / f"output-{number}"
        env = {
            "PATH": os.environ["PATH"],
            "PYTHON": sys.executable,
            "CONFIG": files,
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(output),
        }
        subprocess.run(["bash", "-e", "-c", first["run"]], env=env, check=True, cwd=tmp_path)
        keys.append(dict(line.split("=") for line in output.read_text().splitlines()))
    assert [key["requirements"] for key in keys] == ["s3.txt", "s3.txt", "runtime.txt"]
    assert len({key["dbt"] for key in keys}) == 3
