"""`make bench`: every figure that the project promises, measured in pairs in one run.

`make bench ARGS=small` measures a part: `commands`, `sync` (many jobs), `plan` (a tick over many jobs, from
the command to its outputs), `small` (the example), `github` (a pull request of the example), `comparison`
(what a pull request's exact comparison costs), `large` (1,000 models, which takes most of the time), `rules`
(what 1,000 jobs build of 5,000 models), `imports` (1,000 jobs of dbt Cloud), `ticks` (what a tick of 1,000
jobs costs in the process), `year` (a year of GitHub's ticks).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench import (
    commands,
    comparison,
    imports,
    jobs,
    plans,
    pull_requests,
    rules,
    sync,
    ticks,
    year,
)
from tests.bench.timing import Row, table

PARTS = {
    "commands", "plan", "sync", "small", "github", "comparison", "imports", "large", "rules", "ticks",
    "year",
}  # fmt: skip


def main(arguments: list[str]) -> None:
    parts = set(arguments) or PARTS
    with tempfile.TemporaryDirectory(prefix="dbt-gitops-bench-") as folder:
        root = Path(folder)
        if "commands" in parts:
            print("Commands, CPU seconds and seconds:\n", flush=True)
            commands.print_figures(root / "commands")
        if "plan" in parts:
            print("\nA tick of the schedule:\n", flush=True)
            plans.print_figures(root / "plan")
        if "sync" in parts:
            print("\nThe compiled workflow, seconds:\n", flush=True)
            sync.print_figures(root / "sync")
        measures = [
            *(jobs.SMALL if "small" in parts else ()),
            *(pull_requests.MEASURES if "github" in parts else ()),
            *(jobs.LARGE if "large" in parts else ()),
            *(comparison.ROWS if "comparison" in parts else ()),
        ]
        if measures:
            print("\nJobs against the same dbt commands in a shell:\n", flush=True)
            table(_measured(measures, root))
        if "large" in parts:
            print("\nMemory of the runner, the worker apart:\n", flush=True)
            jobs.print_memory(root)
        if "rules" in parts:
            print("\nWhat jobs build, seconds:\n", flush=True)
            rules.print_figures(root / "rules")
        if "imports" in parts:
            print("\nImports, seconds:\n", flush=True)
            imports.print_figures(root / "imports")
        if "ticks" in parts:
            print("\nA tick, CPU seconds:\n", flush=True)
            ticks.print_figures()
        if "year" in parts:
            print("\nA year of GitHub's ticks:\n", flush=True)
            year.print_figures()


def _measured(measures: Sequence[Callable[[Path], Row]], root: Path) -> Iterator[Row]:
    for measure in measures:
        row = measure(root)
        print(f"measured: {row.name}", file=sys.stderr, flush=True)
        yield row


if __name__ == "__main__":
    main(sys.argv[1:])
