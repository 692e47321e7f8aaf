"""What the tests share: real projects, a real dbt, real repositories."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.forks import call

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "jaffle_duckdb"
MADE = shutil.ignore_patterns("target", "logs", "*.duckdb", "*.wal", ".dbt-gitops", ".user.yml")


@dataclass(kw_only=True)
class Done:
    """A finished command; ``record`` is run.json where ``--json`` was given."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.out)
        return record


@dataclass(kw_only=True)
class Project:
    """A dbt project in a git repository of its own, and the command run in it."""

    path: Path
    env: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "runner", *arguments],
            cwd=self.path,
            env=self._environ(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def cli(self, *arguments: str, **env: str) -> Done:
        code, out, err = call(arguments, self.path, self._environ(env))
        return Done(code=code, out=out, err=err)

    def _environ(self, env: Mapping[str, str]) -> dict[str, str]:
        return {**clean_environ(os.environ), **self.env, **env}

    def run(self, job: str, *options: str, **env: str) -> Done:
        return self.cli("run", job, "--json", *options, **env)

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def append(self, name: str, text: str) -> None:
        with (self.path / name).open("a") as file:
            file.write(text)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, message: str = "change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def init(self) -> None:
        self.write(".gitignore", "target/\nlogs/\n*.duckdb\n*.wal\n.dbt-gitops/\n.user.yml\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.email", "jo@example.com")
        self.git("config", "user.name", "Jo")
        self.commit("first")

    @property
    def runs(self) -> list[Path]:
        folder = self.path / ".dbt-gitops" / "runs"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the DuckDB file, by the dbt environment's own duckdb."""
        python = Path(dbt_python(self.path))
        script = (
            "import duckdb, json, sys; db = duckdb.connect(sys.argv[1], read_only=True);"
            "print(json.dumps(db.execute(sys.argv[2]).fetchall(), default=str))"
        )
        [database] = self.path.glob("*.duckdb")
        done = subprocess.run(
            [str(python), "-c", script, str(database), sql],
            check=True,
            capture_output=True,
            text=True,
        )
        return [tuple(row) for row in json.loads(done.stdout)]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests have measured, such as requests to GitHub: each test run says it."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """This process's environment as a user's shell would have it, whoever runs the tests."""
    dropped = ("GITHUB_", "ACTIONS_", "DBT_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in environ.items() if not name.startswith(dropped)}
    return {**kept, "DO_NOT_TRACK": "1", "PYTHONPATH": str(ROOT)}


def dbt_python(_project: Path) -> str:
    """The interpreter of the dbt that the example pins; the product itself installs it."""
    from runner.cli.cache import cache_folder
    from runner.dbt.install import locate
    from runner.model import PinnedDbt
    from runner.stopping import Stop

    location = locate(
        PinnedDbt(core="dbt-core==1.11.*", adapter="dbt-duckdb==1.11.*"),
        root=ROOT,
        cache=cache_folder(os.environ),
        environ=os.environ,
        stop=Stop(),
        say=lambda _: None,
    )
    return str(location.python)


@pytest.fixture(scope="session")
def dbt() -> Path:
    """The `dbt` executable of the environment that the example pins."""
    return Path(dbt_python(ROOT)).with_name("dbt")


@pytest.fixture
def jaffle(tmp_path: Path) -> Project:
    """The example, in a repository of its own on main."""
    path = tmp_path / "jaffle"
    shutil.copytree(EXAMPLE, path, ignore=MADE)
    project = Project(path=path)
    project.init()
    return project


@pytest.fixture
def tiny(tmp_path: Path) -> Project:
    """The smallest project that does something: a seed, two models, a test, one job."""
    return write_tiny(tmp_path / "tiny")


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = write_tiny(tmp_path_factory.mktemp("built") / "tiny")
    done = project.run("daily")
    assert done.code == 0, done.err
    return project.path


@pytest.fixture
def built(_built: Path, tmp_path: Path) -> Project:
    """The smallest project after production has run on main: its state is there."""
    return copy_of(_built, tmp_path)


def copy_of(folder: Path, into: Path) -> Project:
    """A project for one test alone, of one that several begin with: what has run there is there."""
    return Project(path=Path(shutil.copytree(folder, into / folder.name, symlinks=True)))


def write_tiny(path: Path) -> Project:
    project = Project(path=path)
    for name, text in TINY.items():
        project.write(name, text)
    project.init()
    return project


TINY = {
    "dbt_project.yml": "name: tiny\nversion: '1.0'\nprofile: tiny\n",
    "profiles.yml": (
        "tiny:\n  target: prod\n  outputs:\n"
        "    prod: {type: duckdb, path: tiny.duckdb, schema: analytics, threads: 2}\n"
        "    ci: {type: duckdb, path: tiny.duckdb, schema: dbt_ci, threads: 2}\n"
    ),
    "seeds/people.csv": "id,name\n1,Ada\n2,Grace\n",
    "models/one.sql": "select * from {{ ref('people') }}\n",
    "models/two.sql": "select id from {{ ref('one') }}\n",
    "models/schema.yml": (
        "models:\n  - name: two\n    columns:\n      - name: id\n        data_tests: [unique]\n"
    ),
    "dbt_jobs.yml": """\
version: 1
environments:
  production:
    target: prod
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
  ci:
    target: ci
    schema: "pr_{pr_number}"
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
jobs:
  daily:
    environment: production
    steps: [dbt build]
  ci:
    environment: ci
    triggers: { pull_request: { branches: [main] } }
    steps: [dbt build --select state:modified+]
    defer: { to: production }
""",
}
