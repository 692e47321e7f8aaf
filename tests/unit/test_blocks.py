"""The blocks of the compiled workflow: their names, and which jobs are in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.blocks import MOST_LEGS, RESERVED, Block, blocks, by_job, runs_job, runs_none
from runner.config import from_bytes
from runner.model import Config

HEAD = """
version: 1
environments: {{ {environments} }}
defaults: {{ environment: '{first}', steps: [dbt build] }}
jobs:
"""


def config(jobs: str, path: str = "/repo/dbt_jobs.yml", names: str = "production ci") -> Config:
    environments = ", ".join(
        f"'{n}': {{ target: '{n}', schema: '{{pr_number}}' }}" for n in names.split()
    )
    text = HEAD.format(environments=environments, first=names.split()[0]) + jobs
    loaded = from_bytes(Path(path), text.encode())
    assert loaded.config is not None, loaded.problems
    return loaded.config


def named(found: tuple[Block, ...]) -> dict[str, str]:
    return {block.name: " ".join(job.name for job in block.jobs) for block in found}


KINDS = """
  daily: { triggers: { schedule: { cron: "0 4 * * *" } } }
  newest: { concurrency: cancel, triggers: { merge: { } } }
  ci: { environment: ci, triggers: { pull_request: } }
  parse: { triggers: { pull_request: } }
  both: { environment: ci, triggers: { pull_request: , dispatch: true } }
  alone: {}
  off: { enabled: false, triggers: { pull_request: , merge: { } } }
"""


def test_a_block_is_an_environment_and_a_kind() -> None:
    found = blocks([config(KINDS)])
    assert named(found) == {
        "production": "daily alone",
        "production-cancel": "newest",
        "production-checks": "parse",
        "ci": "both",
        "ci-checks": "ci both",
    }
    assert [block.kind for block in found] == ["deploy", "cancel", "checks", "deploy", "checks"]
    homes = by_job(found)
    assert (homes["both", True].name, homes["both", False].name) == ("ci-checks", "ci")
    assert ("off", True) not in homes
    assert ("ci", False) not in homes


def test_names_that_are_taken_or_that_github_does_not_take() -> None:
    names = "plan 2024 ci-checks ci"
    jobs = "".join(f"  j{n}: {{ environment: '{n}' }}\n" for n in names.split())
    found = blocks(
        [config(jobs + "  pr: { environment: ci, triggers: { pull_request: } }", names=names)]
    )
    assert [block.name for block in found] == [
        "env-plan",
        "env-2024",
        "ci-checks",
        "ci",
        "ci-checks-2",
    ]


def test_more_jobs_than_a_matrix_takes() -> None:
    found = blocks([config("".join(f"  j{n}: {{}}\n" for n in range(2 * MOST_LEGS + 1)))])
    assert [(block.name, len(block.jobs)) for block in found] == [
        ("production", 256),
        ("production-2", 256),
        ("production-3", 1),
    ]


def test_several_files_are_told_apart_by_their_folders() -> None:
    def names(*paths: str) -> list[str]:
        return [each.name for each in blocks([config("  a: {}", path) for path in paths])]

    assert names("/repo/sub/dbt_jobs.yml") == ["production"]
    assert names("/repo/Finance & Co/dbt_jobs.yml", "/repo/ops/dbt/dbt_jobs.yml") == [
        "finance-co-production",
        "ops-dbt-production",
    ]
    assert names("/repo/dbt_jobs.yml", "/repo/ops/dbt_jobs.yml") == ["production", "ops-production"]
    assert names("/repo/dbt_jobs.yml", "/repo/weekly.yml") == [
        "dbt_jobs-production",
        "weekly-production",
    ]
    assert names("/repo/a b/dbt_jobs.yml", "/repo/a-b/dbt_jobs.yml") == [
        "a-b-production",
        "a-b-production-2",
    ]


def test_every_name_is_one_that_github_takes() -> None:
    environments = "x" * 200 + " a_ plan clean report 9"
    jobs = "".join(
        f"  j{i}: {{ environment: '{n}' }}\n" for i, n in enumerate(environments.split())
    )
    for block in blocks([config(jobs, names=environments)]):
        assert re.fullmatch("[a-z_][a-z0-9_-]{0,99}", block.name)
        assert block.name not in RESERVED


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("daily", True),
        ("production daily", True),
        ("production daily-2", False),
        ("daily production", False),
        ("production (daily)", True),
        ("production (daily, dbt_jobs.yml, 60)", True),
        ("dbt / daily", True),
        ("dbt / production (daily, 60)", True),
        ("daily-2", False),
        ("production (daily-2, daily)", False),
        ("x, daily", False),
        ("production (x, daily)", False),
        ("dbt / production-cancel-2 daily", True),
        ("plan", False),
    ],
)
def test_a_job_of_the_workflow_is_named_after_ours(name: str, expected: bool) -> None:
    assert runs_job(name, "daily") is expected


@pytest.mark.parametrize("own", sorted(RESERVED))
def test_the_workflows_own_jobs_run_no_job_that_is_called_so(own: str) -> None:
    assert not runs_job(own, own)
    assert not runs_job(f"dbt / {own}", own)
    assert runs_job(f"production {own}", own)
    assert runs_job(f"dbt / production ({own}, 60)", own)
    assert runs_none(own)
    assert runs_none(f"dbt / {own}")
    assert not runs_none(f"production {own}")
