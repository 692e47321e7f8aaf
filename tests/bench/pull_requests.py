"""From a pull request's event to its last status, against the same steps written in a shell."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench.jobs import dbt
from tests.bench.timing import Row, Timed, bench_env, pairs, run_timed
from tests.conftest import EXAMPLE, MADE, ROOT, Project
from tests.fake_github import FakeGitHub
from tests.on_github import OnGitHub

# What a team writes by hand: it compares with production's manifest, and says nothing of why.
SHELL = """\
set -e
api="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY"
auth="Authorization: Bearer $GITHUB_TOKEN"
post() {{
  curl -fsS -o /dev/null -H "$auth" -d "{{\\"state\\": \\"$1\\", \\"context\\": \\"dbt\\"}}" \\
    "$api/statuses/$HEAD_SHA"
}}
post pending
rm -rf prod state.zip
id=$(curl -fsS -H "$auth" "$api/actions/artifacts?name=dbt-gitops-state.production.daily" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["artifacts"][0]["id"])')
curl -fsSL -H "$auth" -o state.zip "$api/actions/artifacts/$id/zip"
python3 -m zipfile -e state.zip prod
{dbt} deps --target ci
{dbt} build --select state:modified+ --defer --state prod --target ci
{dbt} docs generate --target ci
post success
"""
ROUNDS = 5


def fresh(root: Path) -> Row:
    """As GitHub's own machines have it: a fresh checkout, so nothing is parsed yet."""
    return _measured(root / "fresh", "pull request, example, fresh checkout", cold=True)


def kept(root: Path) -> Row:
    """As a machine has it that keeps dbt's target folder."""
    return _measured(root / "kept", "pull request, example, target/ kept", cold=False)


def _measured(root: Path, name: str, *, cold: bool) -> Row:
    with FakeGitHub(quiet=True) as fake:
        there = prepared(root, fake)
        env = bench_env(os.environ, PYTHONPATH=str(ROOT), **there.environ, HEAD_SHA=there.head)
        module = (sys.executable, "-m", "runner")
        ours = f"{sys.executable} -m runner plan --format matrix && exec {' '.join(module)} run ci"

        def timed(script: str) -> Callable[[], Timed]:
            def once() -> Timed:
                if cold:
                    shutil.rmtree(there.project.path / "target", ignore_errors=True)
                return run_timed(("/bin/sh", "-c", script), there.project.path, env)

            return once

        measured = pairs(timed(ours), timed(SHELL.format(dbt=dbt())), ROUNDS)
    return Row(name=name, pairs=measured, bar=0.60)


def prepared(root: Path, fake: FakeGitHub) -> OnGitHub:
    """The example on GitHub: production has run on main, a pull request changes a model."""
    path = root / "jaffle"
    shutil.copytree(EXAMPLE, path, ignore=MADE)
    project = Project(path=path)
    jobs = (
        (path / "dbt_jobs.yml").read_text().replace("version: 1\n", "version: 1\nstate: github\n")
    )
    ci = "    defer: { to: production, on_missing: fail }\n"
    assert ci in jobs
    project.write("dbt_jobs.yml", jobs.replace(ci, f"{ci}    generate_docs: true\n"))
    project.init()
    scratch = root / "scratch"
    scratch.mkdir()
    there = OnGitHub(project=project, fake=fake, scratch=scratch)
    there.push()
    done = there.cli("run", "daily")
    assert done.code == 0, done.err
    there.upload()
    project.git("checkout", "--quiet", "-b", "change")
    project.append("models/marts/customers.sql", "-- changed\n")
    project.commit("change customers")
    there.pull_request()
    return there


MEASURES: tuple[Callable[[Path], Row], ...] = (fresh, kept)
