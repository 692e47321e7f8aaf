"""The line between the runner and the warm dbt process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

SERVES = """\
import sys, time
from runner.dbt.worker import Protocol

protocol = Protocol()
for command in protocol.commands():
    if command["ends"]:
        protocol.end(exit_code=0)
    else:
        protocol.send("started")
    time.sleep(1)  # a machine that is slow between a command's last word and the next command
print("left at leisure", file=sys.stderr)
"""


@pytest.mark.parametrize(("ends", "code"), [("true", 0), ("false", 1)])
def test_only_what_is_under_way_is_interrupted_when_the_line_closes(ends: str, code: int) -> None:
    """Interrupted on its way out, DuckDB would leave its journal."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVES],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(f'{{"ends": {ends}}}\n')
    process.stdin.flush()
    assert process.stdout.readline()
    process.stdin.close()
    process.stdin = None
    _, said = process.communicate(timeout=30)
    assert (process.returncode == 0, "left at leisure" in said) == (code == 0, code == 0), said
