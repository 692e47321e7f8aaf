"""Whatever a jobs file holds, the answer is problems: soon, and never a traceback."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.config import Loaded, from_bytes, load
from runner.reports.problems import as_annotations, as_json, as_text
from tests.configs import INVALID, VALID

FILE = Path("dbt_jobs.yml")
TOKENS = [
    *"*&{}[]:,-?|>!%@`'\"#~\t\n\r\0", "\x1b", "\x85", "\u2028", "\ufeff", "é", "…", "<<: *a\n",
    "&a ", "*a", "- ", "? ", "---\n", "...\n", "!!int ", "!!binary ", "null", "yes", "off", "1:30",
    "010", "1.10", ".nan", "1e999", "0b_", "2024-01-01", "self", "job:", "environment:ci", "  ",
    "{pr_number}", "dbt build --select state:modified", "--state", "0 0 30 2 *", "* * * * *", "0s",
    "on: ", "version: 2\n", "defer: false\n", "production", "daily", "\\", "\n\n", "[[[[", "}}}}",
]  # fmt: skip
SEEDS = [case.read_bytes() for case in VALID + INVALID if case.stat().st_size < 4000]


def check(raw: bytes) -> Loaded:
    loaded = from_bytes(FILE, raw)
    assert (loaded.config is None) == bool(loaded.errors)
    for problem in loaded.problems:
        assert problem.what.isprintable()
        assert 0 <= problem.column <= problem.end_column
    as_text(loaded)
    as_json([loaded], {})
    assert all(line.startswith(("::", "1", "dbt_jobs.yml")) or line[:1].isdigit()
               for line in as_annotations(loaded).split("\n"))  # fmt: skip
    return loaded


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@given(st.lists(st.sampled_from(TOKENS), max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_yaml(tokens: list[str]) -> None:
    check("".join(tokens).encode())


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_any_change_of_a_file(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 40)))
        raw = raw[:start] + data.draw(st.sampled_from(TOKENS)).encode() + raw[end:]
    check(raw)


HEAD = "version: 1\nenvironments: {p: {}}\n"
JOBS = f"{HEAD}jobs:\n"
HOSTILE = {
    "too large": "#" * (1024 * 1024 + 1),
    "open lists": "[" * 500_000,
    "open mappings": "{a: " * 200_000,
    "block lists": "- " * 500_000,
    "nested keys": "? " * 300_000,
    "one line": f"version: {'x' * 1_000_000}",
    "one quoted line": f'version: "{"x" * 1_000_000}',
    "many numbers": f"version: [{'1,' * 500_000}]",
    "a long number": f"version: {'9' * 1_000_000}",
    "unknown keys": "".join(f"k{n}: 1\n" for n in range(100_000)),
    "wrong steps": f"{JOBS}  a: {{environment: p, steps: [{'1,' * 240_000}]}}\n",
    "wrong labels": f"version: 1\nenvironments: {{p: {{runs_on: [{'1,' * 240_000}]}}}}\njobs: {{}}\n",
    "unknown environments": JOBS
    + "".join(f"  j{n}: {{environment: q{n}}}\n" for n in range(30_000)),
    "unknown jobs": JOBS
    + "".join(
        f"  job-{n}: {{environment: p, steps: [dbt run], triggers: {{job: {{name: job-x{n}}}}}}}\n"
        for n in range(10_000)
    ),
    "bad names": JOBS + "".join(f"  J{n}: {{}}\n" for n in range(80_000)),
    "duplicate keys": "a: 1\n" * 150_000,
    "a long chain": JOBS
    + "".join(
        f"  j{n}: {{environment: p, steps: [dbt run], triggers: {{job: {{name: j{n + 1}}}}}}}\n"
        for n in range(10_000)
    )
    + "  j10000: {environment: p, steps: [dbt run], triggers: {job: {name: j0}}}\n",
    "many circles": JOBS
    + "".join(
        f"  j{n}: {{environment: p, steps: [a], triggers: {{job: [{', '.join(f'{{name: j{m}}}' for m in range(100))}]}}}}\n"
        for n in range(100)
    ),
    "an alias in each": f"a: &a [{'1,' * 1000}]\nb: [{'*a,' * 100_000}]\n",
    "a long cron": f"{JOBS}  a: {{environment: p, triggers: {{schedule: {{cron: '{'1,' * 400_000}1 * * * *'}}}}}}\n",
    "a long step": f"{JOBS}  a: {{environment: p, steps: ['dbt run -s {'state:x ' * 100_000}']}}\n",
    "a long template": f"version: 1\nenvironments: {{p: {{schema: '{'{x}' * 300_000}'}}}}\njobs: {{}}\n",
    "tags": "!a " * 300_000,
    "anchors": "".join(f"k{n}: &a{n} 1\n" for n in range(60_000)),
    "documents": "---\n" * 250_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_soon(name: str) -> None:
    raw = HOSTILE[name].encode()
    began = time.process_time()
    loaded = from_bytes(FILE, raw)
    # Some 2 s where nothing else runs; what grows with the square of its length takes minutes.
    assert time.process_time() - began < 10
    assert loaded.errors
    assert len(as_text(loaded)) < 200_000


def test_too_large_by_one_byte() -> None:
    fits, breaks = b"#" * 1024 * 1024, b"#" * (1024 * 1024 + 1)
    assert from_bytes(FILE, fits).problems[0].code == "empty-file"
    assert from_bytes(FILE, breaks).problems[0].code == "too-large"


def only_problem(path: Path) -> tuple[str, str]:
    (problem,) = load(path).problems
    assert problem.line == 0
    return problem.code, problem.what


def test_a_missing_file(tmp_path: Path) -> None:
    code, what = only_problem(tmp_path / "dbt_jobs.yml")
    assert code == "missing-file"
    assert what.endswith("doesn't exist")


def test_a_folder(tmp_path: Path) -> None:
    assert only_problem(tmp_path) == ("not-a-file", f"`{tmp_path}` is a folder, not a file")


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password: hunter2\n")
    link = tmp_path / "dbt_jobs.yml"
    link.symlink_to(tmp_path / "secret")
    code, what = only_problem(link)
    assert code == "not-a-file"
    assert "symbolic link" in what


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert only_problem(tmp_path / "pipe")[0] == "not-a-file"


def test_a_file_as_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert only_problem(tmp_path / "file" / "dbt_jobs.yml")[0] == "unreadable"


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_impossible_names(name: str) -> None:
    assert only_problem(Path(name))[0] == "unreadable"
