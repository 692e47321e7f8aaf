"""What is said of what can't be: once, in the same words, with the nearest that can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project
from tests.github_commands import commands_of

JOBS = """\
version: 1
environments:
  production: { target: prod }
defaults: { environment: production, steps: [dbt build] }
jobs:
  ingest: { triggers: { dispatch: true } }
  daily: { triggers: { schedule: { cron: "17 5 * * *" } } }
"""
WRONG = JOBS.replace("{ dispatch", "{ dispach").replace("] }", "], stepz: [] }")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(path=tmp_path / "shop")
    made.write("dbt_jobs.yml", JOBS)
    made.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n")
    made.init()
    return made


@pytest.mark.parametrize("command", [("run", "daily"), ("runs",), ("plan",), ("sync",)])
def test_a_problem_of_the_jobs_file_is_said_once(
    project: Project, command: tuple[str, ...]
) -> None:
    project.write("dbt_jobs.yml", WRONG)
    done = project.cli(*command)
    assert (done.code, done.out) == (2, "")
    problems = [line for line in done.err.splitlines() if "unknown key" in line]
    assert problems == [
        "error: unknown key `stepz` in `defaults`",
        "error: unknown key `dispach` in `jobs.ingest.triggers`",
    ]
    assert done.err.endswith("\n2 problems in dbt_jobs.yml\n")


def test_on_github_each_problem_is_one_annotation_and_the_summary_has_the_first(
    project: Project, tmp_path: Path
) -> None:
    project.write("dbt_jobs.yml", WRONG)
    summary = tmp_path / "summary.md"
    done = project.cli("runs", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    lines = done.err.splitlines()
    assert commands_of(lines) == ["error", "error"]
    found = [line for line in lines if line.startswith("::error ")]
    assert all("unknown key" in each and "file=dbt_jobs.yml" in each for each in found)
    assert done.err.count("2 problems in dbt_jobs.yml") == 1
    assert "dbt_jobs.yml:4: unknown key `stepz` in `defaults`" in summary.read_text()


def test_a_job_that_is_not_there_is_told_in_the_same_words_everywhere(
    project: Project, tmp_path: Path
) -> None:
    event = tmp_path / "event.json"
    repository = {"full_name": "o/r", "default_branch": "main"}
    inputs = {"job": "dayly", "cause": "a try"}
    payload = {"inputs": inputs, "ref": "refs/heads/main", "repository": repository}
    event.write_text(json.dumps(payload))
    dispatched = ("plan", "--event", "workflow_dispatch", "--event-path", str(event))
    said = {
        project.cli(*command).err.split(" in dbt_jobs.yml")[0].splitlines()[0]: command
        for command in [
            ("run", "dayly"),
            ("run", "dayly", "--chain"),
            ("runs", "dayly"),
            ("trigger", "dayly", "--cause", "a try"),
            dispatched,
        ]
    }
    assert list(said) == ["error: there is no job `dayly`"]
    done = project.cli("runs", "dayly")
    assert done.code == 2
    assert "the jobs are: daily, ingest\n" in done.err
    assert "hint: did you mean `daily`?" in done.err


def test_without_a_jobs_file_here_those_of_the_compiled_workflow_are_meant(
    project: Project,
) -> None:
    assert project.cli("sync").code == 0
    project.write("models/one.sql", "select 1 as id")
    inside = Project(path=project.path / "models")
    note = "note: there is no dbt_jobs.yml in this folder: ../dbt_jobs.yml of the compiled workflow"
    validated = inside.cli("validate")
    assert (validated.code, validated.err) == (0, f"{note} is taken\n")
    assert "../dbt_jobs.yml is valid: 2 jobs" in validated.out
    for command in ("plan", "runs"):
        done = inside.cli(command)
        assert done.code == 0, done.err
        assert note in done.err
    on_github = inside.cli("validate", GITHUB_ACTIONS="true")
    assert on_github.code == 2
    assert "`dbt_jobs.yml` doesn't exist" in on_github.out


def test_of_several_jobs_files_a_command_that_takes_one_wants_it_named(project: Project) -> None:
    project.write("b/dbt_jobs.yml", JOBS.replace("ingest", "load").replace("daily", "nightly"))
    project.write("b/dbt_project.yml", "name: b\nversion: '1.0'\nprofile: shop\n")
    project.write("c/README", "")
    assert project.cli("sync", "dbt_jobs.yml", "b/dbt_jobs.yml").code == 0
    inside = Project(path=project.path / "c")
    planned = inside.cli("plan")
    assert planned.code == 0, planned.err
    assert "nightly" in planned.out
    assert "daily" in planned.out
    assert "../dbt_jobs.yml, ../b/dbt_jobs.yml of the compiled workflow are taken" in planned.err
    runs = inside.cli("runs")
    assert runs.code == 2
    assert "they are ../dbt_jobs.yml, ../b/dbt_jobs.yml\n" in runs.err
    assert "hint: name the one that you mean: --config ../dbt_jobs.yml" in runs.err
    assert inside.cli("runs", "--config", "../b/dbt_jobs.yml").code == 0


def test_a_trigger_that_is_not_there_is_told_as_a_job_is(project: Project) -> None:
    done = project.cli("runs", "--trigger", "schedule", "--trigger", "schedul")
    assert done.code == 2
    assert done.err == (
        "error: there is no trigger `schedul`\n"
        "the triggers are: dispatch, job, manual, merge, merge_group, pull_request, schedule\n"
        "\nhint: did you mean `schedule`?\n"
    )
    assert project.cli("runs", "--trigger", "job").code == 0


PROFILES = """\
shop:
  target: prod
  outputs:
    prod: { type: duckdb, path: "{{ env_var('NOT_SET') }}" }
    dev: { type: duckdb, path: dev.duckdb }
other: { outputs: { production: { type: duckdb } } }
"""
OTHERS = JOBS.replace("{ target: prod }", "{ target: production }")


def _targets(file: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in file["problems"] if each["code"] == "unknown-target"]


def test_a_target_that_profiles_yml_does_not_have_is_a_warning(project: Project) -> None:
    project.write("profiles.yml", PROFILES)
    assert "unknown-target" not in project.cli("validate", "--format", "json").out
    project.write("dbt_jobs.yml", OTHERS + "  slow: { target: dav }\n  quick: { target: dev }\n")
    done = project.cli("validate", "--format", "json")
    [file] = json.loads(done.out)["files"]
    assert (done.code, file["valid"]) == (0, True)
    found = [(each["line"], each["what"], each["hint"]) for each in _targets(file)]
    place = project.path / "profiles.yml"
    assert found == [
        (
            3,
            f"there is no target `production` in {place}",
            "add it to profiles.yml, or name one of these",
        ),
        (8, f"there is no target `dav` in {place}", "did you mean `dev`?"),
    ]
    assert _targets(file)[0]["why"] == "the project's profile has: dev, prod"


def test_a_missing_target_is_told_where_it_is_written(project: Project) -> None:
    """An environment's target goes before the defaults'."""
    project.write("profiles.yml", PROFILES)
    jobs = OTHERS.replace("{ environment: production,", "{ environment: production, target: dev,")
    jobs = jobs.replace("jobs:", "  # the rest\njobs:")
    project.write("dbt_jobs.yml", jobs.replace("defaults", "  staging: { target: stg }\ndefaults"))
    project.append("dbt_jobs.yml", "  slow: { environment: staging }\n")
    [file] = json.loads(project.cli("validate", "--format", "json").out)["files"]
    found = [(each["line"], each["what"].split(" in ")[0]) for each in _targets(file)]
    assert found == [
        (3, "there is no target `production`"),
        (4, "there is no target `stg`"),
    ]


def test_a_profiles_yml_that_can_t_be_read_is_dbts_to_tell(project: Project) -> None:
    project.write("profiles.yml", PROFILES + "since: 2025-13-45\n")
    project.write("dbt_jobs.yml", OTHERS)
    done = project.cli("validate")
    assert (done.code, "no target" in done.out) == (0, False), done.err


def test_a_profiles_yml_that_is_named_is_the_one_that_counts(
    project: Project, tmp_path: Path
) -> None:
    project.write("profiles.yml", PROFILES)
    project.write("dbt_jobs.yml", OTHERS)
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "profiles.yml").write_text(PROFILES.replace("dev:", "production:"))
    named = str(tmp_path / "named")
    on_github = project.cli("validate", DBT_PROFILES_DIR=named, GITHUB_ACTIONS="true")
    assert "no target" not in on_github.out + on_github.err
    # What somebody's shell exports says nothing of the machine that runs the job.
    assert "no target" in project.cli("validate", DBT_PROFILES_DIR=named).out
    project.write("dbt_jobs.yml", OTHERS.replace("production }", "production, profiles_dir: up }"))
    assert "no target" not in project.cli("validate").out
    project.write("up/profiles.yml", PROFILES)
    assert "no target `production`" in project.cli("validate").out
    project.write("up/profiles.yml", "{{ nothing that can be read }}")
    assert project.cli("validate").code == 0
    project.write("dbt_jobs.yml", OTHERS)
    project.write("dbt_project.yml", "name: shop\nprofile: \"{{ env_var('PROFILE') }}\"\n")
    assert "no target" not in project.cli("validate").out
