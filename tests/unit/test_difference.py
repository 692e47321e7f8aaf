"""The difference of two jobs files: field by field, fire times, and what widens access."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from runner.config import from_bytes
from runner.config.difference import Difference, FieldChange, difference
from runner.model import Config
from tests.configs import VALID

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
BASE = """\
version: 1
environments:
  ci: { target: ci, schema: "pr_{branch}", secrets: [A] }
  production: { target: prod }
jobs:
  daily:
    environment: ci
    triggers: { schedule: { cron: "0 4 * * *" }, merge: { branches: [main] } }
    steps: [dbt build]
    env: { X: "1" }
"""


def config(text: str) -> Config:
    loaded = from_bytes(Path("/repo/dbt_jobs.yml"), text.encode())
    assert loaded.config is not None, loaded.problems
    return loaded.config


def changed(old: str, new: str) -> Difference:
    assert old in BASE
    return difference(config(BASE), config(BASE.replace(old, new)), NOW)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_file_does_not_differ_from_itself(path: Path) -> None:
    whole = from_bytes(Path("/repo/dbt_jobs.yml"), path.read_bytes()).config
    assert whole is not None
    assert difference(whole, whole, NOW) == Difference(changes=(), warnings=())
    assert {each.change for each in difference(None, whole, NOW).changes} == {"added"}


@pytest.mark.parametrize(
    ("old", "new", "field", "before", "after"),
    [
        ("[dbt build]", "[dbt seed, dbt build]", "steps", "[dbt build]", "[dbt seed, dbt build]"),
        ("[dbt build]", "[dbt build]\n    timeout: 90m", "timeout", None, "1h30m"),
        ('X: "1"', 'X: "2"', "env.X", "'1'", "'2'"),
        ('{ X: "1" }', '{ X: "1", Y: "no" }', "env.Y", None, "'no'"),
        ("[main]", "[main, dev]", "triggers.merge.branches", "[main]", "[main, dev]"),
        ("[dbt build]", "[dbt build]\n    defer: { to: self }", "defer.to", None, "job:daily"),
        ("[dbt build]", "[dbt build]\n    enabled: false", "enabled", "true", "false"),
    ],
)
def test_a_field_of_a_job(
    old: str, new: str, field: str, before: str | None, after: str | None
) -> None:
    [change] = changed(old, new).changes
    assert (change.kind, change.name, change.change) == ("job", "daily", "changed")
    assert FieldChange(field=field, before=before, after=after) in change.fields


def test_fire_times_before_and_after() -> None:
    new = '"0 4 * * *", timezone: Europe/Berlin'
    [change] = changed('"0 4 * * *"', new).changes
    assert change.fires_before[0].isoformat() == "2026-11-20T04:00:00+00:00"
    assert [time.isoformat() for time in change.fires_after] == [
        "2026-11-20T04:00:00+01:00",
        "2026-11-21T04:00:00+01:00",
        "2026-11-22T04:00:00+01:00",
    ]


def test_removed() -> None:
    found = difference(config(BASE), config(BASE.replace("daily:", "nightly:")), NOW)
    assert [(each.name, each.change) for each in found.changes] == [
        ("daily", "removed"),
        ("nightly", "added"),
    ]
    removed, added = found.changes
    assert removed.fires_before == added.fires_after != ()
    assert removed.fires_after == added.fires_before == ()
    assert FieldChange(field="steps", before="[dbt build]", after=None) in removed.fields


@pytest.mark.parametrize(
    ("old", "new", "warnings"),
    [
        ("[A]", "[A, B, C]", ["ci secrets: gains the secrets B, C"]),
        ("[A]", "[]", []),
        ("target: ci", "target: prod", ["ci target: connects to target prod instead of ci"]),
        ("[A] }", "[A], dbt: { executable: ./x } }",
         ["ci executable: runs the executable ./x as dbt"]),
        ("[A] }", "[A], github_environment: live }",
         ["ci github-environment: gets the secrets of the GitHub environment live"]),
        ("[A] }", "[A], profiles_dir: other }",
         ["ci profiles: reads profiles.yml in another folder, other"]),
        ("environment: ci", "environment: production",
         ["daily environment: runs in environment production instead of ci"]),
        ("[dbt build]", "[dbt build]\n    target: prod",
         ["daily target: connects to target prod instead of ci"]),
        ("[main]", "[main, dev]", ["daily trigger: is now started by merges into main, dev"]),
        ("[main] }", "[main] }, dispatch: true, pull_request: ",
         ["daily trigger: is now started by pull requests into the default branch, dispatch"]),
        ("{branch}", "{pr_number}",
         ["ci schema: writes into schema pr_{pr_number} instead of pr_{branch}"]),
        ('schema: "pr_{branch}", ', "",
         ["ci schema: writes into schema of the profile instead of pr_{branch}"]),
        ("target: prod", "target: prod, schema: live",
         ["production schema: writes into schema live"]),
        ("[A] }", "[A], runs_on: [self-hosted, linux] }",
         ["ci machine: runs on self-hosted, linux, which may be a machine of your own"]),
        ("[A] }", "[A], runs_on: ubuntu-24.04-arm }", []),
        ("version: 1", "version: 1\nstate: s3://elsewhere/state",
         [" state: keeps state in s3://elsewhere/state instead of .dbt-gitops/state"]),
        (" merge: { branches: [main] }", "", []),
        ("[dbt build]", "[dbt seed]", []),
    ],
)  # fmt: skip
def test_what_widens_access(old: str, new: str, warnings: list[str]) -> None:
    found = changed(old, new).warnings
    said = [f"{each.name} {each.code}: {each.text}" for each in found]
    assert said == warnings


def test_a_warning_of_the_file_itself_names_no_thing() -> None:
    [warning] = changed("version: 1", "version: 1\nstate: github").warnings
    assert warning.subject == "the jobs file"
    [warning] = changed("[A]", "[A, B]").warnings
    assert warning.subject == "environment `ci`"
