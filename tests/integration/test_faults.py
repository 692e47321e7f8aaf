"""What goes wrong at night: each ends in a verdict, a record and a message, never in a hang."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Project, clean_environ
from tests.processes import (
    ENDLESS,
    record_of,
    running,
    script,
    wait_for,
    with_executable,
    with_timeout,
    workers,
)


def test_a_timeout_interrupts_dbt_and_is_recorded(tiny: Project) -> None:
    tiny.write("models/two.sql", "{{ config(materialized='table') }}\n" + ENDLESS)
    with_timeout(tiny, "8s")
    started = time.monotonic()
    done = tiny.run("daily")
    assert done.code == 6, done.err
    assert time.monotonic() - started < 30
    record = record_of(tiny)
    assert (record["status"], record["reason"]) == ("cancelled", "timed out after 8s")
    assert record["steps"][0]["status"] == "cancelled"
    assert not workers(tiny)
    log = record["steps"][0]["log"]
    assert "Traceback" not in done.err
    folder = f".dbt-gitops/runs/{tiny.runs[-1].name}"
    assert f"\ndbt's traceback is in {folder}/{log}\n" in done.err
    assert "KeyboardInterrupt" in (tiny.runs[-1] / log).read_text()
    assert tiny.query("select count(*) from analytics.people") == [(2,)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_still_write_the_record(tiny: Project, number: signal.Signals) -> None:
    tiny.write("models/two.sql", "{{ config(materialized='table') }}\n" + ENDLESS)
    process = tiny.start("run", "daily", "--json")
    wait_for(running(tiny, "START sql table model"))
    time.sleep(1)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    record = record_of(tiny)
    assert (record["status"], record["reason"]) == ("cancelled", f"interrupted by {number.name}")
    assert not workers(tiny)


def test_a_worker_that_dies_is_a_failed_step_with_its_last_output(tiny: Project) -> None:
    tiny.write("models/two.sql", "{{ config(materialized='table') }}\n" + ENDLESS)
    process = tiny.start("run", "daily", "--json", "--steps", "dbt build", "--steps", "dbt test")
    wait_for(running(tiny, "START sql table model"))
    [worker] = workers(tiny)
    os.kill(worker, signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 5, err
    record = record_of(tiny)
    assert [step["status"] for step in record["steps"]] == ["error", "skipped"]
    assert "killed by signal 9" in record["reason"]
    assert "START sql table model analytics.two" in record["steps"][0]["message"]


def test_a_runner_that_is_killed_takes_dbt_with_it(tiny: Project) -> None:
    tiny.write("models/two.sql", "{{ config(materialized='table') }}\n" + ENDLESS)
    process = tiny.start("run", "daily")
    wait_for(running(tiny, "START sql table model"))
    under_way = tiny.cli("runs", "show", tiny.runs[-1].name).out
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not workers(tiny))
    assert tiny.cli("runs", "show", tiny.runs[-1].name).out == under_way
    assert "\n\nit is under way, or was killed: its record is the one that it began" in under_way
    assert "error" not in under_way


def test_an_executable_that_hangs_is_killed(tiny: Project, tmp_path: Path) -> None:
    with_executable(
        tiny, script(tmp_path / "dbt", "trap '' INT TERM\necho busy\nsleep 600 & wait\nsleep 600\n")
    )
    with_timeout(tiny, "2s")
    started = time.monotonic()
    done = tiny.run("daily")
    assert done.code == 6, done.err
    assert time.monotonic() - started < 45
    assert record_of(tiny)["reason"] == "timed out after 2s"


def test_an_executable_that_is_no_program(tiny: Project, tmp_path: Path) -> None:
    broken = tmp_path / "dbt"
    broken.write_bytes(b"\x00\x01nonsense")
    broken.chmod(0o755)
    with_executable(tiny, broken)
    done = tiny.run("daily")
    assert done.code == 5
    assert "can't be started" in done.err
    assert record_of(tiny)["status"] == "error"


def test_no_dbt_at_all(tiny: Project) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    pinned = '    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }\n'
    tiny.write("dbt_jobs.yml", jobs.replace(pinned, ""))
    done = tiny.run("daily", PATH="/usr/bin:/bin")
    assert done.code == 5
    assert "there is no dbt" in done.err
    assert "pin it: " in done.err


def test_a_dbt_that_can_not_be_installed(tiny: Project, tmp_path: Path) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write("dbt_jobs.yml", jobs.replace("duckdb==1.11.*", "duckdb==0.0.99"))
    done = tiny.run("daily", DBT_GITOPS_CACHE=str(tmp_path / "cache"))
    assert done.code == 5
    assert "dbt can't be installed" in done.err
    assert "dbt-duckdb==0.0.99" in done.err


def test_no_profiles(tiny: Project, tmp_path: Path) -> None:
    (tiny.path / "profiles.yml").unlink()
    done = tiny.run(
        "daily", HOME=str(tmp_path), DBT_GITOPS_CACHE=str(Path("~/.cache/dbt-gitops").expanduser())
    )
    assert done.code == 2
    assert "no profiles.yml is there" in done.err
    assert str(tiny.path) in done.err


def test_a_truncated_manifest_stops_the_job(tiny: Project) -> None:
    assert tiny.run("daily").code == 0
    [manifest] = (tiny.path / ".dbt-gitops" / "state").rglob("manifest.json")
    manifest.write_bytes(manifest.read_bytes()[:-1000])
    done = tiny.run("ci", "--schema", "here")
    assert done.code == 3
    assert "damaged" in done.err
    assert done.record["steps"] == []


def test_a_manifest_of_another_project_stops_the_job(tiny: Project) -> None:
    assert tiny.run("daily").code == 0
    project = (tiny.path / "dbt_project.yml").read_text()
    tiny.write("dbt_project.yml", project.replace("name: tiny", "name: other"))
    done = tiny.run("ci", "--schema", "here")
    assert done.code == 3
    assert "is of project `tiny`" in done.err


def test_a_store_that_is_unreachable_fails_before_dbt_runs(tiny: Project) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write(
        "dbt_jobs.yml", jobs.replace("version: 1\n", "version: 1\nstate: s3://bucket/state\n")
    )
    closed = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }
    done = tiny.run("ci", "--schema", "here", **closed)
    assert done.code == 3
    assert "s3://bucket/state" in done.err
    assert "Traceback" not in done.err


def test_a_store_that_fails_at_the_end_keeps_the_verdict_and_fails_the_command(
    tiny: Project,
) -> None:
    (tiny.path / ".dbt-gitops").mkdir()
    tiny.write(".dbt-gitops/state/state", "a file where a folder should be")
    done = tiny.run("daily")
    assert done.code == 3
    record = done.record
    assert record["status"] == "success"
    assert not record["state_published"]
    assert "could not be published" in record["state_reason"]


def test_a_disk_that_is_full_keeps_the_verdict_and_says_so(
    tiny: Project, dbt: Path, tmp_path: Path
) -> None:
    """A file-size limit fails the record, which is larger than anything this dbt writes."""
    with_executable(tiny, script(tmp_path / "dbt", "echo fine\n"))
    done = subprocess.run(
        [sys.executable, "-m", "runner", "run", "daily", "--cause", "x" * 9000],
        cwd=tiny.path,
        # The limit holds for Python's bytecode too, and half a file of that is worse than none.
        env={**clean_environ(os.environ), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
    )
    assert done.returncode == 3, done.stderr
    assert "daily: success" in done.stdout
    assert "not written: " in done.stderr
    assert "File too large" in done.stderr
    assert not (tiny.runs[-1] / "run.json").exists()
    assert not list(tiny.runs[-1].glob("*.partial"))


def test_a_folder_that_is_read_only(tiny: Project) -> None:
    tiny.write(".dbt-gitops", "a file where the folder should be")
    done = tiny.run("daily")
    assert done.code == 3
    assert "the run folder" in done.err
    assert "Traceback" not in done.err


def test_two_runs_of_a_job_take_turns(tiny: Project) -> None:
    first = tiny.start("run", "daily", "--json")
    wait_for(lambda: bool(tiny.runs))
    second = tiny.start("run", "daily", "--json")
    (out, _), (later, err) = first.communicate(timeout=120), second.communicate(timeout=120)
    assert (first.returncode, second.returncode) == (0, 0), err
    assert "waiting: another run of `daily`" in err
    assert json.loads(later)["started_at"] > json.loads(out)["finished_at"]
    assert json.loads(later)["queued_at"] < json.loads(out)["finished_at"]


def test_a_job_that_is_not_there(tiny: Project) -> None:
    done = tiny.run("dayly")
    assert done.code == 2
    assert "did you mean `daily`?" in done.err


def test_a_schema_that_needs_what_the_run_has_not(tiny: Project) -> None:
    assert tiny.run("daily").code == 0
    done = tiny.run("ci")
    assert done.code == 2
    assert "{pr_number}" in done.err
    assert "--schema dbt_ci_local" in done.err


def test_ctrl_c_during_the_docs_is_no_success(tiny: Project, dbt: Path, tmp_path: Path) -> None:
    slow = f'case "$1" in docs) sleep 60;; *) exec {dbt} "$@";; esac\n'
    with_executable(tiny, script(tmp_path / "dbt", slow))
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write("dbt_jobs.yml", jobs.replace("[dbt build]", "[dbt seed]\n    generate_docs: true"))
    tiny.commit()
    process = tiny.start("run", "daily", "--json")
    wait_for(lambda: bool(tiny.runs) and bool(list(tiny.runs[-1].glob("steps/02-*"))))
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    record = record_of(tiny)
    assert (record["status"], record["state_published"]) == ("cancelled", False)


def test_who_reads_may_leave(tiny: Project) -> None:
    """As `dbt-gitops run daily 2>&1 | head -4`."""
    process = tiny.start("run", "daily")
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    assert process.wait(timeout=120) == 0
    assert record_of(tiny)["status"] == "success"


def test_a_manifest_that_dbt_left_half_written(tiny: Project, tmp_path: Path) -> None:
    half = 'mkdir -p target; echo \'{"metadata": {"dbt_sch\' > target/manifest.json\n'
    with_executable(tiny, script(tmp_path / "dbt", half))
    tiny.commit()
    done = tiny.run("daily")
    assert done.code == 3
    record = record_of(tiny)
    assert (record["status"], record["state_published"]) == ("success", False)
    assert "is not a manifest of dbt" in record["state_reason"]


def test_results_that_can_not_be_read(tiny: Project, tmp_path: Path) -> None:
    strange = "mkdir -p target; echo '{\"results\": [3]}' > target/run_results.json\n"
    with_executable(tiny, script(tmp_path / "dbt", strange))
    done = tiny.run("daily")
    assert done.code == 5
    assert "can't be read" in done.err
    assert "Traceback" not in done.err


def test_a_dangling_link_is_not_our_business(tiny: Project) -> None:
    (tiny.path / "data").mkdir()
    (tiny.path / "data" / "latest.csv").symlink_to("/nowhere/at/all.csv")
    done = tiny.run("daily", "--steps", "dbt seed", "--steps", "dbt run")
    assert done.code == 0, done.err
    assert [step["parse"] for step in done.record["steps"]] == ["parsed", "reused"]


def test_an_executable_does_not_outlive_the_runner(tiny: Project, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with_executable(tiny, script(tmp_path / "dbt", f"echo $$ > {pid}; echo busy; exec sleep 600\n"))
    process = tiny.start("run", "daily")
    wait_for(running(tiny, "busy"))
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not Path(f"/proc/{pid.read_text().strip()}").exists())


def test_a_closed_terminal_is_an_interruption(tiny: Project) -> None:
    tiny.write("models/two.sql", "{{ config(materialized='table') }}\n" + ENDLESS)
    process = tiny.start("run", "daily")
    wait_for(running(tiny, "START sql table model"))
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert record_of(tiny)["reason"] == "interrupted by SIGHUP"


def test_a_cached_dbt_whose_python_is_gone_is_installed_again(
    tiny: Project, tmp_path: Path
) -> None:
    cache = {"DBT_GITOPS_CACHE": str(tmp_path / "cache")}
    assert tiny.run("daily", "--steps", "dbt seed", **cache).code == 0
    [python] = (tmp_path / "cache").glob("dbt/*/bin/python")
    python.unlink()
    python.symlink_to("/nowhere/python3")
    done = tiny.run("daily", "--steps", "dbt seed", **cache)
    assert done.code == 0, done.err
    assert "installing" in done.err


def test_what_a_step_of_the_file_may_not_say_the_command_line_may_not(tiny: Project) -> None:
    for flag in ("--project-dir other", "--target-path there", "--target ci", "--no-write-json"):
        done = tiny.run("daily", "--steps", f"dbt build {flag}")
        assert done.code == 2, flag
        assert f"{flag.split()[0]} can't stand in --steps" in done.err
