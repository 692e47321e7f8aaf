"""What the exact comparison of a pull request costs, on 1,000 models."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.bench.jobs import MODELS, dbt
from tests.bench.projects import write_project
from tests.bench.timing import Pairs, Row, Timed, bench_env, pairs, run_timed
from tests.conftest import ROOT

# The same steps with the same deferral: a pull request's job compares with its base commit, any other
# with production's manifest.
JOBS = """\
version: 1
environments:
  production: { target: prod, dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
  ci: { target: ci, dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
jobs:
  daily: { environment: production, steps: [dbt parse] }
  exact:
    environment: ci
    triggers: { pull_request: { branches: [main] } }
    steps: [dbt compile --select state:modified+]
    defer: { to: production }
  plain:
    environment: ci
    steps: [dbt compile --select state:modified+]
    defer: { to: production }
"""


NAME = f"exact comparison over a full parse, {MODELS:,} models"


def exact_comparison(root: Path) -> Row:
    """Ours is what a job takes more with it than without, bare a full parse in a shell."""
    return Row(name=NAME, pairs=measured(root), bar=0.50)


def exact_comparison_cpu(root: Path) -> Row:
    """The same rounds: a difference of two times is the first to drown in a machine's noise."""
    return Row(name=NAME, pairs=measured(root), bar=0.50, measure="cpu")


@cache
def measured(root: Path) -> Pairs:
    """As CI has it: a fresh checkout, so nothing is parsed yet."""
    folder = branch(root / "comparison")
    env = bench_env(os.environ, PYTHONPATH=str(ROOT))

    def fresh(*argv: str) -> Timed:
        shutil.rmtree(folder / "target", ignore_errors=True)
        return run_timed(argv, folder, env)

    def beyond() -> Timed:
        with_it = fresh(sys.executable, "-m", "runner", "run", "exact")
        without = fresh(sys.executable, "-m", "runner", "run", "plain")
        return Timed(
            wall=with_it.wall - without.wall,
            cpu=with_it.cpu - without.cpu,
            peak_rss=with_it.peak_rss,
        )

    return pairs(beyond, lambda: fresh(dbt(), "parse", "--target", "ci"), rounds=5)


def branch(folder: Path) -> Path:
    """The generated project with published state, and a branch that adds one model and changes one."""
    write_project(folder, MODELS)
    (folder / "dbt_jobs.yml").write_text(JOBS)
    (folder / ".gitignore").write_text("target/\nlogs/\n*.duckdb\n.user.yml\n.dbt-gitops/\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    env = bench_env(os.environ, PYTHONPATH=str(ROOT))
    run_timed((sys.executable, "-m", "runner", "run", "daily"), folder, env)
    git(folder, "checkout", "--quiet", "-b", "change")
    (folder / "models" / "added.sql").write_text("select 1 as id\n")
    with (folder / "models" / "marts" / "marts_000" / "mart_00000.sql").open("a") as model:
        model.write("-- changed\n")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    author = ("-c", "user.name=Jo", "-c", "user.email=jo@example.com")
    git(folder, *author, "commit", "--quiet", "--message", "change")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


ROWS = (exact_comparison, exact_comparison_cpu)
