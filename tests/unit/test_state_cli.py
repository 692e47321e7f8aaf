"""``dbt-gitops state``: data on standard output, messages on standard error."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import cli
from runner.errors import ExitCode, StateUnresolved
from runner.state import StateStore, open_store
from tests.unit.state_samples import manifest, publish


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    return open_store("store", tmp_path)


def invoke(folder: Path, *arguments: str) -> Result:
    line = [*arguments, "--state", str(folder / "store")]
    return CliRunner().invoke(cli, ["state", *line], standalone_mode=False, catch_exceptions=False)


def test_ls_of_an_empty_store(tmp_path: Path) -> None:
    result = invoke(tmp_path, "ls")
    assert result.return_value == ExitCode.SUCCESS
    assert result.stdout == ""
    assert result.stderr == f"No job has published state in {tmp_path / 'store'} yet\n"
    assert invoke(tmp_path, "ls", "--json").stdout == "[]\n"


def test_ls_lists_each_jobs_newest_state(store: StateStore, tmp_path: Path) -> None:
    now = datetime.now(timezone.utc)
    publish(store, tmp_path, 1, published_at=now - timedelta(hours=2, minutes=3, seconds=30))
    publish(store, tmp_path, 2, job="hourly", published_at=now + timedelta(hours=1))
    result = invoke(tmp_path, "ls")
    assert result.stdout.splitlines() == [
        "ENVIRONMENT  JOB     RUN  COMMIT   AGE     DBT     SIZE",
        "production   hourly  2-1  0000000  0.0s    1.11.2  10.0 kB",
        "production   daily   1-1  0000000  2h 03m  1.11.2  10.0 kB",
    ]
    assert result.stderr == ""
    listed = json.loads(invoke(tmp_path, "ls", "--json").stdout)
    assert [one["run_id"] for one in listed] == ["2-1", "1-1"]


@pytest.mark.parametrize("name", ["production", "daily"])
def test_show_tells_of_the_newest_state(store: StateStore, tmp_path: Path, name: str) -> None:
    published = publish(store, tmp_path, 1)
    lines = dict(
        line.split(maxsplit=1) for line in invoke(tmp_path, "show", name).stdout.splitlines()
    )
    assert lines["commit"] == published.commit
    assert lines["sha256"] == published.sha256
    assert lines["published"].startswith("2025-01-31 05:00:00 UTC, ")
    assert lines["manifest"] == f"10.0 kB, {published.dbt_schema_version}"
    shown = json.loads(invoke(tmp_path, "show", name, "--json").stdout)
    assert shown["published_at"] == "2025-01-31T05:00:00Z"


def test_get_writes_both_files(store: StateStore, tmp_path: Path) -> None:
    publish(store, tmp_path / "target", 1)
    into = tmp_path / "into"
    result = invoke(tmp_path, "get", "production", "--into", str(into))
    assert result.return_value == ExitCode.SUCCESS
    assert result.stdout.splitlines() == [str(into / "manifest.json"), str(into / "run.json")]
    assert result.stderr.startswith("Run 1-1 of job daily in production, commit 0000000; ")
    assert (into / "manifest.json").read_bytes() == manifest(1)


def test_a_name_without_state_is_said_with_those_that_have_some(
    store: StateStore, tmp_path: Path
) -> None:
    publish(store, tmp_path, 1)
    with pytest.raises(
        StateUnresolved, match="no state of an environment or job named 'staging'"
    ) as caught:
        invoke(tmp_path, "show", "staging")
    assert caught.value.why == "it holds state of daily, production"


def test_an_environment_goes_before_a_job_of_the_same_name(
    store: StateStore, tmp_path: Path
) -> None:
    publish(store, tmp_path, 1, environment="nightly")
    publish(store, tmp_path, 2, job="nightly")
    assert json.loads(invoke(tmp_path, "show", "nightly", "--json").stdout)["run_id"] == "1-1"


def test_without_a_location_the_jobs_file_says_where(store: StateStore, tmp_path: Path) -> None:
    publish(store, tmp_path, 1)
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    jobs = tmp_path / "dbt_jobs.yml"
    jobs.write_text(
        "version: 1\nstate: store\nenvironments: {production: {}}\n"
        "jobs: {daily: {environment: production, triggers: {dispatch: true}, steps: [dbt build]}}\n"
    )
    line = ["ls", "--json", "--config", str(jobs)]
    result = CliRunner().invoke(
        cli, ["state", *line], standalone_mode=False, catch_exceptions=False
    )
    assert [one["run_id"] for one in json.loads(result.stdout)] == ["1-1"]
