"""What a jobs file becomes: the Config, its defaults, and where each value stands."""

from datetime import timedelta
from pathlib import Path

import pytest

from runner.config import Loaded, Position, default_file, from_bytes, load
from runner.config.build import adapter_requirement, core_requirement
from runner.model import (
    Channel,
    Config,
    DbtExecutable,
    Deferral,
    DispatchTrigger,
    Environment,
    JobTrigger,
    MergeTrigger,
    PinnedDbt,
    PullRequestTrigger,
    Retries,
    Schedule,
    Triggers,
)
from tests.configs import FOLDER, load_in_project


def config_of(text: str) -> Config:
    loaded = from_bytes(Path("dbt_jobs.yml"), text.encode())
    assert loaded.problems == ()
    assert loaded.config is not None
    return loaded.config


def case(name: str, folder: Path) -> Loaded:
    return load_in_project(FOLDER / "valid" / f"{name}.yml", folder)


@pytest.fixture
def example(tmp_path: Path) -> Loaded:
    return case("example", tmp_path)


def test_the_example(example: Loaded, tmp_path: Path) -> None:
    config = example.config
    assert config is not None
    assert (config.path, config.root, config.project) == (
        tmp_path / "dbt_jobs.yml",
        tmp_path,
        tmp_path.resolve(),
    )
    assert config.state == "github"
    assert list(config.jobs) == ["ingest", "daily", "hourly", "merge", "ci"]
    assert config.environments["production"] == Environment(
        name="production",
        target="prod",
        dbt=PinnedDbt(core="dbt-core==1.11.*", adapter="dbt-duckdb==1.11.*"),
        env={"REGION": "US"},
        secrets=("DBT_ENV_SECRET_PASSWORD",),
        github_environment="production",
    )
    assert config.environments["ci"].schema == "dbt_ci_pr_{pr_number}"
    assert config.notifications["on-call"] == Channel(
        name="on-call", kind="pagerduty", address="$PAGERDUTY_KEY"
    )


def test_the_jobs_of_the_example(example: Loaded) -> None:
    assert example.config is not None
    jobs = example.config.jobs
    daily = jobs["daily"]
    assert jobs["ingest"].triggers.schedule == (
        Schedule(cron="0 4 * * *", timezone="America/New_York"),
    )
    assert [step.text for step in daily.steps] == ["dbt seed", "dbt build"]
    assert daily.triggers == Triggers(
        job=(JobTrigger(names=("ingest",)),), dispatch=DispatchTrigger()
    )
    assert (daily.source_freshness, daily.generate_docs) == (True, True)
    assert daily.retries == Retries(attempts=2, delay=timedelta(minutes=1))
    assert daily.sla == timedelta(minutes=90)
    assert daily.notify == {"data-alerts": ("failure", "sla"), "on-call": ("failure",)}
    assert jobs["hourly"].defer == Deferral(job="hourly")
    assert jobs["merge"].triggers.merge == MergeTrigger(branches=("main",))
    assert jobs["merge"].defer == Deferral(environment="production")
    assert jobs["ci"].triggers.pull_request == PullRequestTrigger(branches=("main",), paths=("**",))
    assert (daily.timeout, jobs["ci"].timeout) == (timedelta(hours=2), timedelta(minutes=30))
    assert {job.threads for job in jobs.values()} == {4}


def test_defaults_and_all_that_can_be_said(tmp_path: Path) -> None:
    config = case("everything", tmp_path).config
    assert config is not None
    a, b, both = config.jobs.values()
    assert a.vars == {
        "start": "2024-01-01",
        "nested": {"list": [1, 2.5, False, None, "text"]},
        "more": True,
        "a": 1,  # of its environment
    }
    assert a.env == {"A": "1", "REGION": "EU", "TZ": "UTC"}
    assert a.triggers.merge == MergeTrigger()
    assert a.triggers.dispatch == DispatchTrigger()
    assert a.defer == Deferral(environment="both")
    assert (b.defer, b.enabled, b.env) == (None, False, a.env)
    assert b.triggers.pull_request == PullRequestTrigger()
    assert b.triggers.job == (
        JobTrigger(names=("a",), on=("error", "cancelled")),
        JobTrigger(names=("both",)),
        JobTrigger(names=("a", "both")),
    )
    assert b.triggers.schedule == ()
    assert both.defer == Deferral(job="both", on_missing="skip")
    assert config.environments["both"].dbt == DbtExecutable(executable="/opt/dbt")
    assert config.environments["production"].runs_on == ("self-hosted", "linux")
    assert config.environments["production"].profiles_dir == tmp_path.resolve() / "profiles"


def test_what_a_small_file_leaves_out() -> None:
    config = config_of(
        "version: 1\nenvironments: {p: {}}\njobs: {a: {environment: p, steps: [dbt run]}}\n"
    )
    assert config.state == ".dbt-gitops/state"
    assert config.environments["p"] == Environment(name="p")
    assert config.jobs["a"].triggers == Triggers()
    assert config.notifications == {}


@pytest.mark.parametrize(
    ("written", "requirement"),
    [
        ("1.11", "dbt-core==1.11.*"),
        ("1.11.2", "dbt-core==1.11.2"),
        ("1.11.*", "dbt-core==1.11.*"),
        (">=1.10,<2", "dbt-core>=1.10,<2"),
        ("~= 1.10", "dbt-core~=1.10"),
        ("dbt-core==1.11.*", "dbt-core==1.11.*"),
    ],
)
def test_versions_of_core(written: str, requirement: str) -> None:
    assert core_requirement(written) == requirement


@pytest.mark.parametrize(
    ("written", "requirement"),
    [
        ("duckdb", "dbt-duckdb"),
        ("duckdb==1.11.*", "dbt-duckdb==1.11.*"),
        ("dbt-snowflake >=1.10, <2", "dbt-snowflake>=1.10,<2"),
    ],
)
def test_adapters(written: str, requirement: str) -> None:
    assert adapter_requirement(written) == requirement


def test_where_a_value_stands(example: Loaded) -> None:
    def line(*path: str | int) -> str:
        found = example.where(*path)
        assert found is not None
        text = example.file.read_text().splitlines()[found.line - 1]
        return text[found.column - 1 :]

    assert line("jobs", "daily", "sla").startswith("sla: 90m")
    assert line("jobs", "daily", "steps", 1).startswith("dbt build]")
    assert line("jobs", "daily", "triggers", "job", "on").startswith("on: [success]")
    assert line("defaults", "timeout").startswith("timeout: 2h")
    assert example.where("jobs", "daily", "timeout") is None
    assert example.where("jobs", "nobody") is None
    assert example.where("version") == Position(file=example.file, line=3, column=1)


def test_a_merged_key_stands_where_it_is_written() -> None:
    loaded = from_bytes(
        Path("x.yml"),
        b"version: 1\nenvironments: {p: {}}\njobs:\n  a: &a\n    environment: p\n"
        b"    steps: [dbt run]\n  b:\n    <<: *a\n    threads: 2\n",
    )
    assert loaded.config is not None
    assert loaded.where("jobs", "b", "environment") == Position(
        file=Path("x.yml"), line=5, column=5
    )


def test_the_default_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_file() == Path("dbt_jobs.yml")
    (tmp_path / "dbt_jobs.yaml").touch()
    assert default_file() == Path("dbt_jobs.yaml")
    (tmp_path / "dbt_jobs.yml").touch()
    assert default_file() == Path("dbt_jobs.yml")


def test_the_job_wins_over_its_environment_and_that_over_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").touch()
    (tmp_path / "dbt_jobs.yml").write_text(
        """\
version: 1
defaults: { env: { A: defaults, B: defaults, C: defaults }, target: defaults }
environments:
  one: { target: environment, env: { B: environment, C: environment }, vars: { v: 1, w: 1 } }
  two: {}
jobs:
  a: { environment: one, steps: [dbt run], env: { C: job }, vars: { w: 2 } }
  b: { environment: two, steps: [dbt run] }
  c: { environment: one, steps: [dbt run], target: job }
"""
    )
    config = load(tmp_path / "dbt_jobs.yml").config
    assert config is not None
    a, b, c = config.jobs.values()
    assert a.env == {"A": "defaults", "B": "environment", "C": "job"}
    assert a.vars == {"v": 1, "w": 2}
    assert [job.target for job in (a, b, c)] == ["environment", "defaults", "job"]
