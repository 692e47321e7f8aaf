"""The report of an import has every field, what is lost first."""

from __future__ import annotations

import json

from runner.importing.rows import Row
from runner.reports.losses import as_json, as_markdown, as_text, to_do

ROWS = [
    Row(
        job="Daily", field="name", value='"Daily"', fate="translated", to="jobs.daily", why="a name"
    ),
    Row(
        job="Daily",
        field="generate_docs",
        value="true",
        fate="carried",
        to="jobs.daily.generate_docs",
    ),
    Row(job="Daily", field="id", value="7", fate="dropped", why="dbt Cloud's own"),
    Row(job="Daily", field="created_at", value="null", fate="dropped", why="dbt Cloud's own"),
    Row(
        job="Daily",
        field="run_lint",
        value="true",
        fate="dropped",
        why="no lint",
        hint="run SQLFluff",
    ),
    Row(job="", field="extra", value="{}", fate="dropped", why="##[error]it | is\x1b[1m odd"),
]


def test_for_people() -> None:
    assert as_text(ROWS).replace("\u200b", "").splitlines() == [
        "Daily",
        "  dropped     run_lint = true: no lint",
        "              hint: run SQLFluff",
        "  dropped     id, created_at: dbt Cloud's own",
        '  translated  name = "Daily" → jobs.daily: a name',
        "  carried     generate_docs = true → jobs.daily.generate_docs",
        "",
        "the source as a whole",
        "  dropped     extra = {}: ##[error]it | is\\x1b[1m odd",
        "",
        "What is left to do",
        "  run_lint: run SQLFluff (Daily)",
        "",
        "6 fields: 4 dropped, 1 translated and 1 carried",
    ]
    assert "##[" not in as_text(ROWS)


def test_for_programs() -> None:
    found = json.loads(as_json(ROWS))
    assert found["counts"] == {"carried": 1, "translated": 1, "dropped": 4}
    assert found["rows"] == [vars(row) for row in ROWS]
    assert "##[" not in as_json(ROWS)


def test_for_a_pull_request() -> None:
    text = as_markdown(ROWS)
    assert "| `run_lint` | `true` | dropped: no lint | run SQLFluff |" in text
    assert (
        "| `id`, `created_at` |  | dropped: dbt Cloud&#39;s own |  |".replace("&#39;", "'") in text
    )
    assert "<summary><b>the source as a whole</b></summary>" in text
    assert "### What is left to do\n\n- `run_lint`: run SQLFluff (Daily)\n" in text
    row = next(line for line in text.splitlines() if "extra" in line)
    assert row.count("|") == 5
    assert "##[" not in text


def test_what_many_jobs_need_is_said_once() -> None:
    rows = [
        Row(job=f"job {n}", field="run_lint", value="1", fate="dropped", why="no", hint="lint")
        for n in range(9)
    ]
    assert to_do(rows) == [("lint", "run_lint", "job 0, job 1, job 2 and 6 more")]


def test_nothing_at_all() -> None:
    assert as_text([]) == "0 fields: 0 dropped, 0 translated and 0 carried"


def test_what_is_off_is_one_line() -> None:
    off = [
        Row(job="Daily", field="schedule", value="false", fate="translated", to="a.b", why="so"),
        Row(job="Daily", field="docs", value="false", fate="carried", to="a.docs"),
        Row(job="Daily", field="state", value="2", fate="translated", to="a.enabled", why="so"),
        Row(job="Daily", field="limit", value="0", fate="translated", to="a", why="so", hint="do"),
    ]
    assert as_text(off).splitlines()[1:5] == [
        "  translated  limit = 0 → a: so",
        "              hint: do",
        "  translated  state = 2 → a.enabled: so",
        "  off         schedule, docs: off or empty, there as here",
    ]
    assert "| `schedule`, `docs` |" in as_markdown(off)
    assert len(json.loads(as_json(off))["rows"]) == 4
