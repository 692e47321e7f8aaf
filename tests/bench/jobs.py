"""A job against the same dbt commands in a shell, on the example and on 1,000 models."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.projects import write_project
from tests.bench.timing import Pairs, Row, Timed, bench_env, pairs, run_timed
from tests.conftest import EXAMPLE, MADE, ROOT, dbt_python

FIVE_STEPS = ("deps", "seed", "run", "test", "docs generate")
JOBS = """\
version: 1
environments:
  production:
    target: prod
    dbt: {{ core: "1.11.*", adapter: "duckdb==1.11.*" }}
jobs:
  measured:
    environment: production
    steps: {steps}
"""
MODELS = 1000
POLL_SECONDS = 0.02


def five_steps_cold(root: Path) -> Row:
    """As CI has it: a fresh checkout, so nothing is parsed yet."""
    folder = example(root / "cold", FIVE_STEPS)
    return Row(
        name="five steps, example, fresh checkout",
        pairs=measure(folder, FIVE_STEPS, cold=True, rounds=5),
        bar=0.40,
    )


def five_steps_warm(root: Path) -> Row:
    """As a machine has it that keeps dbt's target folder."""
    folder = example(root / "kept", FIVE_STEPS)
    return Row(
        name="five steps, example, target/ kept",
        pairs=measure(folder, FIVE_STEPS, cold=False, rounds=5),
        bar=0.40,
    )


def one_build_cold(root: Path) -> Row:
    folder = example(root / "build", ("build",))
    return Row(
        name="one dbt build, example, fresh checkout",
        pairs=measure(folder, ("build",), cold=True, rounds=7),
        bar=1.05,
    )


def one_build_warm(root: Path) -> Row:
    folder = example(root / "build-kept", ("build",))
    return Row(
        name="one dbt build, example, target/ kept",
        pairs=measure(folder, ("build",), cold=False, rounds=7),
        bar=1.05,
    )


def five_steps_large(root: Path) -> Row:
    folder = large(root)
    return Row(
        name=f"five steps, {MODELS:,} models and {MODELS:,} tests",
        pairs=measure(folder, FIVE_STEPS, cold=True, rounds=3),
        bar=0.87,
    )


SMALL: Sequence[Callable[[Path], Row]] = (
    five_steps_cold,
    five_steps_warm,
    one_build_cold,
    one_build_warm,
)
LARGE = (five_steps_large,)


def example(folder: Path, steps: Sequence[str]) -> Path:
    """The example with one job, built once so that every test finds its relations."""
    shutil.copytree(EXAMPLE, folder, ignore=MADE)
    prepare(folder, steps)
    run_timed((dbt(), "build", "--target", "prod"), folder, bench_env(os.environ))
    return folder


def large(root: Path) -> Path:
    """The generated project, written once."""
    folder = root / "large"
    if not folder.exists():
        folder.mkdir(parents=True)
        write_project(folder, MODELS)
        prepare(folder, FIVE_STEPS)
    return folder


def prepare(folder: Path, steps: Sequence[str]) -> None:
    quoted = [f"dbt {step}" for step in steps]
    (folder / "dbt_jobs.yml").write_text(JOBS.format(steps=quoted))
    (folder / ".gitignore").write_text("*\n")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)


def measure(folder: Path, steps: Sequence[str], *, cold: bool, rounds: int) -> Pairs:
    """The job and the shell, one after the other, in the same folder on the same warehouse."""
    env = bench_env(os.environ, PYTHONPATH=str(ROOT))
    script = "set -e\n" + "".join(f"{dbt()} {step} --target prod\n" for step in steps)

    def timed(*argv: str) -> Callable[[], Timed]:
        def once() -> Timed:
            if cold:
                shutil.rmtree(folder / "target", ignore_errors=True)
            return run_timed(argv, folder, env)

        return once

    ours = timed(sys.executable, "-m", "runner", "run", "measured")
    bare = timed("/bin/sh", "-c", script)
    return pairs(ours, bare, rounds)


def print_memory(root: Path) -> None:
    """The runner's own highest resident memory while it runs the large job, in MB."""
    env = bench_env(os.environ, PYTHONPATH=str(ROOT))
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "run", "measured"],
        cwd=large(root),
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    highest = 0
    while process.poll() is None:
        highest = max(highest, high_water(process.pid))
        time.sleep(POLL_SECONDS)
    print(f"| peak memory, five steps on {MODELS:,} models | {highest / 1e6:.0f} MB | ≤ 80 MB |")


def high_water(pid: int) -> int:
    """Bytes: Linux's VmHWM, 0 when the process is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) * 1024 if found else 0


def dbt() -> str:
    """The `dbt` that the job uses too: the same versions with the same bytecode."""
    return str(Path(dbt_python(ROOT)).with_name("dbt"))
