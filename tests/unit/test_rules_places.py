"""Rules that ask whether jobs connect or write alike: pull requests and production, and jobs at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from runner.cli.targets import profiles_of
from runner.config import from_bytes
from runner.config.rules import Known
from runner.config.rules.judging import judged
from runner.config.rules.rule import Profile, Subject

OF_CONNECTIONS = {"ci-on-production-target", "state-in-reach", "twin-jobs"}
FILE = """\
version: 1
{top}environments:
  production: {{ {production}dbt: {{ core: "1.11.*", adapter: "duckdb==1.11.*" }} }}
  ci: {{ {ci}schema: "pr_{{pr_number}}", dbt: {{ core: "1.11.*", adapter: "duckdb==1.11.*" }} }}
defaults: {{ environment: production, timeout: 30m }}
jobs:
  merge: {{ triggers: {{ merge: {{}} }}, steps: [dbt build] }}
  ci:
    environment: ci
    triggers: {{ pull_request: {{}} }}
    steps: [dbt build --select state:modified+]
    defer: {{ to: merge }}
"""
PROD, CI = "target: prod, ", "target: ci, "


def profile(default: str = "", *reads: str, known: bool = True) -> Profile:
    return Profile(folder=Path(), default=default, reads=frozenset(reads) if known else None)


def subject(text: str, known: Known | None = None, name: str = "dbt_jobs.yml") -> Subject:
    loaded = from_bytes(Path(name), text.encode())
    assert loaded.config is not None, loaded.problems
    return Subject(loaded=loaded, known=known or Known())


def found(text: str, known: Known, codes: Iterable[str] = OF_CONNECTIONS) -> list[str]:
    problems = judged(subject(text).loaded, known).loaded.problems
    return [problem.code for problem in problems if problem.code in codes]


def of(production: str, ci: str, of_profile: Profile | None = None, top: str = "") -> list[str]:
    text = FILE.format(production=production, ci=ci, top=top)
    names = ("merge", "ci") if of_profile else ()
    return found(text, Known(profiles={name: of_profile for name in names if of_profile}))


@pytest.mark.parametrize(
    ("production", "ci", "of_profile", "alike"),
    [
        (PROD, CI, None, False),
        (PROD, PROD, None, True),
        ("", "", None, True),
        ("", "", profile(), True),
        ("", PROD, None, False),
        ("", PROD, profile("prod"), True),
        ("", CI, profile("prod"), False),
        ("env: { DBT_TARGET: prod }, ", PROD, profile("dev"), True),
        # A variable that the profile doesn't read is no other connection, where that is known.
        (PROD, PROD + "env: { LOG: x }, ", None, False),
        (PROD, PROD + "env: { LOG: x }, ", profile("prod", "USER"), True),
        (PROD, PROD + "env: { LOG: x }, ", profile("prod", known=False), False),
        (PROD, PROD + "env: { USER: ci }, ", profile("prod", "USER"), False),
        (PROD, PROD + "vars: { user: ci }, ", profile("prod", "user"), False),
        # Nor is a secret; one that it reads is another, or the same.
        (PROD, PROD + "secrets: [SLACK], ", profile("prod", "PASSWORD"), True),
        (PROD, PROD + "secrets: [PASSWORD], ", profile("prod", "PASSWORD"), False),
        *(
            (PROD + key, PROD + key, profile("prod", "PASSWORD"), True)
            for key in ("secrets: [PASSWORD], ", "github_environment: both, ")
        ),
        (PROD + "github_environment: production, ", PROD, profile("prod"), False),
        (PROD, PROD + "profiles_dir: elsewhere, ", None, False),
    ],
)
def test_a_pull_request_that_connects_as_production_does(
    production: str, ci: str, of_profile: Profile | None, alike: bool
) -> None:
    assert of(production, ci, of_profile) == ["ci-on-production-target"] * alike


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, None),
        ("shop: 7", None),
        ("shop: { outputs: { dev: {} } }", profile("default")),
        (
            "shop: { target: dev, outputs: { dev: { user: \"{{ env_var('USER') }}\" } } }",
            profile("dev", "USER"),
        ),
        ("shop: { target: dev, outputs: { dev: { user: !!python/object:x } } }", None),
    ],
)
def test_the_profile_is_that_of_the_project(
    content: str | None, expected: Profile | None, tmp_path: Path
) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    if content is not None:
        (tmp_path / "profiles.yml").write_text(content)
    config = subject(FILE.format(production="", ci="", top="")).config
    elsewhere = replace(
        config.jobs["ci"], name="else", env={"DBT_PROFILES_DIR": str(tmp_path / "x")}
    )
    jobs = {**config.jobs, "else": elsewhere}
    found = profiles_of(replace(config, project=tmp_path, jobs=jobs), {})
    there = replace(expected, folder=tmp_path) if expected else None
    assert found == ({"merge": there, "ci": there} if there else {})


def test_the_default_target_is_said_as_such() -> None:
    text = FILE.format(production="", ci="", top="")
    [problem] = (
        each
        for each in judged(subject(text).loaded, Known()).loaded.problems
        if each.code == "ci-on-production-target"
    )
    assert problem.what == "`ci` connects to the profile's default target, as `merge` does"
    assert problem.source[problem.column - 1 : problem.end_column - 1] == "ci"


KEY, OTHERS = "secrets: [AWS_SECRET_ACCESS_KEY], ", "secrets: [SNOWFLAKE_PASSWORD], "


@pytest.mark.parametrize(
    ("production", "ci", "state", "in_reach"),
    [
        (KEY, KEY, "s3://bucket/state", True),
        (KEY, "", "s3://bucket/state", False),
        ("secrets: [AWS_REGION, A], ", "secrets: [AWS_REGION, B], ", "s3://bucket/state", False),
        ("secrets: [GOOGLE_PROJECT], ", "secrets: [GOOGLE_PROJECT], ", "gs://bucket/state", False),
        (KEY.replace("[", "[AWS_REGION, "), KEY, "s3://bucket/state", True),
        (KEY, KEY, "gs://bucket/state", False),
        (KEY, KEY, "github", False),
        (OTHERS, OTHERS, "s3://bucket/state", False),
        (KEY + "github_environment: production, ", KEY, "s3://bucket/state", False),
        ("github_environment: both, ", "github_environment: both, ", "s3://bucket/state", True),
    ],
)
def test_state_that_pull_requests_have_the_credentials_of(
    production: str, ci: str, state: str, in_reach: bool
) -> None:
    codes = of(PROD + production, CI + ci, top=f"state: {state}\n")
    assert codes == ["state-in-reach"] * in_reach


TWO = """\
version: 1
environments:
  production: {{ target: prod, dbt: {{ core: "1.11.*", adapter: "duckdb==1.11.*" }} }}
  also: {{ {also}dbt: {{ core: "1.11.*", adapter: "duckdb==1.11.*" }} }}
defaults: {{ environment: production, timeout: 30m }}
jobs:
  one: {{ triggers: {{ schedule: {{ cron: "17 4 * * *" }} }}, steps: [dbt build] }}
  two: {{ triggers: {{ schedule: {{ cron: "17 4 * * *" }} }}, steps: [dbt build]{two} }}
"""


@pytest.mark.parametrize(
    ("also", "two", "twins"),
    [
        ("", "", True),
        ("", ", vars: { tenant: b }", False),
        ("", ", env: { TENANT: b }", False),
        (PROD, ", environment: also", True),
        ("", ", environment: also", False),
        (PROD + 'schema: "nightly", ', ", environment: also", False),
    ],
)
def test_jobs_that_do_the_same_in_the_same_place(also: str, two: str, twins: bool) -> None:
    assert found(TWO.format(also=also, two=two), Known()) == ["twin-jobs"] * twins


def test_a_schema_of_each_job_is_another_place() -> None:
    text = TWO.format(also="", two="").replace("target: prod", 'target: prod, schema: "x_{job}"')
    assert found(text, Known()) == []


ONE = TWO.format(also="", two="").rpartition("  two:")[0]


@pytest.mark.parametrize(("name", "told"), [("a.yml", False), ("z.yml", True)])
def test_a_twin_in_another_file_is_told_of_in_the_later_one(name: str, told: bool) -> None:
    first = subject(ONE.replace("one:", "first:"))
    text = ONE.replace("  also: {", "  more: {")
    problems = judged(subject(text, name=name).loaded, Known(elsewhere=(first,))).loaded.problems
    said = [problem.what for problem in problems if problem.code == "twin-jobs"]
    assert said == ["`one` runs the same steps as `first` at the same times"] * told


@pytest.mark.parametrize(
    ("steps", "target", "codes"),
    [
        ("dbt test, dbt build --full-refresh", "prod", []),
        ("dbt test, dbt build --full-refresh", "dev", ["never-refreshed", "never-tested"]),
        ("dbt compile", "prod", ["never-refreshed", "never-tested"]),
    ],
)
def test_what_another_file_tests_and_builds_anew(steps: str, target: str, codes: list[str]) -> None:
    text = ONE.replace("dbt build", "dbt run --select config.materialized:incremental")
    there = ONE.replace("one:", "two:").replace("dbt build", steps).replace("prod,", f"{target},")
    known = Known(elsewhere=(subject(there, name="there.yml"),))
    assert sorted(found(text, known, ("never-tested", "never-refreshed"))) == codes


def test_production_of_another_file() -> None:
    whole = FILE.format(production=PROD, ci=PROD, top="")
    merge = next(line for line in whole.splitlines(keepends=True) if line.startswith("  merge:"))
    there = subject(whole.rpartition("  ci:\n")[0], name="there.yml")
    here = whole.replace(merge, "").replace("    defer: { to: merge }\n", "")
    here = here.replace("state:modified+", "+orders")
    assert found(here, Known(elsewhere=(there,))) == ["ci-on-production-target"]
    assert found(here, Known()) == []
