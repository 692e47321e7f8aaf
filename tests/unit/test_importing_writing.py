"""A draft becomes a jobs file that is valid, and changes of another one only what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.config import from_bytes
from runner.errors import ConfigInvalid
from runner.importing.draft import Draft
from runner.importing.writing import config_of, drafted, text_there, write
from tests.reference import ROOT

FILE = Path("dbt_jobs.yml")
EXAMPLE = (ROOT / "examples" / "jaffle_duckdb" / "dbt_jobs.yml").read_text()


def draft() -> Draft:
    return Draft(
        top={"state": "github"},
        environments={"production": {"env": {"FLAG": "yes", "AT": "1:30", "ZIP": "012"}}},
        jobs={
            "daily": {
                "environment": "production",
                "triggers": {"schedule": {"cron": "0 0,12 * * *", "timezone": "UTC"}, "merge": {}},
                "steps": ["dbt build"],
            },
            "next": {
                "description": "Two\nlines # no comment",
                "environment": "production",
                "triggers": {"job": {"name": "daily", "on": ["success", "error"]}},
                "steps": ["dbt build --vars '{a: 1}'"],
                "defer": {"to": "self", "on_missing": "full"},
            },
        },
        comments={
            ("environments", "production"): "as it was\nelsewhere",
            ("jobs", "next"): "later",
        },
    )


NEW = """\
# yaml-language-server: $schema=https://dbt-gitops.dev/schemas/v1/dbt_jobs.schema.json
version: 1
state: github

environments:
  # as it was
  # elsewhere
  production:
    env:
      FLAG: "yes"
      AT: "1:30"
      ZIP: "012"

jobs:
  daily:
    environment: production
    triggers:
      schedule: {cron: "0 0,12 * * *", timezone: UTC}
      merge: {}
    steps:
      - dbt build

  # later
  next:
    description: "Two\\nlines # no comment"
    environment: production
    triggers:
      job: {name: daily, on: [success, error]}
    steps:
      - "dbt build --vars '{a: 1}'"
    defer: {to: self, on_missing: full}
"""


def test_a_new_file() -> None:
    text = drafted(draft(), None)
    assert text == NEW == drafted(draft(), None)
    config = config_of(FILE, text)
    assert config.environments["production"].env == {"FLAG": "yes", "AT": "1:30", "ZIP": "012"}
    assert config.jobs["next"].description == "Two\nlines # no comment"


def test_a_merge_keeps_what_it_does_not_say() -> None:
    text = drafted(draft(), EXAMPLE)
    before, after = EXAMPLE.splitlines(), text.splitlines()
    gone = [line for line in before if line not in after]
    assert gone == [
        "      - dbt build --exclude resource_type:seed    # models, the snapshot and every test"
    ]
    # In the order of before: comments, blank lines and quotes too.
    rest = iter(after)
    assert all(line in rest for line in before if line not in gone and line != "      - dbt seed")
    config, old = config_of(FILE, text), config_of(FILE, EXAMPLE)
    assert [*config.jobs] == [*old.jobs, "next"]
    assert config.jobs["hourly"].defer == old.jobs["hourly"].defer
    assert config.jobs["daily"].retries == old.jobs["daily"].retries
    assert config.jobs["daily"].triggers.job == old.jobs["daily"].triggers.job
    assert config.environments["production"].target == "prod"


@pytest.mark.parametrize("there", [NEW, EXAMPLE, EXAMPLE.replace("\n", "\r\n")])
def test_a_second_merge_changes_nothing(there: str) -> None:
    once = drafted(draft(), there)
    assert drafted(draft(), once) == once
    assert ("\r\n" in once) == ("\r\n" in there)


def test_what_means_the_same_is_left_as_it_is() -> None:
    short = NEW.replace(", timezone: UTC}", " }").replace("schedule: {cron", "schedule: { cron")
    assert drafted(draft(), short) == short
    listed = NEW.replace(
        "job: {name: daily, on: [success, error]}", "job: [{name: daily, on: [success, error]}]"
    )
    assert drafted(draft(), listed) == listed


def test_one_value_takes_the_place_of_another() -> None:
    both = NEW.replace("job: {name: daily,", "job: {all_of: [daily, third],")
    there = both + "\n  third:\n    environment: production\n    steps: [dbt test]\n"
    assert config_of(FILE, drafted(draft(), there)).jobs["next"].triggers.job[0].names == ("daily",)


def test_another_indentation_is_kept() -> None:
    there = "version: 1\nenvironments:\n    prod: {}\njobs:\n    old:\n        environment: prod\n        steps:\n        - dbt run\n"
    text = drafted(draft(), there)
    assert text.startswith(there.partition("jobs:")[0].rstrip("\n"))
    assert "        steps:\n        - dbt run\n" in text
    assert config_of(FILE, text).jobs.keys() == {"old", "daily", "next"}


@settings(deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), st.text(max_size=30), max_size=4)
)
@example({"NO": ""})
def test_text_stays_text(env: dict[str, Any]) -> None:
    text = drafted(
        Draft(
            environments={"p": {"env": env}},
            jobs={"j": {"environment": "p", "steps": ["dbt build"]}},
        ),
        None,
    )
    assert yaml.safe_load(text)["environments"]["p"]["env"] == env
    loaded = from_bytes(FILE, text.encode())
    assert loaded.config is not None
    assert loaded.config.environments["p"].env == env


@pytest.mark.parametrize("text", ["jobs: {", "version: 2\n", "<html></html>"])
def test_a_file_that_is_not_valid_is_not_touched(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dbt_jobs.yml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid, match=r"dbt_jobs\.yml:"):
        text_there(file)


def test_the_whole_file_or_nothing(tmp_path: Path) -> None:
    file = tmp_path / "dbt_jobs.yml"
    assert text_there(file) is None
    write(file, NEW)
    assert text_there(file) == NEW
    file.chmod(0o640)
    write(file, NEW)
    assert file.stat().st_mode & 0o777 == 0o640
    with pytest.raises(ConfigInvalid, match="can't be written"):
        write(tmp_path / "none" / "dbt_jobs.yml", NEW)
    assert [*tmp_path.iterdir()] == [file]
