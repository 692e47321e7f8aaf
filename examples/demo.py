"""`make demo`: production, then a change on a branch and the slim CI job that defers to production.

Works on a copy of examples/jaffle_duckdb in a temporary git repository; the checkout stays as it is.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).with_name("jaffle_duckdb")
MADE = shutil.ignore_patterns("target", "logs", "*.duckdb", "*.wal", ".dbt-gitops", ".user.yml")
CHANGED = "models/marts/products.sql"
SCHEMA = "dbt_ci_pr_42"


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="dbt-gitops-demo-")) / EXAMPLE.name
    shutil.copytree(EXAMPLE, folder, ignore=MADE)
    (folder / ".gitignore").write_text("target/\nlogs/\n*.duckdb\n.user.yml\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "A dbt project with its jobs")

    say("1. The production jobs, on main: `dbt-gitops run ingest`, then `dbt-gitops run daily`")
    run(folder, "ingest", "--cause", "the demo")
    production = run(folder, "daily", "--cause", "the demo")

    say(f"2. A branch that changes {CHANGED}, and the CI job: `dbt-gitops run ci --schema {SCHEMA}`")
    git(folder, "checkout", "--quiet", "-b", "change-products")
    with (folder / CHANGED).open("a") as model:
        model.write("-- a change for the pull request\n")
    commit(folder, "Change products")
    ci = run(folder, "ci", "--schema", SCHEMA, "--cause", "the demo")

    say("3. What happened")
    report(folder, production, ci)
    return 0


def run(folder: Path, job: str, *options: str) -> dict[str, Any]:
    """Run the job as a user does, and return its record."""
    command = [sys.executable, "-m", "runner", "run", job, *options]
    done = subprocess.run(command, cwd=folder, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    newest = max((folder / ".dbt-gitops" / "runs").iterdir())
    record: dict[str, Any] = json.loads((newest / "run.json").read_text())
    return record


def report(folder: Path, production: dict[str, Any], ci: dict[str, Any]) -> None:
    built = [node["name"] for step in ci["steps"] for node in step["nodes"]]
    in_production = {node["unique_id"] for step in production["steps"] for node in step["nodes"]}
    state = ci["deferred_to"]
    say(f"built in {SCHEMA}: {', '.join(built)}")
    say(f"not built: {len(in_production) - len(built)} other nodes; refs to them are deferred")
    say(f"deferred to: run {state['run_id']} of {state['environment']} / {state['job']}")
    say(f"records: {folder / '.dbt-gitops' / 'runs'}")


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    who = ("-c", "user.name=Demo", "-c", "user.email=demo@example.com")
    git(folder, *who, "commit", "--quiet", "--message", message)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def say(text: str) -> None:
    print(f"\n>>> {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
