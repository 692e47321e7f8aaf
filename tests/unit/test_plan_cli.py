"""`dbt-gitops plan` in real repositories, with the payloads that GitHub's runner leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runner.github.outputs import delimited, write_outputs
from tests.conftest import Project
from tests.github_commands import commands_of

REPOSITORY = {"full_name": "o/r", "default_branch": "main"}
BASE = """\
version: 1
project: dbt
environments:
  production: { target: prod, secrets: [PASSWORD], github_environment: production }
  ci: { target: ci, runs_on: [self-hosted, linux] }
defaults: { steps: [dbt build] }
jobs:
  nightly:
    environment: production
    triggers: { schedule: { cron: "17 5 * * *", timezone: America/New_York }, dispatch: true }
  ci:
    environment: ci
    triggers: { pull_request: }
    timeout: 30m
"""

# Always due: a time of it was less than six hours ago.
OFTEN = BASE.replace("17 5 * * *", "*/5 * * * *")


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    """A jobs file above its project, on main."""
    project = Project(path=tmp_path / "repository")
    project.write("dbt_jobs.yml", BASE)
    project.write("dbt/dbt_project.yml", "name: tiny\nversion: '1.0'\nprofile: tiny\n")
    project.write("dbt/models/one.sql", "select 1 as id\n")
    project.write("README.md", "read me\n")
    project.init()
    return project


def pull_request(project: Project, **changes: object) -> dict[str, Any]:
    """The payload of a pull request from `topic`, as it is checked out, into main."""
    body = {
        "number": 7, "draft": False, "labels": [], "user": {"login": "jo"},
        "head": {"ref": "topic", "sha": project.git("rev-parse", "HEAD"), "repo": REPOSITORY},
        "base": {"ref": "main", "sha": project.git("rev-parse", "main"), "repo": REPOSITORY},
        **changes,
    }  # fmt: skip
    return {"action": "opened", "pull_request": body, "repository": REPOSITORY}


def plan(
    project: Project, name: str, payload: object, *options: str, **env: str
) -> tuple[int, str, str]:
    event = project.path / ".git" / "event.json"
    event.write_text(json.dumps(payload))
    env = {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(event), **env}
    done = project.cli("plan", *options, **env)
    return done.code, done.out, done.err


def plan_json(project: Project, payload: object, *options: str) -> dict[str, Any]:
    code, out, err = plan(project, "pull_request", payload, "--format", "json", *options)
    assert code == 0, err
    document: dict[str, Any] = json.loads(out)
    return document


def topic(project: Project, **files: str) -> dict[str, Any]:
    """The payload of a pull request that writes these files; `__` is a slash, `_x` a dot."""
    project.git("checkout", "--quiet", "-b", "topic")
    for name, text in files.items():
        project.write(name, text)
    project.commit()
    return pull_request(project)


def test_a_pull_request(repository: Project) -> None:
    payload = topic(repository, **{"dbt/models/one.sql": "select 2 as id\n"})
    code, out, _ = plan(repository, "pull_request", payload)
    assert code == 0
    assert out == (
        "jobs to run: 1\n"
        "  ci       pull request #7 into main (opened)\n"
        "jobs not to run: 1\n"
        "  nightly  pull requests don't start it\n"
        "changes of the jobs file: none\n"
    )


def test_nothing_that_dbt_reads_has_changed(repository: Project) -> None:
    document = plan_json(repository, topic(repository, **{"README.md": "more\n"}))
    assert document["jobs"][1]["code"] == "no-relevant-change"
    assert document["notes"] == []


def test_what_a_pull_request_changes_in_the_jobs_file_is_shown_and_not_run(
    repository: Project,
) -> None:
    head = BASE.replace("timeout: 30m", "timeout: 1h").replace("17 5 * * *", "47 5 * * *")
    head = head.replace("target: ci,", "target: prod, env: { X: y }, secrets: [PASSWORD],")
    head = head.replace("{ target: prod, secrets", "{ target: prod, env: { X: y }, secrets")
    head += "  leak: { environment: production, triggers: { pull_request: } }\n"
    document = plan_json(repository, topic(repository, **{"dbt_jobs.yml": head}))
    jobs = {job["job"]: job for job in document["jobs"]}
    assert (jobs["leak"]["run"], jobs["leak"]["code"]) == (False, "not-in-base")
    assert jobs["ci"]["run"]
    assert jobs["ci"]["reason"].endswith("as the base's jobs file declares it")
    changes = {(each["kind"], each["name"]): each for each in document["difference"]["changes"]}
    assert {"field": "timeout", "before": "30m", "after": "1h"} in changes["job", "ci"]["fields"]
    assert changes["job", "leak"]["change"] == "added"
    assert [time[11:16] for time in changes["job", "nightly"]["fires_before"]] == ["05:17"] * 3
    assert [time[11:16] for time in changes["job", "nightly"]["fires_after"]] == ["05:47"] * 3
    warned = {(each["name"], each["code"]) for each in document["difference"]["warnings"]}
    assert {("ci", "secrets"), ("ci", "target"), ("leak", "environment")} <= warned
    code, out, _ = plan(repository, "pull_request", pull_request(repository))
    assert code == 0
    assert "  ~ job ci\n" in out
    assert "      timeout: 30m → 1h\n" in out
    assert "      next: " in out
    assert "warning: environment `ci` gains the secret PASSWORD\n" in out
    assert "  leak     the base's jobs file doesn't have it" in out


def test_a_job_runs_where_the_base_says(repository: Project) -> None:
    head = BASE.replace("runs_on: [self-hosted, linux]", "runs_on: [production-machine]")
    payload = topic(repository, **{"dbt_jobs.yml": head})
    _, out, _ = plan(repository, "pull_request", payload, "--format", "matrix")
    assert json.loads(out) == {
        "include": [
            {"job": "ci", "environment": "ci", "runs_on": ["self-hosted", "linux"],
             "github_environment": ""}
        ]
    }  # fmt: skip


def test_a_base_that_is_not_here_is_an_error(repository: Project) -> None:
    payload = topic(repository)
    payload["pull_request"]["base"]["sha"] = "1" * 40
    code, out, err = plan(repository, "pull_request", payload)
    assert (code, out) == (2, "")
    assert "there is no commit '1111" in err
    assert "fetch-depth: 0" in err


@pytest.mark.parametrize("text", ["", "version: 1\njobs: [\n"])
def test_a_base_without_a_sound_jobs_file_runs_nothing(repository: Project, text: str) -> None:
    if text:
        repository.write("dbt_jobs.yml", text)
    else:
        (repository.path / "dbt_jobs.yml").unlink()
    repository.commit()
    document = plan_json(repository, topic(repository, **{"dbt_jobs.yml": BASE}))
    assert {job["code"] for job in document["jobs"]} == {"not-in-base"}
    assert "no job of it runs" in document["notes"][0]


def test_a_base_whose_jobs_file_is_a_link_is_refused(repository: Project) -> None:
    (repository.path / "dbt_jobs.yml").rename(repository.path / "jobs.yml")
    (repository.path / "dbt_jobs.yml").symlink_to("jobs.yml")
    repository.commit()
    payload = topic(repository)
    (repository.path / "dbt_jobs.yml").unlink()
    repository.write("dbt_jobs.yml", BASE)
    code, _, err = plan(repository, "pull_request", payload)
    assert code == 2
    assert "symbolic link" in err


def test_a_jobs_file_that_is_called_otherwise_in_the_base(repository: Project) -> None:
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.git("mv", "dbt_jobs.yml", "dbt_jobs.yaml")
    repository.commit()
    document = plan_json(repository, pull_request(repository))
    assert document["difference"] == {"changes": [], "warnings": []}


@pytest.mark.parametrize("ref", ["--upload-pack=touch x", "-h", "main:dbt_jobs.yml", "", "a..b"])
def test_a_hostile_base_is_no_option(repository: Project, ref: str) -> None:
    payload = topic(repository)
    code, _, err = plan(repository, "pull_request", payload, f"--base={ref}")
    if ref:
        assert code == 2
        assert "there is no commit" in err
    else:
        assert code == 0


def test_another_base(repository: Project) -> None:
    payload = {"schedule": "*/5 * * * *", "repository": REPOSITORY}
    repository.write("dbt_jobs.yml", OFTEN.replace("30m", "45m"))
    code, out, _ = plan(repository, "schedule", payload, "--base", "main")
    assert code == 0
    assert "timeout: 30m → 45m" in out
    assert "  nightly  scheduled for " in out


def test_files_that_are_not_known(repository: Project) -> None:
    payload = topic(repository)
    payload["pull_request"]["head"]["sha"] = "1" * 40
    document = plan_json(repository, payload)
    assert document["jobs"][1]["run"]
    assert "fetch-depth: 0" in document["notes"][0]


def test_a_push(repository: Project) -> None:
    merge = BASE + (
        "  merge: { environment: production, triggers: { merge: { paths: ['dbt/**'] } } }\n"
    )
    repository.write("dbt_jobs.yml", merge)
    before = repository.commit()
    payload = {"ref": "refs/heads/main", "before": before, "repository": REPOSITORY}
    repository.write("README.md", "more\n")
    only_text = {**payload, "after": repository.commit()}
    repository.write("dbt/models/one.sql", "select 3 as id\n")
    model = {**payload, "after": repository.commit()}
    for pushed, due in ((only_text, 0), (model, 1)):
        _, out, _ = plan(repository, "push", pushed, "--format", "matrix")
        assert len(json.loads(out)["include"]) == due


def test_the_outputs_of_the_step(repository: Project, tmp_path: Path) -> None:
    payload = topic(repository, **{"dbt/models/one.sql": "select 2 as id\n"})
    file = tmp_path / "output"
    env = {"GITHUB_OUTPUT": str(file)}
    _, out, _ = plan(repository, "pull_request", payload, **env)
    assert "jobs to run: 1" in out  # for people, who read the log
    plan(repository, "pull_request", {**payload, "action": "edited"}, "--format=matrix", **env)
    first, matrix, last, *_ = lines = file.read_text().splitlines()
    assert first == f"matrix<<{last}"
    assert json.loads(matrix)["include"][0]["job"] == "ci"
    assert lines[4] == "true"
    found = {each["job"]: each["status"] for each in json.loads(lines[7])}
    assert found == {"ci": "due", "nightly": "skipped"}
    [leg] = json.loads(lines[10])["ci-checks"]["include"]
    assert leg == {
        "job": "ci", "environment": "ci", "runs_on": ["self-hosted", "linux"],
        "github_environment": "", "config": "dbt_jobs.yml", "timeout_minutes": 45,
        "group": "dbt.check.ci.7", "start": "",
    }  # fmt: skip
    assert lines[13] == "false"  # a check is no deployment
    assert (lines[16], lines[19], lines[25]) == ('{"include": []}', "false", "{}")
    assert len({line for line in lines if line.startswith("dbt-gitops-")}) == 10
    missing = str(tmp_path / "none" / "output")
    code, _, err = plan(repository, "pull_request", payload, GITHUB_OUTPUT=missing)
    assert (code, "the outputs can't be written" in err) == (2, True)


def test_an_output_that_holds_its_delimiter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="its own delimiter"):
        delimited("matrix", "a\nEOF\nadmin=true", "EOF")
    write_outputs(tmp_path / "out", {"x": "a\nEOF\nadmin=true"})
    first, *inside, last = (tmp_path / "out").read_text().splitlines()
    assert inside == ["a", "EOF", "admin=true"]
    assert first == f"x<<{last}"


@pytest.mark.parametrize("output", ["text", "json", "matrix"])
def test_nothing_that_is_printed_is_a_command(repository: Project, output: str) -> None:
    head = (
        BASE + "  new: { environment: production, description: '##[error]x\n\n    ::warning::y' }\n"
    )
    head = head.replace("runs_on: [self-hosted, linux]", "runs_on: ['##[group]', '::debug::x']")
    repository.write("dbt_jobs.yml", head)
    repository.commit()
    payload = {
        "ref": "refs/heads/main", "repository": REPOSITORY,
        "inputs": {"job": "nightly", "cause": "##[error]x ::notice::y", "##[warning]": "x"},
    }  # fmt: skip
    code, out, err = plan(
        repository, "workflow_dispatch", payload, "--format", output, "--base", "main~1"
    )
    assert code == 0, err
    assert commands_of(out.splitlines()) == []
    assert commands_of(err.splitlines()) == []


def test_no_event(repository: Project, tmp_path: Path) -> None:
    for missing in ({"GITHUB_ACTIONS": "true"}, {"GITHUB_EVENT_NAME": "push"}):
        done = repository.cli("plan", **missing)
        assert done.code == 2
        assert "hint: elsewhere: dbt-gitops plan --event pull_request --event-path" in done.err
    done = repository.cli("plan", "--event", "push", "--event-path", str(tmp_path / "none"))
    assert done.code == 2
    assert "can't be read" in done.err


def test_outside_of_a_checkout(repository: Project) -> None:
    payload = topic(repository)
    event = repository.path / "event.json"
    event.write_text(json.dumps(payload))
    (repository.path / ".git").rename(repository.path.parent / "elsewhere")
    options = ("plan", "--event", "pull_request", "--event-path", str(event))
    done = repository.cli(*options)
    assert done.code == 2
    assert "is not in a git checkout" in done.err
    repository.write("dbt_jobs.yml", OFTEN)
    event.write_text(json.dumps({"schedule": "*/5 * * * *", "repository": REPOSITORY}))
    done = repository.cli("plan", "--event", "schedule", "--event-path", str(event))
    assert done.code == 0
    assert "jobs to run: 1" in done.out
