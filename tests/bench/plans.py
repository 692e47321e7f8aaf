"""What a tick costs: `plan` over many scheduled jobs, each with its history, on a GitHub over HTTP."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from statistics import median

from runner.config import load
from runner.history import Entry, History, Outcome
from runner.history_json import HISTORY, history_to_json
from runner.schedule.due import fingerprint
from runner.state.history_store import ARTIFACT
from tests.bench.projects import write_jobs_file
from tests.bench.timing import bench_env, run_timed
from tests.conftest import ROOT, Project
from tests.fake_github import FakeGitHub
from tests.fake_github.states import zipped
from tests.on_github import OnGitHub

ROUNDS = 5
ENTRIES = 20
BAR = 1.5
MOST_REQUESTS = 4


def print_figures(root: Path) -> None:
    """A line for each number of jobs, and how the time grows."""
    seconds = {jobs: _measured(root / str(jobs), jobs) for jobs in (500, 1000, 2000)}
    growth = seconds[2000] / seconds[500]
    print(f"| {'2,000 jobs over 500 jobs (linear is 4)':45} | {growth:6.2f} × | ≤ 4.00 × |")


def _measured(root: Path, jobs: int) -> float:
    with FakeGitHub(quiet=True, remaining=100_000) as fake:
        there = prepared(root, fake, jobs)
        env = bench_env(os.environ, PYTHONPATH=str(ROOT), **there.environ)
        before = 0
        walls = []
        for number in range(ROUNDS + 1):
            before = fake.count(host="api")
            timed = run_timed((sys.executable, "-m", "runner", "plan"), there.project.path, env)
            walls += [timed.wall] if number else []  # bytecode is written once
        requests = fake.count(host="api") - before
        assert requests <= MOST_REQUESTS, requests
    due = there.outputs()["legs"].count('"start":')
    wall = median(walls)
    bar = f"≤ {BAR:.2f} s" if jobs == 1000 else "–"
    name = f"plan, a tick over {jobs:,} jobs, {due} due, {requests} requests"
    print(f"| {name:45} | {wall:6.2f} s | {bar} |", flush=True)
    return wall


def prepared(root: Path, fake: FakeGitHub, jobs: int) -> OnGitHub:
    """A repository with so many scheduled jobs, half an hour after the last tick."""
    project = Project(path=root / "repository")
    project.write("dbt_project.yml", "name: many\n")
    write_jobs_file(project.path / "dbt_jobs.yml", jobs)
    text = (project.path / "dbt_jobs.yml").read_text()
    project.write("dbt_jobs.yml", text.replace("version: 1\n", "version: 1\nstate: github\n"))
    project.init()
    content = history_to_json(history(project.path / "dbt_jobs.yml")).encode()
    fake.add_artifact(ARTIFACT, zipped({HISTORY: content}))
    scratch = root / "scratch"
    scratch.mkdir()
    there = OnGitHub(project=project, fake=fake, scratch=scratch)
    there.tick("1-59/15 * * * *")
    return there


def history(path: Path) -> History:
    """Of each job its last runs, which took four minutes each."""
    loaded = load(path)
    assert loaded.config, loaded.problems
    now = datetime.now(timezone.utc)
    jobs = list(loaded.config.jobs.values())
    return History(
        entries=tuple(
            _entry(job.name, job.environment, now - timedelta(hours=back + 1))
            for back in range(ENTRIES)
            for job in jobs
        ),
        handled_until=now - timedelta(minutes=30),
        schedules={job.name: fingerprint(job) for job in jobs},
    )


def _entry(job: str, environment: str, at: datetime) -> Entry:
    return Entry(
        run_id=f"{at:%Y%m%dT%H%M%SZ}-{job}-3f2a9c",
        job=job,
        environment=environment,
        trigger="schedule",
        cause="scheduled for Sat 21 Nov 2026 04:00 UTC, 3m 00s late",
        planned_at=at,
        actor="jo",
        commit="a" * 40,
        branch="main",
        scheduled_for=at.replace(second=0, microsecond=0),
        workflow_run=55,
        attempt=1,
        outcome=Outcome(
            status="success",
            started_at=at + timedelta(seconds=20),
            finished_at=at + timedelta(minutes=4),
            preparation_seconds=12.5,
            execution_seconds=200.5,
            steps=2,
            nodes={"success": 31, "pass": 120},
        ),
    )
