"""Whatever dbt Cloud's jobs are, the jobs file that they become runs the same at the same times."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from runner.cli.main import run
from runner.config import from_bytes
from runner.dbt.argv import JobFlags, dbt_argv
from runner.importing.dbt_cloud import read
from runner.importing.draft import Draft
from runner.importing.writing import drafted
from runner.model import Config, Job, Schedule
from runner.schedule.fires import fires_within
from tests.importing.cloud_jobs import (
    ENVIRONMENTS,
    NEVER,
    OFF,
    TARGETED,
    THREADED,
    Command,
    Meaning,
    Whole,
    deploys,
    of_pull_requests,
    wholes,
)

START = datetime(2026, 11, 20, tzinfo=timezone.utc)
DAYS = 400
LOGS = Path("logs")
# Beside what is drawn, so that there is always a job to import.
SOUND = Whole(
    {
        "id": 6,
        "project_id": 5,
        "environment_id": 72,
        "state": 1,
        "name": "Sound",
        "description": "number 6",
        "job_type": "other",
        "triggers": OFF,
        "execute_steps": ["dbt build"],
    },
    NEVER,
    (Command("dbt build", "build"),),
)
STATUSES = {10: "success", 20: "error", 30: "cancelled"}
bounded = settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=150,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def saved(folder: Path, jobs: list[Whole]) -> Path:
    """A file with the jobs, one that is surely sound, and the environments' names."""
    places = [{"id": number, "name": name} for number, name in ENVIRONMENTS.items()]
    file = folder / "jobs.json"
    file.write_text(json.dumps([*(job.data for job in (*jobs, SOUND)), *places]))
    return file


def imported(folder: Path, jobs: list[Whole]) -> tuple[Draft, Config]:
    draft = read([saved(folder, jobs)])
    loaded = from_bytes(folder / "dbt_jobs.yml", drafted(draft, None).encode())
    assert loaded.errors == ()
    assert loaded.config is not None
    return draft, loaded.config


def parts(config: Config, job: Whole) -> tuple[Job | None, Job | None]:
    """What became of a job: that which deploys, and that of pull requests."""
    mine = [each for each in config.jobs.values() if each.description == job.data["description"]]
    of_pulls = [each for each in mine if not each.deploys]
    others = [each for each in mine if each.deploys]
    assert len(of_pulls) <= 1
    assert len(others) <= 1
    return next(iter(others), None), next(iter(of_pulls), None)


@bounded
@given(jobs=wholes())
def test_the_same_jobs(tmp_path: Path, jobs: list[Whole]) -> None:
    draft, config = imported(tmp_path, jobs)
    meaning = Meaning([*jobs, SOUND])
    check_environments(config, [*jobs, SOUND])
    for job in jobs:
        told = {
            re.split(r"[.\[]", row.field)[0]
            for row in draft.rows
            if row.job in (job.data["name"], f"{job.data['name']} ({job.data['id']})")
        }
        assert set(job.data) <= told
        deploying, of_pulls = parts(config, job)
        there = job.data["id"] in meaning.jobs
        assert bool(deploying) == (there and deploys(job.data))
        assert bool(of_pulls) == (there and of_pull_requests(job.data))
        for part in filter(None, (deploying, of_pulls)):
            check_what_it_runs(part, job, meaning)
            check_deferral(config, part, job, meaning)
        if deploying:
            check_what_starts_it(config, deploying, job, meaning)
        if of_pulls and of_pulls.triggers.pull_request:
            assert of_pulls.triggers.pull_request.drafts == bool(
                job.data.get("triggers_on_draft_pr")
            )
            assert config.environments[of_pulls.environment].schema
            hooks = [job.data["triggers"][f"{each}_webhook"] for each in ("github", "git_provider")]
            off = job.data.get("deactivated") or meaning.loses(job)
            assert of_pulls.enabled == (any(hooks) and not off)


def check_environments(config: Config, jobs: list[Whole]) -> None:
    """One of dbt Cloud's is one here, and pull requests never build where a deployment job does."""
    places: dict[str, set[int]] = {}
    for job in jobs:
        deploying, of_pulls = parts(config, job)
        if deploying:
            places.setdefault(deploying.environment, set()).add(job.data["environment_id"])
            assert config.environments[deploying.environment].schema is None
        assert of_pulls is None or config.environments[of_pulls.environment].schema
    assert all(len(numbers) == 1 for numbers in places.values())


def check_what_it_runs(part: Job, job: Whole, meaning: Meaning) -> None:
    flags = JobFlags(target=part.target, threads=part.threads, vars=part.vars)
    ours = [understood(dbt_argv(step, flags, LOGS)) for step in part.steps]
    given = job.data["settings"]
    default = {"target": given["target_name"], "threads": given["threads"]}
    default["target"] = None if default["target"] == "default" else default["target"]
    theirs = []
    for command in meaning.steps(job):
        said = {**default, **command.own}
        options = {**command.options}
        if command.name in TARGETED and said["target"]:
            options["--target"] = said["target"]
        if command.name in THREADED:
            options["--threads"] = str(said["threads"])
        theirs.append((command.name, options))
    assert ours == theirs
    seconds = job.data["execution"]["timeout_seconds"]
    assert part.timeout == (timedelta(seconds=seconds) if seconds else None)
    assert part.generate_docs == bool(job.data.get("generate_docs"))
    freshness = job.data.get("run_generate_sources") or job.data.get("generate_sources")
    assert part.source_freshness == bool(freshness)
    assert part.env == dict(variables(job))


def variables(job: Whole) -> Iterator[tuple[str, str]]:
    for name, levels in job.data.get("environment_variables", {}).items():
        said = [levels[level] for level in ("job", "environment", "project") if levels.get(level)]
        if said:
            yield name, said[0]["value"]


def understood(words: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """A command's name and its options, as dbt reads them from its argv."""
    two = words[:2] in (("docs", "generate"), ("source", "freshness"))
    name, rest = " ".join(words[: 1 + two]), [*words[1 + two :]]
    options: dict[str, Any] = {}
    while rest:
        option, equals, value = rest.pop(0).partition("=")
        option = {"-s": "--select", "-t": "--target"}.get(option, option)
        if option in ("--select", "--exclude"):
            values = [value] if equals else []
            while rest and not rest[0].startswith("-"):
                values.append(rest.pop(0))
            options[option] = values
        elif option in ("--vars", "--args", "--target", "--threads", "--log-path"):
            options[option] = value if equals else rest.pop(0)
        elif option.startswith("-"):
            options[option] = True
        else:
            options["macro"] = option
    options.pop("--log-path")
    if "--vars" in options:
        options["--vars"] = json.loads(options["--vars"])
    # They do the same everywhere, and alone.
    if name not in TARGETED:
        options.pop("--target", None)
    if name not in THREADED:
        options.pop("--threads", None)
    return name, options


def check_deferral(config: Config, part: Job, job: Whole, meaning: Meaning) -> None:
    wanted = meaning.deferral(job)
    if wanted is None:
        assert part.defer is None
        return
    assert part.defer is not None
    kind, number = wanted
    if kind == "job":
        assert part.defer.job is not None
        other = config.jobs[part.defer.job]
        assert other.deploys
        assert other == parts(config, meaning.jobs[number])[0]
    else:
        assert part.defer.environment is not None
        assert part.defer.environment in environments_of(config, meaning, number)


def environments_of(config: Config, meaning: Meaning, number: int) -> set[str]:
    """The names of an environment of dbt Cloud: of the jobs in it that deploy."""
    return {
        part.environment
        for job in meaning.jobs.values()
        if job.data["environment_id"] == number
        for part in [parts(config, job)[0]]
        if part
    }


def check_what_starts_it(config: Config, part: Job, job: Whole, meaning: Meaning) -> None:
    assert part.enabled == (not (job.data.get("deactivated") or meaning.loses(job)))
    assert part.triggers.dispatch
    assert bool(part.triggers.merge) == job.data["triggers"]["on_merge"]
    before = meaning.before(job)
    if before is None:
        assert part.triggers.job == ()
    else:
        (after,) = part.triggers.job
        (name,) = after.names
        assert config.jobs[name] == parts(config, meaning.jobs[before[0]])[0]
        assert set(after.on) == {STATUSES[each] for each in before[1]}
    assert bool(part.triggers.schedule) == job.data["triggers"]["schedule"]
    for schedule in part.triggers.schedule:
        assert fired(schedule) == job.moments.instants(START, DAYS)


@lru_cache
def fired(schedule: Schedule) -> list[datetime]:
    just_before = START - timedelta(seconds=1)
    return list(fires_within(schedule, just_before, just_before + timedelta(days=DAYS)))


@settings(bounded, max_examples=40)
@given(jobs=wholes())
def test_a_second_import_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], jobs: list[Whole]
) -> None:
    out = tmp_path / "dbt_jobs.yml"
    out.unlink(missing_ok=True)
    arguments = ["import", "dbt-cloud", str(saved(tmp_path, jobs)), "--out", str(out)]
    assert run(arguments) == 0
    before = out.read_bytes()
    assert run([*arguments, "--check"]) == 0
    assert run(arguments) == 0
    assert out.read_bytes() == before
    capsys.readouterr()


def test_the_oracle_reads_commands() -> None:
    words = shlex.split("run -s a b --vars '{\"x\": 1}' -t prod --full-refresh --log-path l")
    options = {
        "--select": ["a", "b"],
        "--vars": {"x": 1},
        "--target": "prod",
        "--full-refresh": True,
    }
    assert understood(tuple(words)) == ("run", options)
