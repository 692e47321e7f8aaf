"""Runs that are watched, and dbts that misbehave."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def cancel_as_github(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and what was said: -9 where it had to be killed.

    GitHub's runner interrupts the process that the step has started, terminates it 7.5 seconds
    later, and kills it 2.5 seconds after that.
    """
    for number, seconds in ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5), (signal.SIGKILL, 10)):
        process.send_signal(number)
        try:
            _, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
        return process.returncode, err
    raise AssertionError("it outlived SIGKILL")


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
