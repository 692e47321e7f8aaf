"""`dbt-gitops sync` of many jobs, each with a time of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from runner.workflow import PATH
from tests.bench.projects import JOBS_HEAD
from tests.bench.timing import Timed, bench_env, run_timed
from tests.conftest import ROOT

ROUNDS = 5
JOB = """\
  job_{number:05}:
    environment: production
    triggers:
      schedule: {{ cron: "{minute} {hour} {day} * *", timezone: Europe/Berlin }}
      dispatch: true
    steps: [dbt build]
"""
SECONDS = 3.0
# What grows with the jobs, beyond what every command costs: linear is 2, and the rest noise.
GROWTH = 2.5


def print_figures(root: Path) -> None:
    """The fastest of some rounds, for each number of jobs; the growth by CPU time, without one's noise."""
    one, *many = (_sync(root, jobs) for jobs in (1, 500, 1000, 2000))
    _print(
        "sync of 1,000 jobs", f"{min(each.wall for each in many[1]):6.2f} s", f"≤ {SECONDS:.2f} s"
    )
    costs = [_cpu(each) - _cpu(one) for each in many]
    for jobs, fewer, more in ((500, *costs[:2]), (1000, *costs[1:])):
        name = f"sync of {2 * jobs:,} jobs over {jobs:,}, CPU beyond one job's"
        _print(name, f"{more / fewer:6.2f} ×", f"≤ {GROWTH:.2f} ×")


def _cpu(rounds: list[Timed]) -> float:
    return min(each.cpu for each in rounds)


def _sync(root: Path, jobs: int) -> list[Timed]:
    """The command, which writes the workflow each time."""
    folder = root / str(jobs)
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    (folder / "dbt_project.yml").write_text("name: many\n")
    (folder / "dbt_jobs.yml").write_text(JOBS_HEAD + "".join(map(_job, range(jobs))))
    return [_once(folder) for _ in range(ROUNDS)]


def _job(number: int) -> str:
    day, time = divmod(number, 24 * 60)
    return JOB.format(number=number, minute=time % 60, hour=time // 60, day=day + 1)


def _once(folder: Path) -> Timed:
    (folder / PATH).unlink(missing_ok=True)
    env = bench_env(os.environ, PYTHONPATH=str(ROOT))
    return run_timed((sys.executable, "-m", "runner", "sync"), folder, env)


def _print(name: str, measured: str, bar: str) -> None:
    print(f"| {name:50} | {measured} | {bar} |", flush=True)
