"""Rules that need dbt's answers, on answers that real dbt gives of the example; and `validate --manifest`."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from runner.builds.facts import Builds
from runner.cli.asking import asked
from runner.config import Loaded, from_bytes
from runner.config.rules import RULES, Known, Rule
from runner.config.rules.judging import judged
from runner.config.rules.rule import MANIFEST, Subject
from runner.model import Config, Problem
from tests.conftest import EXAMPLE, MADE, Project, clean_environ, copy_of

BY_MANIFEST = [rule for rule in RULES if rule.needs == MANIFEST]
NOW = datetime(2026, 11, 21, 10, 0, 30, tzinfo=timezone.utc)
HEAD = """\
version: 1
environments:
  production: { target: prod, dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
  staging: { target: ci, dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
  ci: { target: ci, schema: "x_{pr_number}", dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
defaults: { environment: production, timeout: 2h }
jobs:
"""
DAILY = '  daily: { triggers: { schedule: { cron: "17 4 * * *" } }, steps: [dbt build] }\n'
LEDGER = "payment_ledger"


def other(steps: str, cron: str = "43 5 * * *", name: str = "other", **more: str) -> str:
    keys = "".join(f", {key}: {value}" for key, value in more.items())
    schedule = f'triggers: {{ schedule: {{ cron: "{cron}" }} }}'
    return f"  {name}: {{ {schedule}, steps: [{steps}]{keys} }}\n"


SLIM = (
    '  merge: { triggers: { merge: {} }, steps: ["dbt build -s state:modified+"],'
    " defer: { to: self } }\n"
)


def of_ci(steps: str) -> str:
    keys = "triggers: { pull_request: {} }, defer: { to: daily }, timeout: 30m"
    return f"  check: {{ environment: ci, {keys}, steps: [{steps}] }}\n"


# Files beside the rules' own examples, and what is said of them.
CASES: dict[str, tuple[str, list[str]]] = {
    "two typing errors": (
        DAILY + other('"dbt build -s tag:ingestion path:models/mart", dbt build -s order'),
        [
            "unmatched-name did you mean `path:models/marts`?",
            "unmatched-name did you mean `orders`?",
        ],
    ),
    "a source": (
        DAILY + other("dbt build -s source:payment_provder+"),
        ["unmatched-name did you mean `source:payment_provider+`?"],
    ),
    "nothing in common": (
        DAILY + other("'dbt build -s tag:ingestion,path:models/marts'"),
        ["unmatched-name remove it, or name what is there"],
    ),
    "everything excluded": (
        DAILY + other("dbt build -s orders --exclude orders+ test_type:data"),
        ["nothing-selected another command"],
    ),
    "a method that isn't one": (
        DAILY + other("dbt build -s tagg:ingestion"),
        ["refused-selection did you mean `tag:ingestion`?"],
    ),
    "what compares with state is left to its state": (
        DAILY + other("dbt build -s state:modified+", defer="{ to: self }"),
        [],
    ),
    "by state alone anything may be built": (SLIM, []),
    "a part by state is at most that part": (
        SLIM.replace("state:modified+", "'state:modified+,tag:ingestion'"),
        ["unbuilt-model select them"],
    ),
    "typing errors beside state": (
        DAILY
        + SLIM.replace("state:modified+", "'state:modified+,tag:nope' --exclude tag:ingestoin"),
        [
            "unmatched-name did you mean `tag:ingestion`?",
            "unmatched-name remove it, or name what is there",
        ],
    ),
    "what is disabled builds nothing": (
        DAILY.replace("daily: {", "daily: { enabled: false,") + other("dbt build -s +orders"),
        ["unbuilt-model select them"],
    ),
    "another target is another place": (
        DAILY + other("dbt build -s orders", "17 4 * * *", environment="staging"),
        [],
    ),
    "only increments, by name": (
        DAILY + other(f"dbt run -s {LEDGER}", "23 * * * *"),
        ["never-refreshed a job with"],
    ),
    "built anew by another job": (
        DAILY.replace("dbt build", "dbt build --full-refresh")
        + other(f"dbt run -s {LEDGER}", "23 * * * *"),
        [],
    ),
    "a pull request that selects every model": (
        DAILY + of_ci("dbt build --select path:models"),
        ["full-build-in-ci dbt build --select state:modified+"],
    ),
    "a pull request that selects all but one": (
        DAILY + of_ci("dbt build --select path:models --exclude orders"),
        [],
    ),
    "a pull request that tests every model": (
        DAILY + of_ci("dbt test --select path:models"),
        [],
    ),
    "another model is built anew": (
        DAILY
        + other(f"dbt run -s {LEDGER}", "23 * * * *")
        + other("dbt run --full-refresh -s orders", "41 5 * * 0", "weekly"),
        ["never-refreshed a job with"],
    ),
    "increments and what isn't one": (
        DAILY + other(f"dbt run -s {LEDGER} orders", "23 * * * *"),
        [],
    ),
}


def loaded(text: str) -> Loaded:
    found = from_bytes(Path("dbt_jobs.yml"), text.encode())
    assert found.config is not None, found.problems
    return found


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Builds]:
    """What dbt answers of all steps of all these files: one parse."""
    path = tmp_path_factory.mktemp("answers") / EXAMPLE.name
    project = Project(path=shutil.copytree(EXAMPLE, path, ignore=MADE))
    texts = [text for rule in BY_MANIFEST for text in (rule.bad, rule.good)]
    configs = [
        loaded(text).config for text in [*texts, *(HEAD + jobs for jobs, _ in CASES.values())]
    ]
    jobs = [job for config in configs if config for job in config.jobs.values()]
    first = configs[0]
    assert first
    every: Config = replace(
        first,
        path=path / "dbt_jobs.yml",
        project=path,
        environments={name: env for c in configs if c for name, env in c.environments.items()},
        jobs={str(number): replace(job, name=str(number)) for number, job in enumerate(jobs)},
    )
    return project, asked(every, clean_environ(os.environ), lambda _: None)


def problems(text: str, builds: Builds) -> tuple[Problem, ...]:
    return judged(loaded(text), Known(builds=builds, now=NOW)).loaded.problems


@pytest.mark.parametrize("rule", BY_MANIFEST, ids=lambda rule: rule.code)
def test_the_bad_file_breaks_this_rule_alone(rule: Rule, answered: tuple[Project, Builds]) -> None:
    found = problems(rule.bad, answered[1])
    assert {problem.code for problem in found} == {rule.code}
    for problem in found:
        assert 0 < problem.line <= rule.bad.count("\n")
        assert (problem.severity, problem.why) == (rule.severity, rule.why)
        assert problem.hint
    assert problems(rule.good, answered[1]) == ()


@pytest.mark.parametrize("name", CASES)
def test_what_is_said(name: str, answered: tuple[Project, Builds]) -> None:
    jobs, expected = CASES[name]
    found = problems(HEAD + jobs, answered[1])
    said = [p for p in found if p.code not in ("unused-environment", "top-of-the-hour")]
    assert len(said) == len(expected), said
    for problem, start in zip(said, expected, strict=True):
        assert f"{problem.code} {problem.hint}".startswith(start)


def test_what_another_file_builds_is_built(answered: tuple[Project, Builds]) -> None:
    builds = answered[1]
    rule = next(rule for rule in BY_MANIFEST if rule.code == "unbuilt-model")
    other = Subject(loaded=loaded(HEAD + DAILY.replace("17 4", "17 3")), known=Known(builds=builds))
    known = Known(builds=builds, elsewhere=(other,), now=NOW)
    assert judged(loaded(rule.bad), known).loaded.problems == ()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", [("daily", "`other`")]),
        # A var may decide the schema.
        (", vars: { tenant: b }", [("daily", "`other`")]),
        (", concurrency: cancel", [("daily", "`other`")]),
    ],
)
def test_a_twin_is_told_of_once_and_what_only_seems_one_here(
    more: str, expected: list[tuple[str, str]], answered: tuple[Project, Builds]
) -> None:
    twin = DAILY.replace("daily", "daily2").replace(" }\n", f"{more} }}\n")
    text = HEAD + DAILY + twin + other("dbt build -s orders", "17 4 * * *")
    told = problems(text, answered[1])
    twins = [each for each in told if each.code == "twin-jobs"]
    assert len(twins) == ("vars" not in more)
    assert together(told) == expected
    # One slot: nothing runs at once but what a newer run cancels, which waits for no slot.
    one_slot = problems(text.replace("jobs:\n", "run_slots: 1\njobs:\n"), answered[1])
    assert together(one_slot) == []
    alone = text.replace(", concurrency: cancel", "").replace(
        "orders]", "orders], concurrency: cancel"
    )
    one_slot = problems(alone.replace("jobs:\n", "run_slots: 1\njobs:\n"), answered[1])
    assert together(one_slot) == [("daily", "`other`")]


def together(told: tuple[Problem, ...]) -> list[tuple[str, str]]:
    """The job, and the others that build the same at once."""
    return [
        (each.what.split("`")[1], each.what.split(" as ")[1].rpartition(", ")[0])
        for each in told
        if each.code == "built-together"
    ]


@pytest.mark.parametrize(("name", "expected"), [("a.yml", []), ("z.yml", [("other", "`daily`")])])
def test_what_another_file_builds_at_once_is_told_of_in_the_first(
    name: str, expected: list[tuple[str, str]], answered: tuple[Project, Builds]
) -> None:
    known = Known(builds=answered[1], now=NOW)
    there = from_bytes(Path(name), (HEAD + DAILY).encode())
    known = replace(known, elsewhere=(Subject(loaded=there, known=known),))
    here = loaded(HEAD + other("dbt build -s orders", "17 4 * * *"))
    assert together(judged(here, known).loaded.problems) == expected


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example, which dbt has parsed for `validate --manifest`."""
    path = tmp_path_factory.mktemp("validated") / EXAMPLE.name
    return Project(path=shutil.copytree(EXAMPLE, path, ignore=MADE))


def test_no_alarm_on_the_example_and_a_table(validated: Project) -> None:
    done = validated.cli("validate", "--manifest")
    assert done.code == 0, done.err
    first, empty, title, *rows, last = done.out.splitlines()
    assert (first, empty) == ("dbt_jobs.yml is valid: 5 jobs, 2 environments", "")
    assert title.split() == ["job", "models", "tests", "seeds", "snapshots", "unit", "tests"]
    assert rows[0].split() == ["ingest", "6", "31", "5", "0", "0"]
    assert rows[-1].split() == ["ci", "?", "?", "?", "?", "?"]
    assert last.startswith("?: what else it builds depends on what has changed")
    assert "dbt 1.11." in done.err
    assert done.err.count("`ci` has another environment, target, vars or variables") == 1


def test_no_alarm_on_the_first_jobs_file(validated: Project) -> None:
    shutil.copy(EXAMPLE.parent / "dbt_jobs.yml", validated.path.parent)
    file = str(validated.path.parent / "dbt_jobs.yml")
    done = validated.cli("validate", file, "--format", "json", "--manifest")
    assert done.code == 0, done.err
    [found] = json.loads(done.out)["files"]
    assert found["problems"] == []
    assert found["builds"]["daily"] == {
        "nodes": {"model": 15, "seed": 5, "snapshot": 1, "test": 71, "unit_test": 1},
        "known": True,
    }
    assert found["builds"]["ci"] == {"nodes": {}, "known": False}


def test_files_of_one_project_are_looked_at_together(validated: Project, tmp_path: Path) -> None:
    project = copy_of(validated.path, tmp_path)
    project.write("one.yml", HEAD + DAILY)
    project.write("two.yml", HEAD + other("dbt build -s orders", "17 4 * * *"))
    project.write("three.yml", HEAD + DAILY.replace("daily", "third"))
    done = project.cli(
        "validate", "one.yml", "two.yml", "three.yml", "--manifest", "--format", "json"
    )
    told = {
        each["file"]: {problem["code"] for problem in each["problems"]} - {"unused-environment"}
        for each in json.loads(done.out)["files"]
    }
    assert told == {"one.yml": {"built-together"}, "three.yml": {"twin-jobs"}, "two.yml": set()}


def test_a_job_of_its_own_line(validated: Project, tmp_path: Path) -> None:
    project = copy_of(validated.path, tmp_path)
    project.append(
        "dbt_jobs.yml",
        "  odd:\n    environment: production\n    steps: [dbt build --selector nowhere]\n",
    )
    done = project.cli("validate", "--manifest")
    assert done.code == 2
    assert "error: dbt refuses `dbt build --selector nowhere`" in done.out
    assert [line.split()[0] for line in done.out.splitlines() if line.startswith("odd")] == ["odd"]


def test_a_broken_project_is_dbts_own_error(validated: Project, tmp_path: Path) -> None:
    project = copy_of(validated.path, tmp_path)
    project.write("models/broken.sql", "select * from {{ ref('nothing') }}\n")
    done = project.cli("validate", "--manifest")
    assert done.code == 5, done.err
    assert "depends on a node named 'nothing' which was not found" in done.err
    assert "hint: dbt deps" in done.err
    assert done.out == "dbt_jobs.yml is valid: 5 jobs, 2 environments\n"


def test_what_dbt_says_is_masked_too(validated: Project, tmp_path: Path) -> None:
    project = copy_of(validated.path, tmp_path)
    told = "{{ exceptions.raise_compiler_error('it is ' ~ var('api_password')) }}"
    project.write("models/broken.sql", told)
    project.write(
        "leaky.yml", HEAD + DAILY.replace(" }\n", ", vars: { api_password: hunter22 } }\n")
    )
    for command in (("validate", "leaky.yml"), ("explain", "daily", "--config", "leaky.yml")):
        done = project.cli(*command, "--manifest")
        assert done.code == 5, done.err
        assert "it is ***" in done.err
        assert "hunter22" not in done.err


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 2, "there is no manifest at other.json"),
        ("", 2, "other.json is not a manifest of dbt"),
        ("jobs: {}", 2, "other.json is not a manifest of dbt"),
        ("cut off", 5, "hint: dbt parse writes it anew"),
        ("newer", 5, "manifest/v99.json"),
        ("another project", 2, "other.json is of the project `shop`"),
    ],
)
def test_what_is_no_manifest_of_this_project(
    content: str | None, code: int, said: str, validated: Project, tmp_path: Path
) -> None:
    project = copy_of(validated.path, tmp_path)
    metadata = {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
        "dbt_version": "1.11.16",
        "project_name": "jaffle_duckdb",
    }
    if content == "newer":
        metadata["dbt_schema_version"] = "https://schemas.getdbt.com/dbt/manifest/v99.json"
    if content == "another project":
        metadata["project_name"] = "shop"
    made = json.dumps({"metadata": metadata, "nodes": {}})
    texts = {"cut off": made[:-5], "newer": made, "another project": made}
    if content is not None:
        project.write("other.json", texts.get(content, content))
    done = project.cli("validate", "--manifest", "other.json")
    assert done.code == code, done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert done.out.startswith("dbt_jobs.yml is valid")
