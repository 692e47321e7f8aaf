"""Which records are read, and what of the schemas that they name may be dropped."""

from __future__ import annotations

import dataclasses
import io
import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.cleaned import Cleaned, CleanedSchema
from runner.cleaning.artifacts import ArtifactRecords
from runner.cleaning.records import Record, local_records
from runner.cleaning.sorting import sort_out
from runner.cleaning.taken import Taken, taken_schemas
from runner.config import from_bytes
from runner.errors import GitHubFailed
from runner.execution.schema_name import schema_name
from runner.github.artifact_names import run_artifact
from runner.model import Config
from runner.record import Run, Schema
from runner.record_json import run_from_json, run_to_json
from runner.reports.cleaned import as_json, as_text
from runner.state.archive import RUN_FOLDER
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.clients import client
from tests.fake_github.states import zipped
from tests.fake_github.things import FORK, Artifact, Pull
from tests.github_commands import commands_of
from tests.unit.state_samples import record as plain_record
from tests.unit.state_samples import state

JOBS = b"""\
version: 1
environments:
  production: { target: prod }
  ci: { target: ci, schema: "pr_{pr_number}" }
jobs:
  daily: { environment: production, triggers: { dispatch: true }, steps: [dbt build] }
  ci: { environment: ci, triggers: { pull_request: }, steps: [dbt build] }
  slow: { environment: ci, triggers: { pull_request: }, steps: [dbt build] }
"""


def run(*schemas: str, **changes: Any) -> Run:
    """A run of pull request 7 that names these schemas as its own."""
    own = tuple(Schema(database="shop", schema=schema) for schema in schemas)
    plain = run_from_json(plain_record(state(1, b"")))
    given = {"job": "ci", "environment": "ci", "pr_number": 7, "own_schemas": own, **changes}
    return dataclasses.replace(plain, **given)


@pytest.fixture
def config() -> Config:
    found = from_bytes(Path("dbt_jobs.yml"), JOBS).config
    assert found is not None
    return found


# What may be dropped

TAKEN = {"analytics": "environment `production` writes into it"}


def sorted_out(
    config: Config, *runs: Run, branch: str = "change", unknown: str = ""
) -> dict[str, str]:
    """Each schema's name, and why it is left alone."""
    records = [Record(number=7, branch=branch, run=each) for each in runs]
    taken = Taken(names=TAKEN, unknown=unknown)
    return {str(each.schema): each.reason for each in sort_out(records, config, taken)}


def with_template(template: str) -> Config:
    found = from_bytes(Path("dbt_jobs.yml"), JOBS.replace(b"pr_{pr_number}", template.encode()))
    assert found.config is not None
    return found.config


NOT_ITS_OWN = "its name isn't that of pull request 7 alone"


def test_the_branch_is_the_one_that_github_names() -> None:
    by_branch = with_template("ci_{branch}")
    poisoned = run("ci_finance", "ci_change", branch="finance")
    assert sorted_out(by_branch, poisoned) == {"shop.ci_finance": NOT_ITS_OWN, "shop.ci_change": ""}
    assert sorted_out(by_branch, run("ci_change"), branch="") == {"shop.ci_change": NOT_ITS_OWN}


@pytest.mark.parametrize("commit", ["finance" + "0" * 33, "abcdef1", "", "A" * 40])
def test_what_is_no_commit_names_no_schema(commit: str) -> None:
    name = f"ci_{commit[:7].lower()}"
    assert sorted_out(with_template("ci_{sha7}"), run(name, commit=commit)) == {
        f"shop.{name}": NOT_ITS_OWN
    }


def test_a_deployment_whose_schema_is_unknown_may_have_any_name_without_a_number(
    config: Config,
) -> None:
    assert sorted_out(config, run("pr_7"), unknown="production") == {"shop.pr_7": ""}
    by_branch = with_template("{branch}")
    assert sorted_out(by_branch, run("change")) == {"shop.change": ""}
    [reason] = sorted_out(by_branch, run("change"), unknown="production").values()
    assert reason.startswith("it may be one that environment `production` writes into")


def test_what_is_the_pull_requests_is_listed_once(config: Config) -> None:
    found = sorted_out(config, run("pr_7", "pr_7_marts"), run("pr_7"))
    assert found == {"shop.pr_7": "", "shop.pr_7_marts": ""}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("analytics", "environment `production` writes into it"),
        ("pr_71", "its name is that of pull request 71"),
        ("main", "its name isn't that of pull request 7 alone"),
        ('pr_7"; drop schema main; --', "its name holds more than letters, digits and underscores"),
        ("pr_7.main", "its name holds more than letters, digits and underscores"),
        ("pr_7\n", "its name holds more than letters, digits and underscores"),
        ("pr_7--", "its name holds more than letters, digits and underscores"),
        ("{{ env_var('X') }}_7", "its name holds more than letters, digits and underscores"),
        ("pr_7" + "x" * 300, "its name holds more than letters, digits and underscores"),
        ("", "its name holds more than letters, digits and underscores"),
    ],
)
def test_a_poisoned_name_is_left_alone(config: Config, name: str, reason: str) -> None:
    assert list(sorted_out(config, run(name)).values()) == [reason]


@pytest.mark.parametrize("database", ["a.b", "a--b", "-a", 'a"', "a;b", "a\n", "x" * 300])
def test_a_poisoned_database_is_left_alone(config: Config, database: str) -> None:
    schema = Schema(database=database, schema="pr_7")
    [reason] = sorted_out(config, run(own_schemas=(schema,))).values()
    assert reason == "its name holds more than letters, digits and underscores"


@pytest.mark.parametrize("database", ["", "my-project-123", "SHOP$1"])
def test_databases_as_warehouses_call_them(config: Config, database: str) -> None:
    schema = Schema(database=database, schema="pr_7")
    assert sorted_out(config, run(own_schemas=(schema,))) == {str(schema): ""}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"job": "gone"}, "its job isn't in the jobs file any more"),
        ({"job": "daily", "environment": "production"}, "isn't started by pull requests"),
        ({"environment": "production"}, "`ci` runs in environment `ci` now"),
    ],
)
def test_the_jobs_file_decides_not_the_record(
    config: Config, changes: dict[str, Any], reason: str
) -> None:
    [found] = sorted_out(config, run("pr_7", **changes)).values()
    assert reason in found


# What the environments write into

PROFILES = """\
shop:
  outputs:
    prod: { type: duckdb, schema: Analytics }
    jinja: { type: duckdb, schema: "{{ env_var('X') }}" }
    ci: { type: duckdb, schema: dbt_ci }
"""


@pytest.mark.parametrize(
    ("environment", "names", "unknown"),
    [
        ("target: prod", {"analytics"}, ""),
        ("target: jinja", set(), "its profile doesn't name it, or in Jinja"),
        ("target: prdo", set(), "its profile doesn't name it, or in Jinja"),
        ("target: prod, profiles_dir: nowhere", set(), "no profiles.yml is there"),
        ("target: jinja, schema: Live", {"live"}, ""),
        ("target: jinja, schema: live-eu", {schema_name("live-eu", {})}, ""),
        ('target: jinja, schema: "prod_{job}"', {"prod_daily"}, ""),
        ('target: prod, schema: "{branch}"', {"analytics"}, "{branch} may be any"),
        ('target: prod, schema: "pr_{pr_number}"', {"analytics"}, ""),
    ],
)
def test_what_a_deployment_writes_into(
    tmp_path: Path, environment: str, names: set[str], unknown: str
) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop")
    (tmp_path / "profiles.yml").write_text(PROFILES)
    text = JOBS.replace(b"target: prod", environment.encode())
    config = from_bytes(tmp_path / "dbt_jobs.yml", text).config
    assert config is not None
    notes: list[str] = []
    taken = taken_schemas(config, {}, notes.append)
    assert set(taken.names) == names | {"dbt_ci"}
    assert taken.unknown == ("production" if unknown else "")
    of = "the schema that environment `production` writes into isn't known"
    assert notes == ([f"{of}: {unknown}"] if unknown else [])


# Which records are read


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def records(fake: FakeGitHub, said: list[str]) -> Iterator[ArtifactRecords]:
    github = client(fake)
    yield ArtifactRecords(github, ["ci", "slow"], said.append)
    github.close()


def files(one: Run) -> dict[str, bytes]:
    """A run folder as the workflow uploads it."""
    return {"run.json": run_to_json(one).encode(), "steps/01-build/console.log": b"log"}


def upload(fake: FakeGitHub, one: Run, name: str = "", **changes: Any) -> Artifact:
    name = name or run_artifact(one.job, one.pr_number or 0)
    started = changes.pop("run", None) or fake.add_run(event="pull_request", head_branch="change")
    content = changes.pop("content", None) or zipped(files(one))
    return fake.add_artifact(name, content, run=started, **changes)


def test_a_pull_requests_runs_cost_a_request_each_and_one_a_job(
    records: ArtifactRecords, fake: FakeGitHub, said: list[str]
) -> None:
    for schema in ("pr_7", "pr_7_marts"):
        upload(fake, run(schema))
    upload(fake, run("pr_71", pr_number=71))
    found = list(records.of(7))
    assert [each.run.own_schemas[0].schema for each in found] == ["pr_7_marts", "pr_7"]
    assert {(each.number, each.branch) for each in found} == {(7, "change")}
    assert (fake.count(host="api"), fake.count(host="storage")) == (2 + 2, 2)
    assert said == []


def bomb(one: Run) -> bytes:
    return zipped({"run.json": b"0" * (40 * 2**20)})


def plus(name: str) -> Callable[[Run], bytes]:
    return lambda one: zipped({**files(one), name: b"x"})


def crowded(one: Run) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for number in range(RUN_FOLDER + 1):
            archive.writestr(str(number), b"")
    return data.getvalue()


def linked(one: Run) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("run.json")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return data.getvalue()


HOSTILE: dict[str, tuple[Callable[[Run], bytes], str]] = {
    "bomb": (bomb, "run.json grows from"),
    "slip": (plus("../../etc/cron.d/x"), "an entry points out of it"),
    "symlink": (linked, "an entry is a link or a device: 'run.json'"),
    "too large": (lambda _: zipped({"run.json": b" " * 65 * 2**20}), "run.json is larger than"),
    "crowded": (crowded, "entries, more than 5000"),
    "no zip": (lambda _: b"PK" * 5000, "it isn't a whole zip"),
    "no record": (lambda _: zipped({"x": b""}), "it holds 0 files called run.json"),
    "no JSON": (lambda _: zipped({"run.json": b"{"}), "it isn't JSON"),
    "no UTF-8": (lambda _: zipped({"run.json": b"\xff"}), "can't decode"),
    "another pull request": (
        lambda one: zipped(files(dataclasses.replace(one, pr_number=8))),
        "its record is of job 'ci' and pull request 8",
    ),
    "no pull request": (
        lambda one: zipped(files(dataclasses.replace(one, pr_number=None))),
        "its record is of job 'ci' and pull request None",
    ),
    "another job": (
        lambda one: zipped(files(dataclasses.replace(one, job="slow"))),
        "its record is of job 'slow' and pull request 7",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_artifact_is_passed_over(
    records: ArtifactRecords, fake: FakeGitHub, said: list[str], name: str
) -> None:
    build, reason = HOSTILE[name]
    upload(fake, run("pr_7"))
    bad = upload(fake, run("pr_7"), content=build(run("pr_7")))
    assert len(list(records.of(7))) == 1
    [line] = said
    assert f"passed over artifact {bad.id} of run {bad.run.id}, dbt-gitops-pr.7.ci: " in line
    assert reason in line


@pytest.mark.parametrize(
    ("run_changes", "changes", "reason"),
    [
        ({"head_repository": FORK}, {}, "it is from a fork"),
        ({}, {"expired": True}, "it has expired"),
        ({}, {"gone": True}, "it is gone"),
        ({}, {"digest": None}, "GitHub names no digest"),
        ({}, {"digest": "sha256:" + "0" * 64}, "its digest is sha256:"),
    ],
)
def test_an_artifact_from_elsewhere_is_passed_over(
    records: ArtifactRecords,
    fake: FakeGitHub,
    said: list[str],
    run_changes: dict[str, Any],
    changes: dict[str, Any],
    reason: str,
) -> None:
    upload(fake, run("pr_7"), run=fake.add_run(**run_changes), **changes)
    assert list(records.of(7)) == []
    [line] = said
    assert reason in line


def test_a_flood_from_a_fork_is_counted(
    records: ArtifactRecords, fake: FakeGitHub, said: list[str]
) -> None:
    fork = fake.add_run(head_repository=FORK)
    for _ in range(250):
        upload(fake, run("pr_7"), run=fork)
    assert list(records.of(7)) == []
    assert said[-1] == "passed over 245 more artifacts: it is from a fork"
    assert fake.count(host="api") == 3 + 1


def test_a_large_run_folder_is_no_hostile_one(
    records: ArtifactRecords, fake: FakeGitHub, said: list[str]
) -> None:
    many = {f"steps/{number:03}-build/console.log": b"log" for number in range(2000)}
    upload(fake, run("pr_7"), content=zipped({**files(run("pr_7")), **many}))
    assert len(list(records.of(7))) == 1
    assert said == []


def test_a_sweep_reads_the_runs_of_closed_pull_requests_over_all_pages(
    records: ArtifactRecords, fake: FakeGitHub, said: list[str]
) -> None:
    fake.pulls = {8: Pull(number=8), 9: Pull(number=9, state="closed")}
    for number in (7, 8, 9):
        upload(fake, run("pr", pr_number=number))
    upload(fake, run("pr"), name="dbt-gitops-pr.7.daily")
    upload(fake, run("pr"), name="dbt-gitops-pr.07.ci")
    other = fake.add_run()
    for _ in range(120):
        fake.add_artifact("coverage", b"", run=other)
    assert [each.number for each in records.of_closed()] == [9, 7]
    # Two pages of artifacts, one of open pull requests, and a run of each that is closed.
    assert fake.count(host="api") == 2 + 1 + 2
    assert said == []


def test_without_artifacts_nobody_asks_for_pull_requests(
    records: ArtifactRecords, fake: FakeGitHub
) -> None:
    assert list(records.of_closed()) == []
    assert fake.count() == 1


def test_github_out_of_reach_is_no_missing_record(
    records: ArtifactRecords, fake: FakeGitHub
) -> None:
    fake.faults.append(Fault(status=503, times=-1))
    with pytest.raises(GitHubFailed):
        list(records.of(7))


def test_local_records_are_those_of_pull_requests(tmp_path: Path, said: list[str]) -> None:
    texts = {"1": run_to_json(run("pr_7")), "2": run_to_json(run(pr_number=None)), "3": "{"}
    for name, text in texts.items():
        path = tmp_path / ".dbt-gitops" / "runs" / name / "run.json"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    [found] = local_records(tmp_path, said.append)
    assert (found.number, found.run) == (7, run("pr_7"))
    [line] = said
    assert "runs/3/run.json: it isn't JSON" in line


# What is said


def test_a_hostile_name_is_no_command_and_no_flood() -> None:
    names = ["a\n::error::b", "x" * 300, *(f"s{number}" for number in range(100))]
    found = [
        CleanedSchema(
            pr_number=7,
            job="ci",
            environment="ci",
            schema=Schema(database="", schema=name),
            fate="left",
            reason="not\nits own",
        )
        for name in names
    ]
    cleaned = Cleaned(pr_number=7, records=1, schemas=tuple(found), notes=("##[error]c",))
    lines = as_json(cleaned).splitlines()
    assert commands_of(lines) == []
    assert json.loads(as_json(cleaned))["notes"] == ["##[error]c"]
    lines = as_text(cleaned).splitlines()
    assert lines[0] == "schemas of pull request 7, by the record of 1 run"
    assert lines[1] == r"  left alone: 'a\n::error::b': not its own"
    assert lines[-1] == "  left alone: 52 more"
    assert len(lines) == 52
    assert max(map(len, lines)) < 200
