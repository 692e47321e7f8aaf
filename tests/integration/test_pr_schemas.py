"""The schemas of a pull request: recorded as they are written, dropped when it closes, and no others."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from runner.git import untracked
from runner.github.artifact_names import run_artifact
from tests.conftest import ROOT, Project, copy_of, write_tiny
from tests.fake_github import OWN, FakeGitHub
from tests.fake_github.states import zipped
from tests.fake_github.things import FORK, Pull
from tests.github_commands import commands_of
from tests.processes import ENDLESS, record_of, running, wait_for, workers

SCHEMA = json.loads((ROOT / "schemas" / "v1" / "run.schema.json").read_text())

SEVERAL = """\
{% macro generate_schema_name(custom, node) -%}
  {%- if custom == 'scratch' -%} scratch
  {%- elif target.name == 'prod' -%} {{ custom or target.schema }}
  {%- else -%} {{ target.schema }}{{ '_' ~ custom if custom }}
  {%- endif -%}
{%- endmacro %}
"""


@pytest.fixture(scope="module")
def produced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Production has run; a branch has changed what everything is built from."""
    project = write_tiny(tmp_path_factory.mktemp("several") / "tiny")
    project.write("macros/generate_schema_name.sql", SEVERAL)
    for schema in ("marts", "scratch"):
        config = f"{{{{ config(schema='{schema}') }}}}"
        project.write(f"models/{schema}.sql", f"{config} select * from {{{{ ref('one') }}}}\n")
    project.commit("schemas")
    assert project.run("daily").code == 0
    project.git("checkout", "--quiet", "-b", "change")
    project.append("seeds/people.csv", "3,Edsger\n")
    project.commit("change")
    return project.path


@pytest.fixture
def several(produced: Path, tmp_path: Path) -> Project:
    """Models that go to schemas of their own, one of which all pull requests share."""
    return copy_of(produced, tmp_path)


@pytest.fixture(scope="module")
def after_ci(produced: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy_of(produced, tmp_path_factory.mktemp("opened"))
    ci(project, 7)
    return project.path


@pytest.fixture
def opened(after_ci: Path, tmp_path: Path) -> Project:
    """The same, and pull request 7 has been built."""
    return copy_of(after_ci, tmp_path)


def pull_request(number: int) -> dict[str, str]:
    """What GitHub's runner sets on a pull request."""
    return {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_REF": f"refs/pull/{number}/merge",
        "GITHUB_HEAD_REF": "change",
    }


def ci(project: Project, number: int) -> dict[str, Any]:
    done = project.run("ci", **pull_request(number))
    assert done.code == 0, done.err
    return done.record


def test_a_run_records_the_schemas_that_are_the_pull_requests_alone(several: Project) -> None:
    record = ci(several, 7)
    assert record["pr_number"] == 7
    assert record["branch"] == "change"
    assert record["schemas"] == ["tiny.pr_7", "tiny.pr_7_marts", "tiny.scratch"]
    assert record["own_schemas"] == [
        {"database": "tiny", "schema": "pr_7"},
        {"database": "tiny", "schema": "pr_7_marts"},
    ]
    assert (
        "schema tiny.scratch stays when pull request 7 closes:"
        " it is in the manifest that the run defers to"
    ) in record["notes"]


def test_a_run_outside_of_a_pull_request_has_none(several: Project) -> None:
    done = several.run("ci", "--schema", "ci_7_local")
    assert done.code == 0, done.err
    assert (done.record["pr_number"], done.record["own_schemas"]) == (None, [])


def test_an_interrupted_run_records_where_it_may_have_written(several: Project) -> None:
    several.write(
        "models/slow.sql",
        "{{ config(schema='slow', materialized='table') }}"
        " select count(*) as n from range(1000000) a, range(1000000) b\n",
    )
    several.commit("slow")
    process = several.start("run", "ci", "--json", **pull_request(7))
    assert process.stderr is not None
    for line in process.stderr:
        if "model pr_7_slow.slow" in line:
            break
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    own = [each["schema"] for each in json.loads(out)["own_schemas"]]
    assert "pr_7_slow" in own
    assert {"scratch", "analytics", "dbt_ci", "marts"}.isdisjoint(own)


def test_a_run_that_is_killed_has_named_its_schema(several: Project) -> None:
    several.write("models/one.sql", "{{ config(materialized='table') }}\n" + ENDLESS)
    several.commit("endless")
    process = several.start("run", "ci", **pull_request(7))
    wait_for(running(several, "START sql table model"))
    process.kill()
    process.communicate(timeout=60)
    record = record_of(several)
    jsonschema.Draft202012Validator(SCHEMA).validate(record)
    assert (record["status"], record["reason"]) == ("error", "the run ended without a word")
    assert (record["pr_number"], record["exit_code"]) == (7, 70)
    assert record["own_schemas"] == [{"database": "", "schema": "pr_7"}]
    wait_for(lambda: not workers(several))
    assert "pr_7" in there(several)
    assert fates(clean(several, "--pr", "7")) == {".pr_7": "dropped"}
    assert "pr_7" not in there(several)


def test_a_run_that_fails_early_has_named_its_schema(opened: Project) -> None:
    """Run again, it replaces what the first attempt has recorded."""
    first = opened.runs[-1]
    shutil.rmtree(opened.path / ".dbt-gitops" / "state")
    done = opened.run("ci", **pull_request(7))
    assert done.code == 3, done.err
    assert done.record["own_schemas"] == [{"database": "", "schema": "pr_7"}]
    jsonschema.Draft202012Validator(SCHEMA).validate(done.record)
    shutil.rmtree(first)
    cleaned = clean(opened, "--pr", "7")
    assert fates(cleaned) == {".pr_7": "dropped"}


REPOSITORY = {"full_name": "octo-org/shop", "default_branch": "main"}


def closed(
    project: Project, number: int, *, base: str = "main", merged: bool = True
) -> dict[str, str]:
    """What GitHub's runner sets and leaves when a pull request is closed."""
    head = {"ref": "change", "sha": project.git("rev-parse", "HEAD"), "repo": REPOSITORY}
    body = {
        "number": number, "draft": False, "labels": [], "user": {"login": "jo"}, "head": head,
        "base": {"ref": "main", "sha": project.git("rev-parse", base), "repo": REPOSITORY},
        "merged": merged,
    }  # fmt: skip
    payload = {"action": "closed", "pull_request": body, "repository": REPOSITORY}
    path = project.path / ".git" / f"closed-{number}.json"
    path.write_text(json.dumps(payload))
    return {**pull_request(number), "GITHUB_EVENT_PATH": str(path)}


def clean(project: Project, *options: str, **env: str) -> dict[str, Any]:
    done = project.cli("clean", "--json", *options, **env)
    record = done.record
    assert done.code == (1 if record["failed"] else 0), done.err
    return record


def fates(cleaned: dict[str, Any]) -> dict[str, str]:
    schemas = cleaned["schemas"]
    return {".".join(s["schema"].values()): s["fate"] for s in schemas}


def there(project: Project) -> set[str]:
    """The schemas that are in the warehouse."""
    found = project.query("select schema_name from duckdb_schemas() where database_name = 'tiny'")
    return {name for (name,) in found} - {"information_schema", "pg_catalog", "main"}


PRODUCTION = {"analytics", "marts", "scratch"}


def test_closing_drops_exactly_what_the_pull_request_made(several: Project) -> None:
    for number in (7, 71):
        ci(several, number)
    others = {"pr_71", "pr_71_marts"}
    assert there(several) == PRODUCTION | {"pr_7", "pr_7_marts"} | others
    cleaned = clean(several, "--dry-run", **closed(several, 7))
    assert fates(cleaned) == {"tiny.pr_7": "listed", "tiny.pr_7_marts": "listed"}
    assert "pr_7" in there(several)
    cleaned = clean(several, **closed(several, 7, merged=False))
    assert fates(cleaned) == {"tiny.pr_7": "dropped", "tiny.pr_7_marts": "dropped"}
    assert there(several) == PRODUCTION | others
    cleaned = clean(several, DBT_PRINT="false", DBT_QUIET="true", **closed(several, 7))
    assert fates(cleaned) == {"tiny.pr_7": "gone", "tiny.pr_7_marts": "gone"}


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


def connected(fake: FakeGitHub) -> dict[str, str]:
    return {
        "GITHUB_TOKEN": fake.token,
        "GITHUB_REPOSITORY": OWN.full_name,
        "GITHUB_API_URL": fake.api_url,
    }


def on_github(fake: FakeGitHub) -> dict[str, str]:
    return {**connected(fake), "GITHUB_ACTIONS": "true"}


def upload(fake: FakeGitHub, run: Path, number: int, **changes: Any) -> None:
    """What the workflow does with a run's folder."""
    files = {str(p.relative_to(run)): p.read_bytes() for p in run.rglob("*") if p.is_file()}
    started = fake.add_run(event="pull_request", head_branch="change")
    fake.add_artifact(run_artifact("ci", number), zipped(files), **{"run": started, **changes})


def poisoned(run: Path, *names: str, **changes: Any) -> bytes:
    """The zip of a record that names other schemas."""
    record = json.loads((run / "run.json").read_text())
    own = [{"database": "tiny", "schema": name} for name in names]
    return zipped({"run.json": json.dumps({**record, "own_schemas": own, **changes}).encode()})


def test_two_runs_on_github_cost_three_requests(opened: Project, fake: FakeGitHub) -> None:
    opened.append("models/marts.sql", "where id > 0\n")
    opened.commit("again")
    ci(opened, 7)
    ci(opened, 71)
    for run, number in zip(opened.runs[-3:], (7, 7, 71), strict=True):
        upload(fake, run, number)
    shutil.rmtree(opened.path / ".dbt-gitops")
    outputs = opened.path / ".git" / "outputs"
    given = {**closed(opened, 7), **on_github(fake), "GITHUB_OUTPUT": str(outputs)}
    cleaned = clean(opened, **given)
    assert fates(cleaned) == {"tiny.pr_7": "dropped", "tiny.pr_7_marts": "dropped"}
    assert there(opened) == PRODUCTION | {"pr_71", "pr_71_marts"}
    assert re.fullmatch(r"status<<(\S+)\nsuccess\n\1\n", outputs.read_text())
    print(f"requests of a close: {fake.count(host='api')}")
    assert fake.count(host="api") == 3


def test_what_only_an_older_run_wrote_is_dropped_for_a_request_more(
    opened: Project, fake: FakeGitHub
) -> None:
    """The newest commit doesn't build the model; and GitHub is asked about one that wasn't merged."""
    opened.git("rm", "--quiet", "models/marts.sql")
    opened.commit("without marts")
    ci(opened, 7)
    assert "pr_7_marts" not in str(record_of(opened)["own_schemas"])
    for run in opened.runs[-2:]:
        upload(fake, run, 7)
    fake.pulls = {7: Pull(number=7, state="closed")}
    cleaned = clean(opened, **closed(opened, 7, merged=False), **on_github(fake))
    assert fates(cleaned) == {"tiny.pr_7": "dropped", "tiny.pr_7_marts": "dropped"}
    assert there(opened) == PRODUCTION
    print(f"requests of a close without a merge: {fake.count(host='api')}")
    assert fake.count(host="api") == 4


def test_one_that_was_opened_again_is_left_alone(opened: Project, fake: FakeGitHub) -> None:
    """The workflow of the closing is run again, or had to wait."""
    upload(fake, opened.runs[-1], 7)
    fake.pulls = {7: Pull(number=7)}
    done = opened.cli("clean", **closed(opened, 7, merged=False), **on_github(fake))
    assert done.code == 2
    assert "pull request 7 is open" in done.err
    assert there(opened) == PRODUCTION | {"pr_7", "pr_7_marts"}


BY_BRANCH = """\
version: 1
environments:
  production: { target: prod, dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
  ci: { target: ci, schema: "{branch}", dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
jobs:
  daily: { environment: production, triggers: { dispatch: true }, steps: [dbt build] }
  ci: { environment: ci, triggers: { pull_request: }, steps: [dbt build] }
"""


@pytest.mark.parametrize("schema", ["\"{{ env_var('WHERE', 'analytics') }}\"", None])
def test_a_schema_of_production_that_is_not_known_is_safe(
    tiny: Project, fake: FakeGitHub, schema: str | None
) -> None:
    """A branch of its name, a record that is made up, and a profile that doesn't tell."""
    written = f"schema: {schema}, " if schema else ""
    profiles = (tiny.path / "profiles.yml").read_text()
    tiny.write("profiles.yml", profiles.replace("schema: analytics, ", written))
    tiny.write("dbt_jobs.yml", BY_BRANCH)
    tiny.commit("by branch")
    assert tiny.run("daily").code == 0
    tiny.git("checkout", "--quiet", "-b", "change")
    ci(tiny, 7)
    name = "analytics" if schema else "main"
    started = fake.add_run(event="pull_request", head_branch=name)
    content = poisoned(tiny.runs[-1], name)
    fake.add_artifact(run_artifact("ci", 7), content, run=started)
    cleaned = clean(tiny, **closed(tiny, 7), **on_github(fake))
    assert set(fates(cleaned).values()) == {"left"}
    [each] = cleaned["schemas"]
    assert "only a name made with {pr_number} is sure" in each["reason"]
    assert cleaned["notes"] == [
        "the schema that environment `production` writes into isn't known:"
        " its profile doesn't name it, or in Jinja"
    ]


def test_poisoned_records_drop_nothing_else(several: Project, fake: FakeGitHub) -> None:
    for number in (7, 71):
        ci(several, number)
    run = several.runs[-2]
    before = there(several)
    drop = 'pr_7"; drop schema analytics cascade; --'
    zips: list[tuple[bytes, dict[str, Any]]] = [
        (poisoned(run, "analytics", "marts", "scratch", "main", "dbt_ci", "pr_71", drop), {}),
        (poisoned(run, "pr_7", environment="production", job="daily"), {}),
        (poisoned(run, "pr_7", pr_number=71), {}),
        (poisoned(run, "pr_7"), {"run": fake.add_run(head_repository=FORK)}),
    ]
    for content, changes in zips:
        started = fake.add_run(event="pull_request", head_branch="change")
        fake.add_artifact(run_artifact("ci", 7), content, **{"run": started, **changes})
    cleaned = clean(several, **closed(several, 7), **on_github(fake))
    assert set(fates(cleaned).values()) == {"left"}
    reasons = {each["schema"]["schema"]: each["reason"] for each in cleaned["schemas"]}
    assert reasons["analytics"] == "environment `production` writes into it"
    assert reasons["pr_71"] == "its name is that of pull request 71"
    assert reasons[drop] == "its name holds more than letters, digits and underscores"
    assert len(cleaned["notes"]) == 3
    assert there(several) == before


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_nothing_that_a_record_says_becomes_a_command(
    tiny: Project, fake: FakeGitHub, options: tuple[str, ...]
) -> None:
    """Names, messages of refusals, and what is passed over."""
    assert tiny.run("daily").code == 0
    tiny.git("checkout", "--quiet", "-b", "change")
    ci(tiny, 7)
    names = ("##[error]a", "pr_7\n::error::b", "pr_7\r::error::c", "##[group]pr_7")
    others = [{}, {"job": "##[error]d"}, {"job": "\n::error::e"}, {"status": "##[error]f"}]
    for number, changes in enumerate(others):
        started = fake.add_run(event="pull_request", head_branch="##[error]" + str(number))
        content = poisoned(tiny.runs[-1], *names, **changes)
        fake.add_artifact(run_artifact("ci", 7), content, run=started)
    done = tiny.cli("clean", *options, **closed(tiny, 7), **on_github(fake))
    assert done.code == 0, done.err
    assert commands_of(done.err.splitlines()) == []
    # Two streams, of which nobody promises the order.
    assert commands_of(done.out.splitlines()) == []
    if options:
        assert [each["schema"]["schema"] for each in done.record["schemas"]] == list(names)
        assert len(done.record["notes"]) == 3
    else:
        assert "left alone: tiny.##[error]a" in done.err


def test_the_pull_requests_own_files_decide_nothing(opened: Project, fake: FakeGitHub) -> None:
    upload(fake, opened.runs[-1], 7)
    opened.write("profiles.yml", "tiny: {target: ci, outputs: {}}\n")
    opened.write("dbt_jobs.yml", "version: 1\n")
    opened.write("macros/drop.sql", "{% macro default__drop_schema(r) %}{{ 1 / 0 }}{% endmacro %}")
    opened.commit("hostile")
    cleaned = clean(opened, **closed(opened, 7), **on_github(fake))
    assert fates(cleaned) == {"tiny.pr_7": "dropped", "tiny.pr_7_marts": "dropped"}
    assert there(opened) == PRODUCTION


def test_profiles_that_the_workflow_writes(several: Project, fake: FakeGitHub) -> None:
    profiles = (several.path / "profiles.yml").read_text()
    several.git("checkout", "--quiet", "main")
    several.append(".gitignore", "profiles.yml\n")
    several.git("rm", "--quiet", "profiles.yml")
    several.commit("profiles by the workflow")
    several.git("checkout", "--quiet", "change")
    several.git("rebase", "--quiet", "main")
    several.write("profiles.yml", profiles)
    ci(several, 7)
    upload(fake, several.runs[-1], 7)
    cleaned = clean(several, **closed(several, 7), **on_github(fake))
    assert fates(cleaned) == {"tiny.pr_7": "dropped", "tiny.pr_7_marts": "dropped"}
    assert there(several) == PRODUCTION


def test_profiles_of_the_pull_request_are_not_the_workflows(tiny: Project) -> None:
    tiny.append(".gitignore", "ignored.yml\n")
    for name in ("ignored.yml", "new.yml"):
        tiny.write(name, "tiny: {}\n")
    tiny.git("update-index", "--assume-unchanged", "profiles.yml")
    found = {path.name for path in tiny.path.glob("*.yml") if untracked(path, os.environ)}
    assert found == {"ignored.yml", "new.yml"}
    assert not untracked(tiny.path.parent / "elsewhere.yml", os.environ)
    assert not untracked(tiny.path / "new.yml", {**os.environ, "PATH": ""})


def test_a_sweep_drops_those_of_closed_pull_requests(several: Project, fake: FakeGitHub) -> None:
    for number in (7, 71):
        ci(several, number)
        upload(fake, several.runs[-1], number)
    fake.pulls = {71: Pull(number=71), 7: Pull(number=7, state="closed")}
    several.git("checkout", "--quiet", "main")
    refused = several.cli("clean", "--pr", "71", **on_github(fake))
    assert refused.code == 2
    assert "pull request 71 is open" in refused.err
    payload = {"schedule": "23 3 * * *", "repository": REPOSITORY, "workflow": "dbt.yml"}
    event = several.path / ".git" / "schedule.json"
    event.write_text(json.dumps(payload))
    ticked = {"GITHUB_EVENT_NAME": "schedule", "GITHUB_EVENT_PATH": str(event)}
    cleaned = clean(several, **ticked, **on_github(fake))
    assert fates(cleaned) == {"tiny.pr_7": "dropped", "tiny.pr_7_marts": "dropped"}
    assert there(several) == PRODUCTION | {"pr_71", "pr_71_marts"}
    fake.pulls[71].state = "closed"
    cleaned = clean(several, "--pr", "71", **connected(fake))  # by the run folders
    assert fates(cleaned) == {"tiny.pr_71": "dropped", "tiny.pr_71_marts": "dropped"}
    assert there(several) == PRODUCTION


def test_off_github_a_sweep_needs_to_know_what_is_open(opened: Project) -> None:
    done = opened.cli("clean")
    assert done.code == 4
    assert "there is no token for GitHub" in done.err
    done = opened.cli("clean", "--pr", "7")
    assert done.code == 0, done.err
    assert "whether pull request 7 is open wasn't asked" in done.err
    assert "dropped: tiny.pr_7_marts" in done.out


READ_ONLY = """\
version: 1
environments:
  ci: {{ target: ci, schema: "pr_{{pr_number}}", dbt: {dbt} }}
jobs:
  ci: {{ environment: ci, triggers: {{ pull_request: }}, steps: [dbt build] }}
"""


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "plain"])
def test_one_that_can_not_be_dropped_does_not_stop_the_others(
    opened: Project, dbt: Path, warm: bool
) -> None:
    """A database that is attached for reading alone."""
    made = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('create schema pr_7_fixed')"
    subprocess.run([dbt.with_name("python"), "-c", made, opened.path / "fixed.db"], check=True)
    profiles = (opened.path / "profiles.yml").read_text()
    attached = "ci: {attach: [{path: fixed.db, read_only: true}], "
    opened.write("profiles.yml", profiles.replace("ci: {", attached))
    pinned = '{ core: "1.11.*", adapter: "duckdb==1.11.*" }'
    executable = f"{{ executable: {dbt} }}"
    opened.write("dbt_jobs.yml", READ_ONLY.format(dbt=pinned if warm else executable))
    record = opened.runs[-1] / "run.json"
    fixed = '"own_schemas": [{"database": "fixed", "schema": "pr_7_fixed"},'
    record.write_text(record.read_text().replace('"own_schemas": [', fixed))
    opened.git("checkout", "--quiet", "-B", "main")
    opened.commit("attached")
    done = opened.cli("clean", **closed(opened, 7))
    assert done.code == 1
    assert ("a process a step" in done.err) is not warm
    lines = done.out.splitlines()
    assert lines[0] == "schemas of pull request 7, by the record of 1 run"
    assert lines[1].startswith("  could not be dropped: fixed.pr_7_fixed: ")
    assert "attached in read-only mode" in lines[1]
    assert lines[2:] == [
        "  dropped: tiny.pr_7",
        "  dropped: tiny.pr_7_marts",
    ]
    assert there(opened) == PRODUCTION


def test_without_a_connection_all_of_them_failed_and_it_says_why(opened: Project) -> None:
    profiles = (opened.path / "profiles.yml").read_text()
    opened.write("profiles.yml", profiles.replace("path: tiny.duckdb", "path: no/where.duckdb"))
    opened.commit("no connection")
    cleaned = clean(opened, "--pr", "7")
    assert fates(cleaned) == {"tiny.pr_7": "failed", "tiny.pr_7_marts": "failed"}
    for each in cleaned["schemas"]:
        assert each["reason"].startswith("IO Error: Cannot open file")


def test_nothing_to_do_is_success_and_says_so(several: Project, fake: FakeGitHub) -> None:
    done = several.cli("clean", **closed(several, 7), **on_github(fake))
    assert done.code == 0, done.err
    assert "nothing to drop: the records of 0 runs of pull request 7 name no schema" in done.err
    assert done.out == ""
    assert fake.count() == 1


def test_what_is_not_a_closed_pull_request_is_left_alone(tiny: Project, fake: FakeGitHub) -> None:
    env = closed(tiny, 7)
    event = Path(env["GITHUB_EVENT_PATH"])
    payload = json.loads(event.read_text())
    event.write_text(json.dumps({**payload, "action": "synchronize"}))
    done = tiny.cli("clean", **env, **on_github(fake))
    assert done.code == 0, done.err
    assert "warning: pull request 7 is open" in done.err
    done = tiny.cli("clean", **{**env, "GITHUB_EVENT_NAME": "pull_request_target"})
    assert done.code == 2
    assert "dbt isn't run on pull_request_target" in done.err
    done = tiny.cli("clean", "--pr", "9", **on_github(fake))
    assert done.code == 4
    assert "reading pull request #9" in done.err
    assert fake.count() == 1


def test_the_base_decides_also_where_it_has_no_jobs_file(tiny: Project, fake: FakeGitHub) -> None:
    tiny.git("checkout", "--quiet", "--orphan", "older")
    tiny.git("rm", "--quiet", "--cached", "dbt_jobs.yml")
    tiny.git("commit", "--quiet", "--message", "before")
    done = tiny.cli("clean", **closed(tiny, 7, base="older"), **on_github(fake))
    assert done.code == 0, done.err
    assert "the base has no jobs file" in done.err
    env = closed(tiny, 7)
    event = Path(env["GITHUB_EVENT_PATH"])
    event.write_text(event.read_text().replace(tiny.git("rev-parse", "main"), "e" * 40))
    done = tiny.cli("clean", **env, **on_github(fake))
    assert done.code == 2
    assert "fetch-depth: 0" in done.err
    assert fake.count() == 0
