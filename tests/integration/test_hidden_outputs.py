"""GitHub passes no output on that holds a secret's value: what is due would be lost without a word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project
from tests.fake_github import FakeGitHub
from tests.on_github import OnGitHub

JOBS = """\
version: 1
project: dbt
state: s3://{bucket}/dbt
environments:
  production: {{ target: prod, secrets: [AWS_ACCESS_KEY_ID, AWS_REGION, AWS_KEY_JSON, PASSWORD] }}
  ci: {{ target: ci }}
defaults: {{ environment: production, steps: [dbt build] }}
jobs:
  eu-west-1: {{ triggers: {{ schedule: {{ cron: '{cron}' }} }} }}
  daily: {{ triggers: {{ schedule: {{ cron: '{cron}' }} }} }}
"""


@pytest.fixture
def there(tmp_path: Path, bucket: Any) -> Iterator[OnGitHub]:
    fired = datetime.now(timezone.utc) - timedelta(minutes=10)
    project = Project(path=tmp_path / "repository")
    cron = f"{fired.minute} {fired.hour} * * *"
    project.write("dbt_jobs.yml", JOBS.format(bucket=bucket.name, cron=cron))
    project.write("dbt/dbt_project.yml", "name: tiny\nversion: '1.0'\nprofile: tiny\n")
    project.init()
    (tmp_path / "scratch").mkdir()
    with FakeGitHub() as fake:
        there = OnGitHub(project=project, fake=fake, scratch=tmp_path / "scratch")
        there.tick(cron)
        yield there


def test_what_is_due_is_passed_on(there: OnGitHub, bucket: Any) -> None:
    done = there.cli("plan", PASSWORD="eu-west-1")  # which the job that plans isn't given on GitHub
    assert done.code == 0, done.err
    assert "eu-west-1" in there.outputs()["legs"]
    assert list(bucket.objects.all())


def test_the_value_of_a_secret_in_what_is_due_starts_nothing(there: OnGitHub, bucket: Any) -> None:
    done = there.cli("plan", AWS_REGION="eu-west-1")
    assert done.code == 2
    assert "holds the value of the secret AWS_REGION" in done.err
    assert "what starts `eu-west-1`" in done.err
    assert "daily" not in done.err
    assert "out of `secrets:`" in done.err
    assert "legs" not in there.outputs()
    assert not list(bucket.objects.all()), "what isn't started is due at the next tick"


@pytest.mark.parametrize(
    ("name", "value"), [("AWS_ACCESS_KEY_ID", '"eu-west-1"'), ("AWS_ACCESS_KEY_ID", "true")]
)
def test_what_github_finds_of_it_is_found(there: OnGitHub, name: str, value: str) -> None:
    """What is within the quotes, and the output `deploys` beside what is due."""
    done = there.cli("plan", **{name: value})
    assert done.code == 2
    assert f"holds the value of the secret {name}" in done.err


def test_a_check_that_is_not_run_for_it_has_a_status(there: OnGitHub) -> None:
    there.project.append(
        "dbt_jobs.yml", "  ci: { environment: ci, triggers: { pull_request: {} } }\n"
    )
    there.project.commit()
    there.project.git("checkout", "--quiet", "-b", "change")
    there.project.write("dbt/models/one.sql", "select 1 as id")
    there.project.commit()
    there.pull_request()
    done = there.cli("plan", AWS_KEY_JSON='{\n"key": 1}')
    assert done.code == 2
    [(state, said)] = there.statuses()
    assert "GitHub would drop what this plan says" in done.err
    assert (state, "it holds a line of the secret AWS_KEY_JSON" in said) == ("error", True), said


def test_a_line_of_a_secret_is_as_bad(there: OnGitHub, bucket: Any) -> None:
    """GitHub hides each line by itself, so the brace of a key in JSON too."""
    done = there.cli("plan", AWS_KEY_JSON=json.dumps({"key": "hunter2"}, indent=2))
    assert done.code == 2
    assert "holds a line of the secret AWS_KEY_JSON" in done.err
    assert "jq -c . key.json | gh secret set AWS_KEY_JSON" in done.err
    assert "hunter2" not in done.err
    assert not list(bucket.objects.all())
