"""`make bench`: every figure that the project promises, measured in pairs in one run.

`make bench ARGS="small"` leaves out the project of 1,000 models, which takes most of the time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench import commands, jobs
from tests.bench.timing import Row, table


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="dbt-gitops-bench-") as folder:
        root = Path(folder)
        print("Commands, CPU seconds and seconds:\n", flush=True)
        commands.print_figures(root / "commands")
        print("\nJobs against the same dbt commands in a shell:\n", flush=True)
        rows: list[Row] = []
        for measure in jobs.SMALL if "small" in arguments else jobs.ALL:
            rows.append(measure(root))
            print(f"measured: {rows[-1].name}", file=sys.stderr, flush=True)
        table(rows)
        if "small" not in arguments:
            print("\nMemory of the runner, the worker apart:\n", flush=True)
            jobs.print_memory(root)


if __name__ == "__main__":
    main(sys.argv[1:])
