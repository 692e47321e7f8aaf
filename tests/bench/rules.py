"""What `validate --manifest` needs: dbt's answers on 5,000 models, and the questions of 1,000 jobs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from runner.builds.facts import Builds, never_built, nothing_selected, sizes
from runner.builds.misses import misses
from runner.cli.asking import asked
from runner.config import load
from runner.config.rules import Known
from runner.config.rules.judging import judged
from runner.config.rules.rule import Packages
from runner.model import Job
from runner.schedule.together import built_together
from tests.bench.plans import history
from tests.bench.projects import cron, write_project
from tests.bench.ticks import best_of_three
from tests.bench.timing import bench_env, run_timed
from tests.conftest import ROOT, dbt_python

MODELS = 5000
JOBS = 1000
BAR = 3.0
NOW = datetime(2026, 11, 21, 2, 14, 45, tzinfo=timezone.utc)
# Eighteen that match something, and two that are misspelt.
SELECTIONS = (
    "tag:staging", "tag:intermediate", "tag:marts", "tag:marts,config.materialized:table",
    "path:models/marts/marts_003", "path:models/staging/staging_001+", "stg_00001+", "+mart_00010",
    "@int_00010", "2+mart_00020+1", "int_001*", "marts.marts_010", "bench", "raw_events+1",
    "tag:marts --exclude path:models/marts/marts_002", "tag:staging --indirect-selection cautious",
    "resource_type:seed", "tag:intermediate mart_00001", "tag:stagin", "mart_0001O",
)  # fmt: skip
HEAD = """\
version: 1
environments:
  production: { target: prod, dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
jobs:
"""
JOB = """\
  job_{index:05}:
    environment: production
    triggers: {{ schedule: {{ cron: "{cron}" }} }}
    steps: ["dbt build --select {selection}"]
"""


def print_figures(root: Path) -> None:
    """A line each, in seconds; the questions in CPU seconds, the best of three."""
    write_project(root, MODELS)
    entries = (
        JOB.format(index=n, cron=cron(n), selection=SELECTIONS[n % len(SELECTIONS)])
        for n in range(JOBS)
    )
    (root / "dbt_jobs.yml").write_text(HEAD + "".join(entries))
    config = load(root / "dbt_jobs.yml").config
    assert config
    told = [time.perf_counter()]
    builds = asked(config, bench_env(os.environ), lambda _: told.append(time.perf_counter()))
    # The last two are told when dbt has read the project, and when it has answered.
    _print(f"dbt imported, {len(builds.nodes):,} nodes parsed", told[-2] - told[0])
    _print(
        f"{len(builds.answers)} distinct selections of {JOBS:,} jobs answered", told[-1] - told[-2]
    )
    questions = _questions(builds, [*config.jobs.values()])
    seconds = {name: best_of_three(question) for name, question in questions.items()}
    for name, each in seconds.items():
        _print(name, each)
    rules = best_of_three(_rules(root, builds))
    _print(f"all rules, {JOBS:,} jobs, dbt's answers at hand", rules, f"≤ {BAR:.2f} s")
    answers = told[-1] - told[-2]
    _print("the same and dbt's answers, without its parse", rules + answers, f"≤ {BAR:.2f} s")
    _print_commands(root)


def _rules(root: Path, builds: Builds) -> Callable[[], object]:
    """Every rule, each with what it needs."""
    loaded = load(root / "dbt_jobs.yml")
    assert loaded.config, loaded.problems
    packages = Packages(cleaned=True)
    seen = history(root / "dbt_jobs.yml")
    known = Known(history=seen, builds=builds, packages=packages, now=NOW)
    return lambda: judged(loaded, known)


def _print_commands(root: Path) -> None:
    """The whole commands, the median of three."""
    env = bench_env(os.environ, PYTHONPATH=str(ROOT))
    dbt = Path(dbt_python(ROOT)).with_name("dbt")
    run_timed((str(dbt), "--quiet", "parse"), root, env)  # writes the manifest
    for words in ((), ("--manifest", "target/manifest.json"), ("--manifest",)):
        command = (sys.executable, "-m", "runner", "validate", "--format", "json", *words)
        walls = [run_timed(command, root, env).wall for _ in range(3)]
        _print(" ".join(("validate", *words)), median(walls))


def _questions(builds: Builds, jobs: list[Job]) -> dict[str, Callable[[], object]]:
    return {
        "steps that select nothing": lambda: list(nothing_selected(builds, jobs)),
        "criteria that match nothing": lambda: list(misses(builds, jobs)),
        "how many nodes each job builds": lambda: sizes(builds, jobs),
        "models that no job builds": lambda: never_built(builds, jobs),
        "the same nodes at the same minute": lambda: _together(builds, jobs),
    }


def _together(builds: Builds, jobs: list[Job]) -> object:
    built = {job.name: builds.built_by(job) for job in jobs}
    return list(built_together(jobs, built, NOW))


def _print(name: str, seconds: float, bar: str = "–") -> None:
    print(f"| {name:55} | {seconds:6.2f} s | {bar} |", flush=True)
