"""`run --chain`: a whole chain on one's own machine, with a real dbt."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TINY, Project
from tests.processes import ENDLESS, wait_for

# Five seconds, however fast the machine is.
SLOW = """\
{% if execute %}
{% set until = modules.datetime.datetime.now() + modules.datetime.timedelta(seconds=5) %}
{% for _ in range(90000) %}
{% if modules.datetime.datetime.now() > until %}{% break %}{% endif %}
{% for _ in range(1000) %}{% endfor %}
{% endfor %}
{% endif %}
select 1 as id
"""
JOBS = """\
version: 1
environments:
  production:
    target: prod
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
  other:
    target: other
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
defaults: { environment: production, steps: [dbt parse] }
jobs:
  ingest: { steps: [dbt seed] }
  left:
    triggers: { job: { name: ingest } }
    steps: [dbt build --select slow]
  right:
    environment: other
    triggers: { job: { name: ingest } }
    steps: [dbt build --select slow]
  both: { triggers: { job: { all_of: [left, right] } } }
  repair: { triggers: { job: { name: ingest, on: [error] } } }
  never: { triggers: { job: { all_of: [ingest, repair] } } }
"""
PROFILES = TINY["profiles.yml"] + (
    "    other: {type: duckdb, path: other.duckdb, schema: analytics, threads: 2}\n"
)


def records(project: Project) -> dict[str, dict[str, Any]]:
    found = [json.loads((folder / "run.json").read_text()) for folder in project.runs]
    assert len({record["job"] for record in found}) == len(found)
    return {record["job"]: record for record in found}


@pytest.fixture
def chain(tiny: Project) -> Project:
    tiny.write("profiles.yml", PROFILES)
    tiny.write("dbt_jobs.yml", JOBS)
    tiny.write("models/slow.sql", SLOW)
    tiny.commit()
    return tiny


def slots(project: Project, number: int) -> None:
    jobs = (project.path / "dbt_jobs.yml").read_text()
    project.write(
        "dbt_jobs.yml", jobs.replace("version: 1\n", f"version: 1\nrun_slots: {number}\n")
    )
    project.commit()


def overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Seconds in which both ran; negative where they didn't."""
    spans = [(_time(run["started_at"]), _time(run["finished_at"])) for run in (one, other)]
    return (min(end for _, end in spans) - max(start for start, _ in spans)).total_seconds()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_a_chain_runs_to_its_end_one_at_a_time(chain: Project) -> None:
    done = chain.cli("run", "ingest", "--chain", "--cause", "a try")
    assert done.code == 0, done.err
    runs = records(chain)
    assert list(runs) == ["ingest", "left", "right", "both"]
    assert {run["status"] for run in runs.values()} == {"success"}
    assert [run["trigger"] for run in runs.values()] == ["manual", "job", "job", "job"]
    assert runs["ingest"]["cause"] == "a try"
    assert runs["left"]["cause"] == "`ingest` has ended: success"
    shown = chain.cli("runs", "show", runs["left"]["run_id"]).out.splitlines()
    assert "started by  `ingest` has ended: success" in shown
    assert all(run["state_published"] for run in runs.values())
    assert overlap(runs["left"], runs["right"]) < 0
    lines = done.out.splitlines()
    assert [line.split()[:2] for line in lines[:5]] == [
        ["job", "status"], ["ingest", "success"], ["left", "success"], ["right", "success"],
        ["both", "success"],
    ]  # fmt: skip
    assert lines[5:] == ["`never` isn't started: in this chain it waits for repair too"]
    assert "left | [1/1] dbt build --select slow" in done.err


def test_independent_branches_run_at_once(
    chain: Project, record_property: Callable[[str, object], None]
) -> None:
    slots(chain, 2)
    done = chain.cli("run", "ingest", "--chain", "--json")
    assert done.code == 0, done.err
    runs = records(chain)
    assert [run["job"] for run in json.loads(done.out)][-1] == "both"
    both = overlap(runs["left"], runs["right"])
    took = [(_time(run["finished_at"]) - _time(run["started_at"])) for run in runs.values()]
    shown = ", ".join(
        f"{job} {each.total_seconds():.1f}" for job, each in zip(runs, took, strict=True)
    )
    record_property(f"seconds of a chain with two slots ({shown}) in which two ran", f"{both:.1f}")
    assert both > 5
    assert runs["both"]["started_at"] > max(runs[name]["finished_at"] for name in ("left", "right"))
    assert all(run["state_published"] for run in runs.values()), runs["left"]["state_reason"]
    targets = chain.path / ".dbt-gitops" / "targets"
    assert {path.name for path in targets.iterdir()} == {"ingest", "left", "right", "both"}
    for job in ("left", "right"):
        [state] = chain.path.glob(f".dbt-gitops/state/state/*/{job}/*/manifest.json")
        recorded = chain.path / ".dbt-gitops" / "runs" / runs[job]["run_id"] / "manifest.json"
        assert state.read_bytes() == recorded.read_bytes()


def test_packages_are_installed_once(chain: Project, tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "models").mkdir(parents=True)
    (package / "dbt_project.yml").write_text("name: extra\nversion: '1.0'\n")
    (package / "models" / "three.sql").write_text("select 3 as id\n")
    chain.write("packages.yml", f"packages:\n  - local: {package}\n")
    jobs = (chain.path / "dbt_jobs.yml").read_text()
    chain.write("dbt_jobs.yml", jobs.replace("[dbt build --select slow]", "[dbt deps, dbt build]"))
    slots(chain, 2)
    done = chain.cli("run", "ingest", "--chain")
    assert done.code == 0, done.err
    kinds = {job: [s["kind"] for s in run["steps"]] for job, run in records(chain).items()}
    assert kinds == {
        "ingest": ["deps", "step"], "left": ["step"], "right": ["step"], "both": ["step"],
    }  # fmt: skip
    assert (
        "model.extra.three" in (chain.path / ".dbt-gitops/targets/left/manifest.json").read_text()
    )


def test_a_failure_goes_its_own_way_and_decides_the_exit_code(chain: Project) -> None:
    chain.append("seeds/people.csv", "3,Joan,too many\n")
    chain.commit()
    done = chain.cli("run", "ingest", "--chain")
    assert done.code == 1
    assert {job: run["status"] for job, run in records(chain).items()} == {
        "ingest": "error", "repair": "success",
    }  # fmt: skip
    assert done.out.splitlines()[-4:] == [
        "`left` isn't started: `ingest` has ended: error",
        "`right` isn't started: `ingest` has ended: error",
        "`never` isn't started: `ingest` has ended: error",
        "`both` isn't started: `left` isn't",
    ]


def test_ctrl_c_stops_and_records_all(chain: Project) -> None:
    chain.write("models/slow.sql", "{{ config(materialized='table') }}" + ENDLESS)
    slots(chain, 2)
    process = chain.start("run", "ingest", "--chain")

    def building() -> bool:
        logs = list(chain.path.glob(".dbt-gitops/runs/*/steps/01-build/console.log"))
        return len(logs) == 2 and all("START sql" in log.read_text() for log in logs)

    wait_for(building)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    runs = records(chain)
    assert {job: run["status"] for job, run in runs.items()} == {
        "ingest": "success", "left": "cancelled", "right": "cancelled",
    }  # fmt: skip
    assert runs["left"]["reason"] == "interrupted by SIGINT"
    assert "left    cancelled" in out


def test_what_a_chain_does_not_take(chain: Project) -> None:
    done = chain.cli("run", "ingest", "--chain", "--full", "--vars", "{a: 1}")
    assert done.code == 2
    assert "--vars, --full can't stand beside --chain" in done.err
    done = chain.cli("run", "ingest", "--chain", GITHUB_ACTIONS="true")
    assert (done.code, "--chain is for one's own machine" in done.err) == (2, True)
    done = chain.cli("run", "ingst", "--chain")
    assert (done.code, "did you mean `ingest`?" in done.err) == (2, True)
    assert chain.runs == []
