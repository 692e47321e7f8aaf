"""`dbt-gitops explain`: what is said of each job, from where, and of jobs that aren't there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.criterion import METHODS
from runner.execution.explaining.building import METHODS as CHOSEN
from runner.execution.explaining.building import step_in_words
from runner.reports.explanation import as_text
from runner.steps import COMMANDS, parse_step
from tests.conftest import Project, write_tiny
from tests.explained import CASES, FILES, FORMATS, expected, explained, explanations, in_project

TWO = """\
version: 1
project: {folder}
environments: {{ production: {{ target: prod }} }}
jobs: {{ {job}: {{ environment: production, steps: [dbt build] }} }}
"""


@pytest.mark.parametrize(("name", "output"), CASES)
def test_what_is_said_of_each_job(name: str, output: str) -> None:
    assert explained(name, output) == expected(name, output).read_text()


@pytest.mark.parametrize("name", FILES)
def test_each_place_is_a_line_that_says_it(name: str, tmp_path: Path) -> None:
    loaded = in_project(FILES[name], tmp_path)
    lines = loaded.file.read_text(encoding="utf-8-sig").splitlines()
    for each in explanations(loaded):
        for value in each.values:
            if value.where:
                file, _, line = value.where.rpartition(":")
                assert Path(file) == loaded.file
                assert value.key.rpartition(".")[2] in lines[int(line) - 1]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("dbt build", "builds and tests the whole project"),
        (
            "dbt build -s state:modified+",
            "builds and tests what has changed and everything after it",
        ),
        (
            "dbt run --select +a 2+b+1 @c",
            "builds the models of `a` and everything before it, `b` and up to 2 steps before and up to"
            " 1 step after it and `c`, everything after it and all that this needs",
        ),
        (
            "dbt test --select tag:x,config.materialized:table,path:m --exclude staging.*",
            "tests of what has the tag `x`: only what has the config `materialized: table`, and only what"
            " is in `m`, but not `staging.*`",
        ),
        (
            "dbt build --selector nightly",
            "builds and tests the selector `nightly` of selectors.yml",
        ),
        (
            "dbt run -s models/a.sql *",
            "builds the models of what is in `models/a.sql` and the whole project",
        ),
        ("dbt ls -s state:modified.body", "lists what has changed in its body"),
        ("dbt ls -s odd:x{0}", "lists what `odd:x{0}` selects"),
        ("dbt run-operation grant --args '{a: 1}'", "runs the macro `grant`"),
        ("dbt run-operation --args '{a: 1}' -t prod --quiet grant", "runs the macro `grant`"),
        ("dbt run-operation --args='{a: 1}'", "runs the macro"),
        (
            "dbt build --full-refresh --resource-type model --empty",
            "builds the whole project, only the type `model`, with a full refresh, without any rows",
        ),
        (
            "dbt build --exclude-resource-types unit_test test -s a --sample='3 days'",
            "builds `a`, without the types `test` and `unit_test`, on a sample of the rows",
        ),
        (
            "dbt build --exclude-resource-type=unit_test -f",
            "builds and tests the whole project, without the type `unit_test`, with a full refresh",
        ),
        ("dbt build --resource-type test", "tests the whole project, only the type `test`"),
        (
            "dbt build --exclude resource_type:seed fqn:* a.sql",
            "builds and tests the whole project, but not what is a seed, the whole project and what is in"
            " the file `a.sql`",
        ),
        ("dbt deps", "installs the project's packages"),
    ],
)
def test_a_step_in_words(step: str, words: str) -> None:
    assert step_in_words(parse_step(step)) == words


def test_every_method_has_words() -> None:
    assert {*CHOSEN, "state"} == {*METHODS, "selector"}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_words(command: str) -> None:
    assert step_in_words(parse_step(f"dbt {command}"))


def test_a_job_that_isnt_there_gets_the_nearest_name(tmp_path: Path) -> None:
    done = write_tiny(tmp_path / "tiny").cli("explain", "dayly")
    assert (done.code, done.out) == (2, "")
    assert "there is no job `dayly` in dbt_jobs.yml" in done.err
    assert "did you mean `daily`?" in done.err


def test_json_has_the_same(tmp_path: Path) -> None:
    done = write_tiny(tmp_path / "tiny").cli("explain", "ci", "--format", "json")
    assert (done.code, done.err) == (0, "")
    said = json.loads(done.out)
    assert (said["job"], said["where"], said["next"]) == ("ci", "dbt_jobs.yml:14", [])
    assert [run["commands"][-1]["argv"][1] for run in said["runs"]] == ["build", "parse"]
    assert {each["key"]: each["source"] for each in said["values"]}["target"] == "environment"


@pytest.mark.parametrize("output", FORMATS)
def test_what_looks_secret_is_held_back(output: str, tmp_path: Path) -> None:
    project = write_tiny(tmp_path / "tiny")
    project.append(
        "dbt_jobs.yml",
        """\
  leaky:
    description: "The password is hunter22."
    environment: production
    env: { PGPASSWORD: hunter22, DATABASE_URL: "postgres://me:s3cr3t!!@db/x", PGUSER: loader, DB_PASSWORD: loader }
    vars: { creds: { password: 'Say "friend"' } }
    steps:
      - "dbt run-operation grant --args '{password: hunter44}'"
      - "dbt build --vars '{db_password: hunter55}'"
""",
    )
    done = project.cli("explain", "leaky", "--format", output)
    assert (done.code, done.err) == (0, "")
    assert [each for each in ("hunter", "s3cr3t", "friend") if each in done.out] == []
    assert done.out.count("***") > 8
    assert done.out.count("loader") == 1


def test_a_job_of_the_second_file(tmp_path: Path) -> None:
    project = Project(path=tmp_path)
    for folder, job in (("one", "first"), ("two", "second")):
        project.write(f"{folder}/dbt_project.yml", "name: shop\nprofile: shop\n")
        project.write(f"{folder}.yml", TWO.format(folder=folder, job=job))
    files = ("--config", "one.yml", "--config", "two.yml")
    done = project.cli("explain", "second", *files)
    assert done.out.startswith("second (two.yml:4)\n")
    assert "<profiles>: where profiles.yml is, which isn't found on this machine" in done.out
    assert "the jobs are: first, second" in project.cli("explain", "x", *files).err


def test_each_command_has_the_line_of_its_own_step(tmp_path: Path) -> None:
    """Also where the job has a step of what the runner adds."""
    project = write_tiny(tmp_path / "tiny")
    project.append(
        "dbt_jobs.yml",
        """\
  fresh:
    environment: production
    source_freshness: true
    steps:
      - dbt deps
      - dbt source freshness
      - dbt build
""",
    )
    lines = (project.path / "dbt_jobs.yml").read_text().splitlines()
    said = json.loads(project.cli("explain", "fresh", "--format", "json").out)
    commands = said["runs"][0]["commands"]
    at = {line.strip(): f"dbt_jobs.yml:{number}" for number, line in enumerate(lines, start=1)}
    assert [(each["argv"][1], each["note"], each["where"]) for each in commands] == [
        ("deps", "", at["- dbt deps"]),
        ("source", "never fails the job", at["source_freshness: true"]),
        ("source", "", at["- dbt source freshness"]),
        ("build", "", at["- dbt build"]),
    ]


def test_it_waits_where_it_starts_after_several_jobs_alone(tmp_path: Path) -> None:
    project = write_tiny(tmp_path / "tiny")
    after = "[{ all_of: [daily, one] }, { name: two }]"
    project.append(
        "dbt_jobs.yml",
        f"""\
  one: {{ environment: production, steps: [dbt build] }}
  two: {{ environment: production, steps: [dbt build] }}
  last: {{ environment: production, steps: [dbt build], triggers: {{ job: {after} }} }}
""",
    )
    said = json.loads(project.cli("explain", "last", "--format", "json").out)
    waits = [each["text"] for each in said["sections"]["limits"] if "waits" in each["text"]]
    assert waits == [
        "after `daily` and `one` it waits until all of them have ended so since it last started"
    ]


def test_a_description_of_several_lines(tmp_path: Path) -> None:
    project = write_tiny(tmp_path / "tiny")
    job = '{ environment: ci, steps: [dbt build], description: "One.\\n\\nTwo.\\n" }'
    project.append("dbt_jobs.yml", f"  long: {job}\n")
    head, *lines = project.cli("explain", "long").out.splitlines()
    assert head.startswith("long (")
    assert lines[:4] == ["  One.", "", "  Two.", ""]


def test_what_a_file_says_moves_no_cursor_and_starts_no_command(tmp_path: Path) -> None:
    project = write_tiny(tmp_path / "tiny")
    odd = "\\e[2J ##[error] ::stop-commands::x"
    project.append(
        "dbt_jobs.yml", f'  odd: {{ environment: ci, steps: [dbt build], description: "{odd}" }}\n'
    )
    said = project.cli("explain", "odd").out
    assert "\x1b" not in said
    assert "##[" not in said
    assert "\n::" not in said


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"nodes": {"a": 1}}', '{"nodes": {"a": {}}}', "\x00"]
)
def test_a_manifest_that_cant_be_read_is_said_to_be_none(content: str, tmp_path: Path) -> None:
    loaded = in_project(FILES["smallest"], tmp_path)
    assert loaded.config is not None
    manifest = loaded.config.project / "target" / "manifest.json"
    manifest.parent.mkdir()
    manifest.write_text(content)
    text = as_text(next(explanations(loaded)))
    assert "manifest.json`, which can't be read" in text
