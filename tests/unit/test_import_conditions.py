"""``if:`` of workflows, and lines of their scripts."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.importing.hand_written.conditions import Condition, condition_of
from runner.importing.hand_written.pins import pins_of
from runner.importing.hand_written.script import commands
from runner.importing.hand_written.starts import ALL_ENDINGS, Start, starts_of

PUSH, PR, CRON, HAND = "push", "pull_request", "schedule", "workflow_dispatch"


def starts(events: list[str], branches: list[str], condition: Condition) -> list[Start]:
    given = {"push": {"branches": branches}, "schedule": [{"cron": "0 5 * * *"}]}
    return [
        start
        for event in events
        for start in starts_of(event, given.get(event), condition.branches)
    ]


@pytest.mark.parametrize(
    ("text", "events", "branches", "holds"),
    [
        (None, [PUSH, CRON], [], True),
        (True, [PUSH], [], True),
        (False, [PUSH], [], False),
        ("${{ false }}", [PUSH, PR], [], False),
        ("success()", [PR], [], True),
        ("${{ github.event_name == 'push' }}", [PUSH], [], True),
        ("github.event_name == 'push'", [PR], [], False),
        ("github.event_name == 'push'", [PUSH, CRON], [], None),
        ("github.event_name != 'push'", [CRON, PR], [], True),
        ("!(github.event_name == 'push')", [CRON, PR], [], True),
        ("!github.event_name == 'push'", [CRON], [], None),
        ("github.event_name == 'push' || github.event_name == 'schedule'", [PUSH, CRON], [], True),
        ("(github.event_name == 'push') || github.actor == 'x'", [PUSH], [], True),
        ("(github.event_name == 'push') || github.actor == 'x'", [CRON], [], None),
        ("github.event_name == 'push' && github.event_name == 'schedule'", [PUSH], [], False),
        ("github.event_name == 'push' && (github.actor == 'x' || true)", [PUSH], [], True),
        ("github.actor == 'a || true'", [PUSH], [], None),
        ("github.ref == 'refs/heads/main'", [PUSH], ["main"], True),
        ("github.ref != 'refs/heads/main'", [PUSH], ["main"], False),
        ("github.ref_name == 'main'", [PUSH], ["main", "release"], None),
        ("github.ref_name == 'main'", [PUSH], ["m*"], None),
        ("github.ref_name == 'main'", [PUSH], ["release/*"], False),
        ("github.ref == 'refs/heads/main'", [CRON, HAND], [], True),
        ("github.ref == 'refs/heads/develop'", [CRON], [], None),
        ("github.ref == 'refs/heads/main'", [PR], [], False),
        ("github.ref == 'refs/heads/main'", ["pull_request_target"], [], None),
        ("github.event.schedule == '0 5 * * *'", [CRON], [], True),
        ("github.event.schedule == '0 6 * * *'", [CRON, PUSH], [], False),
        ("github.event.schedule != '0 6 * * *'", [CRON, PUSH], [], True),
        ("!github.event.pull_request.draft", [PR], [], True),
        ("github.repository == 'shop/dbt'", [PUSH, CRON], [], True),
        ("github.repository_owner != 'shop'", [CRON], [], False),
        ("github.event.pull_request.head.repo.full_name == github.repository", [PR], [], True),
        (
            "github.event_name != 'pull_request'"
            " || github.event.pull_request.head.repo.full_name == github.repository",
            [PR, PUSH],
            [],
            True,
        ),
        ("github.repository == github.event.pull_request.head.repo.full_name", [PUSH], [], False),
        ("!github.event.pull_request.head.repo.fork", [PR], [], True),
        ("always()", [PUSH], [], None),
        ("failure()", [PUSH], [], None),
        ("hashFiles('x') != ''", [PUSH], [], None),
        ("hashFiles('x') != '' && github.event_name == 'push'", [PR], [], False),
        ("(" * 50 + "true" + ")" * 50, [PR], [], None),
    ],
)
def test_when_a_step_runs(
    text: object, events: list[str], branches: list[str], holds: bool | None
) -> None:
    condition = condition_of(text)
    assert condition.of_step(starts(events, branches, condition)) is holds


@pytest.mark.parametrize(
    ("text", "endings"),
    [
        (None, "success"),
        ("github.event_name == 'push'", "success"),
        ("always()", "success error cancelled"),
        ("${{ !cancelled() }}", "success error"),
        ("failure()", "error"),
        ("failure() || cancelled()", "error cancelled"),
        ("always() && github.event_name == 'schedule'", ""),
    ],
)
def test_endings_of_what_is_needed(text: object, endings: str) -> None:
    found = condition_of(text)
    start = Start(event=PUSH)
    assert " ".join(each for each in ALL_ENDINGS if found.admits(start, [each])) == endings


@pytest.mark.parametrize(
    ("text", "endings"),
    [
        (None, "success error cancelled"),
        ("github.event.workflow_run.conclusion == 'success'", "success"),
        ("github.event.workflow_run.conclusion != 'success'", "error cancelled"),
        ("github.event.workflow_run.conclusion == 'timed_out'", ""),
        ("failure()", ""),
    ],
)
def test_endings_of_a_workflow(text: object, endings: str) -> None:
    found = condition_of(text)
    admitted = [each for each in starts_of("workflow_run", None, ()) if found.holds(each)]
    assert " ".join(each.conclusion for each in admitted) == endings


@settings(deadline=None)
@given(st.text() | st.lists(st.sampled_from(["(", ")", "!", "&&", "||", "true", "false", "x", "'", " ", "failure()"]))
       .map("".join))  # fmt: skip
@example("&&||")
@example("${{ }}")
@example("!" * 5000)
@example("(" * 5000 + ")" * 5000)
def test_any_text_is_a_condition(text: str) -> None:
    found = condition_of(text)
    assert found.of_step([Start(event=PUSH)]) in (True, False, None)


@pytest.mark.parametrize(
    ("script", "kinds"),
    [
        ("set -euo pipefail\ndbt build", "shell dbt"),
        ("export A=1 B='x y'\ncd transform && dbt build", "export folder dbt"),
        ("cd ${{ github.workspace }}/x\ncd ..\ncd -", "folder folder folder"),
        ("if x; then dbt build; fi\ndbt test", "block dbt"),
        ("for a in b; do\n  if c; then\n    dbt run\n  fi\ndone\ndbt test", "block block block block block dbt"),
        ("f() { dbt build; }\nf", "block other"),
        ("cat <<EOF > x\ndbt build\nEOF\ndbt test", "other dbt"),
        ("(cd x && dbt build)", "unread"),
        ("eval dbt build", "unread"),
        ("pip install dbt-duckdb==1.9.0\nuv sync", "install install"),
        ("gh run download -n manifest.json", "state"),
        ("echo hi\nmkdir -p x\nsource .venv/bin/activate", "shell shell shell"),
        ("make a \\\n  b", "other"),
        ("# comment\n\n", ""),
    ],
)  # fmt: skip
def test_lines_of_scripts(script: str, kinds: str) -> None:
    assert " ".join(command.kind for command in commands(script)) == kinds


@pytest.mark.parametrize(
    ("script", "variables"),
    [
        ("export A=1 B='x y'", {"A": "1", "B": "x y"}),
        ('echo "A=x y" >> "$GITHUB_ENV"', {"A": "x y"}),
        ("echo A=b>>${GITHUB_ENV}", {"A": "b"}),
        ("echo A=b > $GITHUB_ENV", {}),
        ("echo A=b >> file", {}),
        ("echo A=" + " " * 100_000 + "> $GITHUB_ENV", {}),
    ],
    ids=["export", "quoted", "bare", "overwritten", "file", "blanks"],
)
def test_variables_of_scripts(script: str, variables: dict[str, str]) -> None:
    assert {k: v for each in commands(script) for k, v in each.exports.items()} == variables


@given(st.lists(st.sampled_from(["if x; then", "fi", "{", "}", "dbt build", "<<E", "E", "\\", "export A=", "'", "cd"]))
       .map("\n".join) | st.text())  # fmt: skip
def test_any_script_is_read(script: str) -> None:
    for command in commands(script):
        assert command.text
        assert command.steps == () or command.kind == "dbt"


@pytest.mark.parametrize(
    ("install", "pins"),
    [
        ("pip install dbt-core==1.10.2 dbt-postgres==1.9.0", {"core": "==1.10.2", "adapter": "postgres==1.9.0"}),
        ("uv pip install 'dbt-core>=1.10,<1.11' dbt-bigquery", {"core": ">=1.10,<1.11", "adapter": "bigquery"}),
        ("pip install dbt-snowflake==1.9.0", {"adapter": "snowflake==1.9.0"}),
        ("pip install dbt-core dbt-common==1.0 sqlfluff-templater-dbt==3.0", {}),
        ("pip install ./dbt-mine git+https://x/dbt-core@main", {}),
    ],
)  # fmt: skip
def test_pins(install: str, pins: dict[str, str]) -> None:
    assert pins_of([install]) == pins
