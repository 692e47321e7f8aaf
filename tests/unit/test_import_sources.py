"""Importers of Bolt and of workflows: each source's draft and rows are as written, and valid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.config.nodes import plain
from runner.errors import ConfigInvalid
from runner.importing import bolt, hand_written
from runner.importing.commands import steps_of
from runner.importing.draft import Draft
from runner.importing.hand_written.triggers import events_of
from runner.importing.reading import files_of, read_yaml
from runner.importing.rows import Row
from tests.importing.sources import CASES, described, draft_of, golden, jobs_file, loaded

BOLT = [case for case in CASES if case.parent.name == "bolt"]
WORKFLOWS = [case for case in CASES if case.parent.name == "workflow"]
# Mappings in lists, whose parts share a row.
TOLD_AS_ONE = re.compile(r"^(commands|on\.schedule)\[\d+\]$|^(hightouch|self_healing)$")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_the_draft_and_its_rows(case: Path) -> None:
    assert described(draft_of(case)) == golden(case).read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_the_draft_is_a_valid_jobs_file(case: Path) -> None:
    draft = draft_of(case)
    found = loaded(draft)
    assert found.errors == ()
    assert found.config is not None
    for row in draft.rows:
        assert row.why or row.fate == "carried", f"{row.field} doesn't say why"
        assert bool(row.to) == (row.fate != "dropped")
    for path in draft.comments:
        assert leads_somewhere(jobs_file(draft), path)


def leads_somewhere(values: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if key not in values:
            return False
        values = values[key]
    return True


@pytest.mark.parametrize("case", BOLT, ids=lambda case: case.stem)
def test_every_field_of_a_schedule_is_told(case: Path) -> None:
    rows = draft_of(case).rows
    for file in files_of([case], bolt.files.KIND):
        _, root = read_yaml(file, bolt.files.KIND)
        for node in root.items("schedules"):
            assert untold(plain(node), told_of(rows)) == []


@pytest.mark.parametrize("case", WORKFLOWS, ids=lambda case: case.stem)
def test_every_field_of_a_workflow_is_told(case: Path) -> None:
    rows = draft_of(case).rows
    for file in files_of([case], hand_written.workflows.KIND):
        assert untold_of(file, rows) == []


def test_both_halves_of_a_job_tell_each_step() -> None:
    rows = draft_of(next(case for case in WORKFLOWS if case.stem == "pull_request")).rows
    for title in ("dbt CI", "dbt CI pull request"):
        fields = {row.field for row in rows if row.job == title}
        for index in range(6):
            assert any(field.startswith(f"jobs.dbt.steps[{index}].") for field in fields)


def untold_of(file: Path, rows: list[Row]) -> list[str]:
    """The fields of a workflow without a row; a file without dbt has one row."""
    _, root = read_yaml(file, hand_written.workflows.KIND)
    data = {key: plain(entry.node) for key, entry in root.entries.items()}
    if any(row.field == str(file) for row in rows):
        return []
    on = events_of(data.get("on"))
    return untold({**data, **({"on": on} if on else {})}, told_of(rows))


def told_of(rows: list[Row]) -> dict[str, set[str]]:
    """What became of each field, which may be told in several jobs."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.field.split(" ")[0], set()).add(row.fate)
    return found


def untold(value: Any, told: dict[str, set[str]], path: str = "") -> list[str]:
    """The innermost fields that have no row, nor are in something that was dropped as a whole."""
    if "dropped" in told.get(path, ()) or (
        path in told and not (value and isinstance(value, dict))
    ):
        return []
    if path in told and TOLD_AS_ONE.search(path):
        return []
    if isinstance(value, dict) and value:
        keys = [f"{path}.{key}" if path else str(key) for key in value]
        parts = [*zip(keys, value.values(), strict=True)]
    elif isinstance(value, list) and value:
        parts = [(f"{path}[{index}]", each) for index, each in enumerate(value)]
    else:
        return [path]
    return [each for key, inner in parts for each in untold(inner, told, key)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schedules: [", ":2:1: this is not YAML"),
        ("<html>\n<body>500</body>", ":1:1: this is a web page, not a file of Bolt"),
        ("daily", ":1:1: the file holds no mapping"),
        ("schedules:\n", ":1:11: `schedules` is no list"),
        ("schedules: {name: a}\n", ":1:12: `schedules` is no list"),
        ("", ":1:1: the file is empty"),
        ("version: 1\n", ":1:1: there is no `schedules`"),
        ("schedules:\n  - daily\n", ":2:5: a schedule must be a mapping"),
        ("schedules:\n  - name: a\n  - commands: [dbt build]\n", ":3:5: a schedule has no `name`"),
        ("schedules:\n  - {name: a, name: b}\n", ":2:15: the key `name` is written twice"),
        ("schedules: []\n", "no schedule in"),
        ("schedules:\n  - {name: a, commands: [python x.py]}\n", "has a step that dbt runs"),
    ],
)
def test_what_is_no_file_of_bolt(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "paradime_schedules.yml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid) as caught:
        bolt.read([file])
    assert message in caught.value.what
    assert str(file) in caught.value.what
    assert caught.value.hint or caught.value.why


def test_paths_are_files_globs_and_folders(tmp_path: Path) -> None:
    text = "schedules: [{name: NAME, schedule: 0 4 * * *, environment: production, commands: [dbt build]}]"
    for name in ("one", "two"):
        (tmp_path / f"{name}.yml").write_text(text.replace("NAME", name))
    assert list(bolt.read([tmp_path / "*.yml", tmp_path / "one.yml"]).jobs) == ["one", "two"]
    with pytest.raises(ConfigInvalid, match="has no file to import") as caught:
        bolt.read([tmp_path])
    assert "paradime_schedules.yml" in caught.value.why


scalars = st.sampled_from(
    [None, True, False, 0, 1, -5, 2.5, "", "a", "b", "OFF", "0 4 * * *", "dbt build", "passed", "sla",
     "dbt run -s state:modified", "UTC", "x@y.z", "$A", "#c", "Größe"]
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["enabled", "events", "channel", "address", "command", "continue_on_error", "emails",
             "slack_channels", "deferred_schedule_name", "schedule_name", "trigger_on", "pagerduty"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=6,
)  # fmt: skip
blocks = st.fixed_dictionaries(
    {"enabled": st.booleans()},
    optional={
        "deferred_schedule_name": st.sampled_from(["a", "b", "c"]),
        "successful_runs_only": st.booleans(),
        "schedule_name": st.sampled_from(["a", "b", "c"]),
        "trigger_on": st.lists(st.sampled_from(["passed", "failed", "sla"])),
        "workspace_name": scalars,
    },
)
commands = st.sampled_from(
    ["dbt build", "dbt run -s state:modified+ --target x", "dbt docs generate", "dbt deps", "echo",
     "dbt source freshness", "dbt test --threads 3 && dbt run --defer --project-dir x"]
)  # fmt: skip
schedules = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b", "c", "self", "d e"]),
        "commands": st.one_of(
            st.lists(
                commands
                | st.fixed_dictionaries({"command": commands, "continue_on_error": st.booleans()}),
                max_size=4,
            ),
            values,
        ),
    },
    optional={
        "schedule": st.sampled_from([False, "OFF", "0 4 * * *", "@daily", "* * * * *"]) | values,
        "turbo_ci": blocks | values,
        "deferred_schedule": blocks | values,
        "schedule_trigger": blocks | values,
        "trigger_on_merge": st.booleans() | values,
        **dict.fromkeys(
            (
                "slug", "display_name", "environment", "git_branch", "timezone", "suspended",
                "notifications", "integrations", "slack_notify", "slack_on", "email_notify",
                "email_on", "sla_minutes", "continue_on_error", "owner_email", "description",
            ),
            values,
        ),
    },
)  # fmt: skip


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(schedules, min_size=1, max_size=4))
def test_whatever_schedules_say_the_result_is_valid(
    tmp_path_factory: pytest.TempPathFactory, given: list[dict[str, Any]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "paradime_schedules.yml"
    file.write_text(yaml.safe_dump({"version": 1, "schedules": given}, allow_unicode=True))
    texts = [command for each in given for command in commands_of(each)]
    if not any(step.step for text in texts for step in steps_of(text)):
        with pytest.raises(ConfigInvalid, match="has a step that dbt runs"):
            bolt.read([file])
        return
    assert loaded(bolt.read([file])).errors == ()


def commands_of(schedule: dict[str, Any]) -> list[str]:
    found = schedule["commands"] if isinstance(schedule["commands"], list) else []
    texts = [each.get("command") if isinstance(each, dict) else each for each in found]
    return [text for text in texts if isinstance(text, str)]


def test_schedules_that_begin_on_one_line_are_all_jobs(tmp_path: Path) -> None:
    file = tmp_path / "paradime_schedules.yml"
    one = '{{name: {}, schedule: "0 {} * * *", commands: [dbt run]}}'
    file.write_text(f"schedules: [{one.format('a', 6)}, {one.format('b', 7)}]\n")
    jobs = bolt.read([file]).jobs
    assert [each["triggers"]["schedule"]["cron"] for each in jobs.values()] == [
        "0 6 * * *",
        "0 7 * * *",
    ]


@pytest.mark.parametrize(
    ("value", "enabled"),
    [("false", True), ('"no"', True), ("", True), ("true", False), ('"true"', False), ("yes", False), ("5", False)],
)  # fmt: skip
def test_only_what_is_known_not_to_be_suspended_is_enabled(
    value: str, enabled: bool, tmp_path: Path
) -> None:
    file = tmp_path / "paradime_schedules.yml"
    file.write_text(f"schedules:\n- name: a\n  commands: [dbt run]\n  suspended: {value}\n")
    draft = bolt.read([file])
    assert draft.jobs["a"].get("enabled", True) is enabled
    told = [row for row in draft.rows if row.field == "suspended"]
    assert bool(told[1:]) == (value == "5")


def workflow(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "dbt.yml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("on: push\njobs: {a: {steps: [{run: 'x", "this is not YAML"),
        ("- a\n", ":1: the file holds no mapping"),
        ("on: push\njobs: {a: {steps: [{run: make}]}}\n", "has a step that dbt runs"),
        ("on: push\njobs: {a: {steps: [{run: dbt build, if: always()}]}}\n", "that dbt runs"),
    ],
)
def test_what_is_no_workflow_of_dbt(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        hand_written.read([workflow(tmp_path, text)])
    assert message in caught.value.what
    assert caught.value.hint or caught.value.why


def test_scripts_in_quotes_are_read(tmp_path: Path) -> None:
    text = 'on: push\njobs: {a: {steps: [{run: "make\\ndbt build"}]}}\n'
    assert hand_written.read([workflow(tmp_path, text)]).jobs["dbt"]["steps"] == ["dbt build"]


@pytest.mark.parametrize(
    ("on", "condition", "enabled"),
    [("push", "vars.X", False), ("release", "vars.X", False), ("{}", "vars.X", False), ("{}", "true", True)],
)  # fmt: skip
def test_a_job_whose_if_isnt_understood_is_off(
    on: str, condition: str, enabled: bool, tmp_path: Path
) -> None:
    text = f"on: {on}\njobs: {{a: {{if: {condition}, steps: [{{run: dbt build}}]}}}}\n"
    assert hand_written.read([workflow(tmp_path, text)]).jobs["dbt"].get("enabled", True) is enabled


def test_each_line_of_a_script_is_told_by_its_own_line(tmp_path: Path) -> None:
    text = "on: push\njobs:\n  a:\n    steps:\n      - run: |\n          make\n\n          dbt build\n      - run: dbt test\n"
    file = workflow(tmp_path, text)
    rows = {row.value: row.field for row in hand_written.read([file]).rows}
    assert rows['"make"'] == f"jobs.a.steps[0].run ({file}:6)"
    assert rows['"dbt build"'] == f"jobs.a.steps[0].run ({file}:8)"
    assert rows['"dbt test"'] == f"jobs.a.steps[1].run ({file}:9)"


runs = st.lists(
    st.sampled_from(
        ["dbt build", "dbt run -s state:modified+ --target x", "make", "cd x", "pip install dbt-core",
         "aws s3 cp s3://b/manifest.json state/", "dbt test --threads 2 \\\n  --target y", "dbt run | tee x",
         "if true; then", "REGION=us dbt seed", "A=1 PASSWORD=x dbt seed", "export PASSWORD=x", "poetry run dbt snapshot --profiles-dir ."]
    ),
    min_size=1,
).map("\n".join)  # fmt: skip
steps = st.fixed_dictionaries(
    {"run": runs},
    optional={
        "if": st.sampled_from(["always()", "github.event_name == 'pull_request'", "success()"])
        | values,
        "env": st.dictionaries(st.sampled_from(["A", "GITHUB_X", "1"]), scalars) | values,
        "working-directory": values,
        "continue-on-error": values,
    },
)
bodies = st.fixed_dictionaries(
    {"steps": st.lists(steps, max_size=3) | values},
    optional={
        "if": st.sampled_from(
            [
                "false",
                "always()",
                "failure()",
                "!cancelled()",
                "github.event_name == 'push'",
                "vars.X",
                "github.event.schedule == '0 4 * * *'",
                "github.ref != 'refs/heads/main' || failure()",
                "github.event.workflow_run.conclusion == 'success'",
                "github.event_name != 'pull_request'",
            ]
        )
        | values,
        "needs": st.sampled_from(["a", "b", "c", "self"])
        | st.lists(st.sampled_from(["a", "b", "c"])),
        "env": st.dictionaries(
            st.sampled_from(["A", "B", "PASSWORD"]),
            st.sampled_from(["x", 1, "${{ secrets.B }}", "${{ secrets.C }}", "${{ vars.A }}"]),
        ),
        **dict.fromkeys(
            ("environment", "runs-on", "timeout-minutes", "concurrency", "defaults", "name"), values
        ),
    },
)
events = st.fixed_dictionaries(
    {},
    optional={
        "push": st.sampled_from(
            [None, {"branches": ["main"]}, {"tags": ["v*"]}, {"branches-ignore": ["main"]}]
        )
        | values,
        "pull_request": st.sampled_from([None, {"types": ["closed"]}, {"paths": ["a"]}]) | values,
        "pull_request_target": st.none(),
        "schedule": st.lists(
            st.fixed_dictionaries({"cron": st.sampled_from(["0 4 * * *", "@daily", "x"])})
        )
        | values,
        "workflow_dispatch": values,
        "workflow_run": st.just({"workflows": ["one", "two"]}) | values,
    },
)
workflows = st.fixed_dictionaries(
    {
        "on": events | st.sampled_from(["push", "pull_request", ["push", "pull_request"]]),
        "jobs": st.dictionaries(st.sampled_from(["a", "b", "c", "self"]), bodies, max_size=3),
    },
    optional={"name": st.sampled_from(["one", "two"]) | values, "env": values, "concurrency": values},
)  # fmt: skip


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(workflows, min_size=1, max_size=2))
def test_whatever_workflows_say_the_result_is_valid(
    tmp_path_factory: pytest.TempPathFactory, given: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    files = [folder / f"workflow{number}.yml" for number in range(len(given))]
    for file, each in zip(files, given, strict=True):
        file.write_text(yaml.safe_dump(each, allow_unicode=True))
    draft = drafted(files)
    assert draft or not any(builds(step) for each in given for step in steps_in(each))
    if draft is not None:
        assert loaded(draft).errors == ()
        assert [each for file in files for each in untold_of(file, draft.rows)] == []


def drafted(files: list[Path]) -> Draft | None:
    """None where nothing runs dbt."""
    try:
        return hand_written.read(files)
    except ConfigInvalid as error:
        if "has a step that dbt runs" in error.what:
            return None
        raise


def steps_in(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for body in workflow["jobs"].values():
        if "if" in body:  # it may hold for nothing
            continue
        given = body["steps"] if isinstance(body["steps"], list) else []
        yield from (step for step in given if isinstance(step, dict))


def builds(step: dict[str, Any]) -> bool:
    plain, _, _ = str(step.get("run", "")).partition("if true")
    return "dbt build" in plain.splitlines() and "if" not in step
