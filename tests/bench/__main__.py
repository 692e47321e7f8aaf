"""`make bench`: every figure that the project promises, measured in pairs in one run.

`make bench ARGS=small` measures a part: `commands`, `plan` (a tick over 1,000 jobs), `small` (the
example), `github` (a pull request of the example), `comparison` (what a pull request's exact comparison
costs), `large` (1,000 models, which takes most of the time).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench import commands, comparison, jobs, plans, pull_requests
from tests.bench.timing import Row, table


def main(arguments: list[str]) -> None:
    parts = set(arguments) or {"commands", "plan", "small", "github", "comparison", "large"}
    with tempfile.TemporaryDirectory(prefix="dbt-gitops-bench-") as folder:
        root = Path(folder)
        if "commands" in parts:
            print("Commands, CPU seconds and seconds:\n", flush=True)
            commands.print_figures(root / "commands")
        if "plan" in parts:
            print("\nA tick of the schedule:\n", flush=True)
            plans.print_figures(root / "plan")
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


def _measured(measures: Sequence[Callable[[Path], Row]], root: Path) -> Iterator[Row]:
    for measure in measures:
        row = measure(root)
        print(f"measured: {row.name}", file=sys.stderr, flush=True)
        yield row


if __name__ == "__main__":
    main(sys.argv[1:])
