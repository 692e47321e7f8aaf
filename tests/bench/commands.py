"""What the commands cost that run no dbt: `--help` and `validate`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from runner.config import load
from runner.config.rules import Known
from runner.config.rules.judging import judged
from tests.bench.plans import history
from tests.bench.projects import write_jobs_file
from tests.bench.timing import Pairs, Timed, bench_env, pairs, run_timed
from tests.conftest import EXAMPLE, ROOT

ROUNDS = 5


def print_figures(root: Path) -> None:
    """A line each: what it took beyond its pair, and the most that it may take."""
    root.mkdir(parents=True)
    for name, arguments in (
        ("--help", ("--help",)),
        ("validate the example", ("validate", str(EXAMPLE / "dbt_jobs.yml"))),
    ):
        beyond = _beyond_nothing(root, *arguments)
        _print(f"{name}: CPU beyond `python -c pass`", beyond, 0.25)
    thousand = _validate(root, 1000)
    _print("validate 1,000 jobs", thousand.ours.wall, 2.0)
    _print("all rules on 1,000 jobs", _rules(root / "1000" / "dbt_jobs.yml"), 1.0)
    five = _validate(root, 5000)
    _print("validate 5,000 jobs", five.ours.wall, None)
    growth = five.ours.wall / thousand.ours.wall
    print(f"| {'5,000 jobs over 1,000 jobs (linear is 5)':45} | {growth:6.2f} × | ≤ 5.00 × |")


def _beyond_nothing(root: Path, *arguments: str) -> float:
    measured = _pairs(root, ("-m", "runner", *arguments), ("-c", "pass"))
    return measured.ours.cpu - measured.bare.cpu


def _validate(root: Path, jobs: int) -> Pairs:
    folder = root / str(jobs)
    folder.mkdir()
    (folder / "dbt_project.yml").write_text("name: many\n")
    write_jobs_file(folder / "dbt_jobs.yml", jobs)
    return _pairs(folder, ("-m", "runner", "validate"), ("-c", "pass"))


def _rules(path: Path) -> float:
    """Seconds of the rules alone, on a file that is loaded."""
    loaded = load(path)
    assert loaded.config is not None, loaded.problems
    seen = history(path)
    walls = []
    for _ in range(ROUNDS):
        start = perf_counter()
        judged(loaded, Known(history=seen))
        walls.append(perf_counter() - start)
    return median(walls)


def _pairs(folder: Path, ours: tuple[str, ...], bare: tuple[str, ...]) -> Pairs:
    env = bench_env(os.environ, PYTHONPATH=str(ROOT))

    def measured(arguments: tuple[str, ...]) -> Callable[[], Timed]:
        return lambda: run_timed((sys.executable, *arguments), folder, env)

    measured(ours)()  # bytecode is written once
    return pairs(measured(ours), measured(bare), ROUNDS)


def _print(name: str, seconds: float, bar: float | None) -> None:
    most = f"≤ {bar:.2f} s" if bar else "–"
    print(f"| {name:45} | {seconds:6.2f} s | {most} |", flush=True)
