"""What goes wrong at night: each ends in a verdict, a record and a message, never in a hang."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project

# A query that no machine ends.
ENDLESS = "select count(*) as id from range(100000000000) a, range(100000000) b\n"


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def console(project: Project) -> str:
    """What dbt has printed in the newest run so far."""
    return "".join(path.read_text() for path in project.runs[-1].rglob("console.log"))


def running(project: Project, text: str) -> Callable[[], bool]:
    return lambda: bool(project.runs) and text in console(project)


def record_of(project: Project) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((project.runs[-1] / "run.json").read_text())
    return record


def workers(project: Project) -> list[int]:
    """The process ids of the warm sessions that work in this project."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            at_work = b"worker.py" in (path / "cmdline").read_bytes()
            here = (path / "cwd").resolve() == project.path.resolve()
        except OSError:
            continue
        if at_work and here:
            found.append(int(path.name))
    return found


def with_timeout(project: Project, timeout: str) -> None:
    jobs = (project.path / "dbt_jobs.yml").read_text()
    project.write(
        "dbt_jobs.yml", jobs.replace("[dbt build]", f"[dbt build]\n    timeout: {timeout}")
    )


def script(path: Path, text: str) -> Path:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return path


def with_executable(project: Project, executable: Path) -> None:
    jobs = (project.path / "dbt_jobs.yml").read_text()
    pinned = '{ core: "1.11.*", adapter: "duckdb==1.11.*" }'
    project.write("dbt_jobs.yml", jobs.replace(pinned, f"{{ executable: {executable} }}"))


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
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not workers(tiny))


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


def test_a_secret_that_is_not_set(tiny: Project) -> None:
    add_secret(tiny)
    done = tiny.run("daily")
    assert done.code == 2
    assert "secret DBT_ENV_SECRET_WORD not set" in done.err
    assert "gh secret set DBT_ENV_SECRET_WORD" in done.err


def test_secrets_are_masked_everywhere(tiny: Project) -> None:
    add_secret(tiny)
    leak = "{% do log('the word is ' ~ env_var('PLAIN_WORD'), info=true) %}"
    tiny.write(
        "models/two.sql",
        f"{leak} select id, '{{{{ env_var('PLAIN_WORD') }}}}' as w from {{{{ ref('one') }}}}\n",
    )
    word = 'xyz"zy & plugh'
    done = tiny.run("daily", DBT_ENV_SECRET_WORD=word, PLAIN_WORD=word, OTHER_WORD="somewhere else")
    assert done.code == 0, done.err
    assert "the word is ***" in done.err
    assert tiny.query("select distinct w from analytics.two") == [(word,)]
    written = [path for path in (tiny.path / ".dbt-gitops").rglob("*") if path.is_file()]
    assert len(written) > 5
    for content in (done.out, done.err, *(path.read_text() for path in written)):
        assert word not in content
        assert json.dumps(word)[1:-1] not in content
    manifest = json.loads((tiny.runs[-1] / "manifest.json").read_text())
    assert "'***' as w" in manifest["nodes"]["model.tiny.two"]["compiled_code"]


def test_only_the_secrets_that_the_environment_names_reach_dbt(tiny: Project) -> None:
    tiny.write(
        "models/two.sql",
        "select 1 as id, '{{ env_var('GITHUB_TOKEN', 'withheld') }}' as w\n",
    )
    done = tiny.run("daily", GITHUB_TOKEN="ghs_" + "a" * 40, DBT_ENV_SECRET_OTHER="not for us")
    assert done.code == 0, done.err
    assert tiny.query("select w from analytics.two") == [("withheld",)]
    assert "DBT_ENV_SECRET_OTHER is withheld" in done.err


def add_secret(project: Project) -> None:
    jobs = (project.path / "dbt_jobs.yml").read_text()
    named = "    target: prod\n    secrets: [DBT_ENV_SECRET_WORD]\n"
    project.write("dbt_jobs.yml", jobs.replace("    target: prod\n", named))


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


def test_what_failed_is_tried_again_and_only_that(tiny: Project) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write(
        "dbt_jobs.yml",
        jobs.replace("[dbt build]", "[dbt build]\n    retries: { attempts: 2, delay: 3s }"),
    )
    tiny.write(
        "models/one.sql",
        "select * from {{ ref('people') }} where id <= (select max(column0) from 'late.csv')\n",
    )
    process = tiny.start("run", "daily", "--json")
    wait_for(running(tiny, "ERROR creating"))
    tiny.write("late.csv", "7\n")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    record = json.loads(out)
    assert record["status"] == "success"
    first, second = record["steps"]
    assert (first["attempt"], first["status"], second["attempt"], second["status"]) == (
        1,
        "error",
        2,
        "success",
    )
    assert sorted(node["name"] for node in second["nodes"]) == ["one", "two", "unique_two_id"]
    assert "retry 1 of 2 of what failed, in 3 s" in err


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


def test_dbts_output_is_fenced_on_github(tiny: Project) -> None:
    tiny.write(
        "models/two.sql",
        "{% do log('::error::pwned ##[error]pwned', info=true) %} select 1 as id\n",
    )
    done = tiny.run("daily", GITHUB_ACTIONS="true")
    assert done.code == 0
    lines = done.err.splitlines()
    [opening] = [i for i, line in enumerate(lines) if line.startswith("::stop-commands::")]
    token = lines[opening].removeprefix("::stop-commands::")
    closing = lines.index(f"::{token}::")
    hostile = [i for i, line in enumerate(lines) if "pwned" in line]
    assert hostile
    assert all(opening < i < closing for i in hostile)
