"""The history of one's own machine: what ran with dbt is in it, and people read it."""

from __future__ import annotations

import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from datetime import datetime, timedelta, timezone
from fcntl import ioctl
from pathlib import Path

from runner.history import History
from runner.history_json import history_from_json, history_to_json
from tests.conftest import Project, clean_environ
from tests.unit.history_samples import HEADS, ended, entry, history, missed


def place(project: Project) -> Path:
    return project.path / ".dbt-gitops" / "state" / "history.json"


def kept(project: Project) -> History:
    return history_from_json(place(project).read_text())


def holds(project: Project, told: History) -> None:
    place(project).parent.mkdir(parents=True, exist_ok=True)
    place(project).write_text(history_to_json(told))


def test_a_run_is_in_the_history_as_it_ended(built: Project) -> None:
    [first] = kept(built).entries
    assert (first.job, first.trigger, first.workflow_run) == ("daily", "manual", 0)
    assert first.outcome
    assert first.outcome.status == "success"
    assert first.outcome.nodes == {"success": 3, "pass": 1}
    built.append("models/two.sql", "where nothing")
    record = built.run("daily", "--cause", "trying").record
    newest, older = kept(built).entries
    assert (newest.run_id, newest.cause) == (record["run_id"], "trying")
    assert newest.outcome
    assert newest.outcome.status == "error"
    assert older == first
    lines = built.cli("runs").out.splitlines()
    assert lines[0].split() == HEADS
    assert "1 of 4 failed" in lines[1]
    assert "`dbt build` failed" in lines[1]
    [told] = [line.split() for line in lines if line.startswith("daily")]
    assert told[:3] == ["daily", "2", "50%"]
    shown = built.cli("runs", "show", newest.run_id[-6:])
    assert "ERROR model two  models/two.sql" in shown.out
    assert "manual by " in shown.out
    assert ": trying" in shown.out
    assert re.search(r"^target +prod$", shown.out, re.MULTILINE)
    assert str(built.runs[-1] / "run.json") in shown.out
    assert built.cli("runs", "show", newest.run_id, "--json").record == record


def test_a_history_that_cant_be_written_changes_no_verdict(built: Project) -> None:
    place(built).write_text("{}")
    done = built.cli("run", "daily")
    assert done.code == 0, done.err
    assert "warning: the history doesn't hold this run: the history" in done.err
    assert place(built).read_text() == "{}"
    read = built.cli("runs")
    assert read.code == 3
    assert "delete it" in read.err


def test_runs_are_chosen(tiny: Project) -> None:
    now = datetime.now(timezone.utc)
    entries = (
        entry(planned_at=now),
        ended("hourly", status="error", planned_at=now - timedelta(hours=1)),
        ended(trigger="dispatch", planned_at=now - timedelta(days=2), scheduled_for=None),
        ended(planned_at=now - timedelta(days=9)),
    )
    holds(tiny, history(*entries, missed=(missed("hourly", noticed_at=now),)))

    def chosen(*options: str) -> list[int]:
        found = json.loads(tiny.cli("runs", *options, "--json").out)
        ids = [each.planned_at for each in entries]
        times = (
            datetime.fromisoformat(each["planned_at"].replace("Z", "+00:00")) for each in found
        )
        return [ids.index(time) for time in times]

    assert chosen() == [0, 1, 2, 3]
    assert chosen("hourly") == [1]
    assert chosen("list", "daily", "--limit", "2") == [0, 2]
    assert chosen("--since", "3d") == [0, 1, 2]
    assert chosen("--since", f"{now - timedelta(days=9):%Y-%m-%d}") == [0, 1, 2, 3]
    assert chosen("--status", "error", "--status", "unfinished") == [0, 1]
    assert chosen("--trigger", "dispatch") == [2]
    assert tiny.cli("runs", "--since", "yesterday").code == 2
    assert "coalesced" not in tiny.cli("runs", "daily").out
    assert "late: noticed after the job's grace" in tiny.cli("runs").out
    assert "and 3 older runs: --limit" in tiny.cli("runs", "--limit", "1").out


def test_json_says_all_there_is(tiny: Project) -> None:
    holds(tiny, history(entry(number=0), ended(number=1)))
    under_way, done = json.loads(tiny.cli("runs", "--json").out)
    assert under_way["outcome"] is None
    assert (done["wait_seconds"], done["late_seconds"]) == (20, 0)
    assert (done["outcome"]["status"], done["outcome"]["seconds"]) == ("success", 108)
    assert done["slot"] is None


def test_without_a_run_it_says_so(tiny: Project) -> None:
    done = tiny.cli("runs")
    assert (done.code, done.out) == (0, "")
    assert "There is no run in the history yet" in done.err
    assert "no run yet, and this machine neither" in tiny.cli("runs", "show", "x").err


def on_a_terminal(project: Project, *arguments: str, lines: int) -> str:
    """What a terminal of 80 columns gets; its pager marks what it is given."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 80, 0, 0))
    env = {**clean_environ(os.environ), "PAGER": "sed s/^/PAGED/", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=project.path,
        env={name: value for name, value in env.items() if name not in ("COLUMNS", "LINES")},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    read = b""
    try:
        while chunk := os.read(ours, 65536):
            read += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return read.decode()


def test_what_is_longer_than_the_screen_comes_page_by_page(tiny: Project) -> None:
    holds(tiny, history(*(ended(number=number) for number in range(10))))
    short = on_a_terminal(tiny, "runs", lines=30)
    assert "PAGED" not in short
    assert "\x1b[" in short
    long = on_a_terminal(tiny, "runs", lines=10)
    assert long.count("PAGED") == short.count("\n")
    assert "\x1b[" in long
