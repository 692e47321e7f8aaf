"""A repository on GitHub: a bare one that is asked by git, and a clone in which people work."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.compiled import WORKFLOW
from tests.conftest import EXAMPLE, MADE, Project

NUMBER = 7
BRANCH = "change"
# Whoever starts Python without care in this checkout gets these in place of what is meant.
TRAPS = ("hashlib.py", "click.py", "runner/__init__.py", "venv/__init__.py")


class Shop:
    """The example with the documented workflow, on main."""

    def __init__(self, folder: Path, database: Path) -> None:
        self.origin = folder / "origin.git"
        _git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        _git(self.origin, "config", "uploadpack.allowAnySHA1InWant", "true")
        self.work = Project(path=folder / "work")
        shutil.copytree(EXAMPLE, self.work.path, ignore=MADE)
        for workflow in WORKFLOW.parent.iterdir():
            self.work.write(f".github/workflows/{workflow.name}", workflow.read_text())
        self.work.write("dbt_jobs.yml", jobs_file(database))
        self.work.init()
        done = self.work.cli("sync", "--force")  # over the documents' own, of another jobs file
        assert done.code == 0, done.err
        for trap in TRAPS:
            self.work.write(trap, 'raise SystemExit("imported from the checkout")\n')
        self.work.commit("Compile the jobs file")
        self.work.git("remote", "add", "origin", self.origin.as_uri())
        self.push("main")

    def push(self, branch: str) -> str:
        """Push a branch; returns its commit."""
        self.work.git("push", "--quiet", "origin", branch)
        return self.work.git("rev-parse", branch)

    def merge_ref(self) -> str:
        """What GitHub makes of a pull request: head merged into base, at refs/pull/N/merge."""
        head, base = self.work.git("rev-parse", BRANCH), self.work.git("rev-parse", "main")
        self.work.git("checkout", "--quiet", "--detach", "main")
        self.work.git("merge", "--quiet", "--no-ff", "-m", f"Merge {head} into {base}", BRANCH)
        self.work.git("push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{NUMBER}/merge")
        merged = self.work.git("rev-parse", "HEAD")
        self.work.git("checkout", "--quiet", BRANCH)
        return merged

    def queue_ref(self) -> tuple[str, str]:
        """What the merge queue tries: a branch of its own, with the change squashed on main."""
        branch = f"gh-readonly-queue/main/pr-{NUMBER}-{self.work.git('rev-parse', 'main')}"
        self.work.git("checkout", "--quiet", "-b", branch, "main")
        self.work.git("merge", "--quiet", "--squash", BRANCH)
        self.work.commit("Change")
        commit = self.push(branch)
        self.work.git("checkout", "--quiet", BRANCH)
        return branch, commit

    def merge(self) -> str:
        """The button; returns main's new commit."""
        self.work.git("checkout", "--quiet", "main")
        self.work.git("merge", "--quiet", "--no-ff", "-m", f"Merge pull request #{NUMBER}", BRANCH)
        return self.push("main")

    def checkout(self, commit: str, into: Path) -> None:
        """A clone at a commit, whose origin is called what it is called on GitHub."""
        _git(self.origin.parent, "clone", "--quiet", "--no-checkout", str(self.origin), str(into))
        _git(into, "fetch", "--quiet", "origin", commit)
        _git(into, "checkout", "--quiet", "--detach", commit)
        _git(into, "remote", "set-url", "origin", "https://github.com/octo-org/shop")


# A second job, for a matrix of two and a comment of two sections. It connects to nothing: DuckDB lets
# one process write at a time.
PARSES = """
  parses:
    environment: ci
    triggers: { pull_request: { branches: [main] } }
    steps: [dbt parse]
"""


def jobs_file(database: Path) -> str:
    """The example's, with state on GitHub, a secret, and a database that outlives a job's machine."""
    text = (EXAMPLE / "dbt_jobs.yml").read_text()
    kept = f"    env: {{ JAFFLE_DB: {database} }}\n    secrets: [DBT_ENV_SECRET_PASSWORD]\n"
    for target in ("    target: prod\n", "    target: ci\n"):
        assert text.count(target) == 1
        text = text.replace(target, target + kept)
    # Due whenever the test runs: its newest time is never older than that.
    schedule = "triggers:\n      # Not on the hour"
    assert text.count(schedule) == 1
    text = text.replace(schedule, f"catch_up: {{ grace: 2d }}\n    {schedule}")
    return text.replace("version: 1\n", "version: 1\nstate: github\n", 1) + PARSES


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
