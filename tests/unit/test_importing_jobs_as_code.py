"""Files of dbt-jobs-as-code: what Jinja, globs and numbers become, and what is said where they don't."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.cli.main import run
from runner.config.nodes import plain
from runner.importing import jobs_as_code
from runner.importing.dbt_cloud import drafted_of
from runner.importing.draft import Draft
from runner.importing.jobs_as_code import KIND
from runner.importing.reading import read_yaml
from runner.importing.writing import config_of, drafted
from tests.importing.sources import CASES, draft_of

FILE = Path("dbt_jobs.yml")
OF_THIS = [case for case in CASES if case.parent.name == "jobs_as_code"]
JOB: dict[str, Any] = {
    "account_id": 9,
    "project_id": 5,
    "environment_id": 70,
    "name": "Daily",
    "settings": {"threads": 4, "target_name": "default"},
    "run_generate_sources": False,
    "execute_steps": ["dbt build"],
    "generate_docs": False,
    "schedule": {"cron": "0 4 * * *"},
    "triggers": {"schedule": True},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: str, jobs: dict[str, Any]) -> Path:
    Path(path).write_text(yaml.safe_dump({"jobs": jobs}, sort_keys=False))
    return Path(path)


@pytest.mark.parametrize("case", OF_THIS, ids=lambda case: case.stem)
def test_every_field_of_a_job_is_told(case: Path) -> None:
    if case.is_dir():
        return
    told = {(row.job, row.field.partition(".")[0].partition("[")[0]) for row in draft_of(case).rows}
    _, root = read_yaml(case, KIND)
    for name, entry in root.mapping("jobs").entries.items():
        fields = plain(entry.node)
        assert isinstance(fields, dict)
        assert {(name, field) for field in fields} <= told


def test_the_command(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    put("sub/one.yml", {"daily": {**JOB, "linked_id": 1}})
    put("sub/two.yaml", {"ci": {**JOB, "environment_id": "{{ ci }}", "job_type": "ci"}})
    Path("vars.yml").write_text("ci: 71\n")
    arguments = ["import", "jobs-as-code", "sub/*.y*ml", "-v", "vars.yml"]
    named = ["--environment", "70=production", "--environment", "71=CI"]
    assert run([*arguments, *named, "--report", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["carried"]
    jobs = config_of(FILE, FILE.read_text()).jobs
    assert {name: job.environment for name, job in jobs.items()} == {
        "daily": "production",
        "ci": "ci",
    }
    assert run(["import", "jobs-as-code", "sub", "--vars", "vars.yml", *named, "--check"]) == 0
    assert run([*arguments, "--environment", "70"]) == 2
    assert "NUMBER=NAME" in capsys.readouterr().err
    assert run([*arguments, "--project", "6"]) == 2
    assert "there is no job of project 6" in capsys.readouterr().err


BAD = {
    "jobs: {a: [": (":2:1: this is not YAML", ""),
    "": (":1:1: the file is empty", ""),
    "<html>500</html>": ("bad.yml:1:1: this is a web page", ""),
    "- a\n": (":1:1: the file holds no mapping", ""),
    "jobs:\n": ("there is no job to import", ""),
    "other: 1\n": ("there is no job to import", ""),
    "jobs:\n  a: dbt build\n": (":2:6: the job `a` is no mapping", "execute_steps"),
    "jobs:\n  a: {name: A}\n": (":2:3: the job `a` has no list of `execute_steps`", ""),
    "jobs:\n  a: {execute_steps: [dbt build], linked_id: 1}\n"
    "  b: {execute_steps: [dbt build], linked_id: 1}\n": (
        "bad.yml:3: `linked_id` is 1, as in bad.yml:2",
        "remove it",
    ),
    "jobs:\n  a:\n    environment_id: {{ place }}\n    project_id: {{ other }}\n": (
        ":3:24: the variable `place` has no value",
        "add it to a file of --vars",
    ),
    "jobs:\n  a:\n    x: {{ known.thing }}\n": (
        ":3:17: the variable `thing` has no value",
        "--vars",
    ),
    "jobs:\n  a: {{ unclosed\n": (":2:6: this is not Jinja", "{% raw %}"),
    "a: {% for x in y %}\n": ("this is not Jinja", "{% raw %}"),
    "a: {{ ''.__class__.__mro__ }}\n": ("bad.yml:1:4: Jinja can't be worked out", ""),
    "a: {{ 'a' * 10000000000 }}\n": (
        "bad.yml:1:4: Jinja can't be worked out",
        "`*` is for numbers",
    ),
    "a: {{ 10 ** 10000000000 }}\n": ("bad.yml:1:4: Jinja can't be worked out", "`**` is for"),
    "a: {{ 1 // 0 }}\n": ("bad.yml:1:4: Jinja can't be worked out", ""),
    "{% set x = 1 %}\n{% for i in [1, 2] %}\n- [\n{% endfor %}\n": (
        "this is not YAML",
        "lines are",
    ),
}


@pytest.mark.parametrize("text", BAD)
def test_bad_input_touches_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    put("good.yml", {"a": JOB})
    assert run(["import", "jobs-as-code", "good.yml"]) == 0
    before = FILE.read_bytes()
    Path("bad.yml").write_text(text)
    Path("vars.yml").write_text("known: {}\n")
    capsys.readouterr()
    assert run(["import", "jobs-as-code", "bad.yml", "--vars", "vars.yml"]) == 2
    what, more = BAD[text]
    said = capsys.readouterr().err
    assert what in said
    assert more in said
    assert FILE.read_bytes() == before


def test_the_other_variables_without_a_value_are_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.yml").write_text("jobs: {a: {x: {{ one }}, y: {{ two }}, z: {{ three | default(1) }}}}")
    Path("vars.yml").write_text("two: 2\n")
    assert run(["import", "jobs-as-code", "a.yml", "-v", "vars.yml"]) == 2
    assert "three" in capsys.readouterr().err
    Path("more.yml").write_text("one: 1\ntwo: 2\n")
    assert run(["import", "jobs-as-code", "a.yml", "-v", "vars.yml", "-v", "more.yml"]) == 2
    said = capsys.readouterr().err
    assert "more.yml:2:1: the variable `two` is set twice" in said
    assert "vars.yml:1" in said
    assert run(["import", "jobs-as-code", "a.yml", "-v", "none.yml"]) == 2
    assert "none.yml" in capsys.readouterr().err


def test_an_identifier_in_two_files_names_both(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put("one.yml", {"daily": JOB})
    put("two.yml", {"first": JOB, "daily": JOB})
    assert run(["import", "jobs-as-code", "."]) == 2
    said = capsys.readouterr().err
    assert "two.yml:" in said
    assert "the job `daily` is there twice" in said
    assert "one.yml:2" in said


def test_a_job_is_that_of_dbt_clouds_json(here: Path) -> None:
    """What dbt-jobs-as-code has made of a file comes back from dbt Cloud as the same jobs."""
    own = {
        **JOB,
        "linked_id": 1,
        "description": "All of it",
        "execution": {"timeout_seconds": 3600},
        "deferring_job_definition_id": 1,
        "custom_environment_variables": [{"DBT_DAY": "1"}, {"DBT_KEY": "**********"}],
    }
    condition = {"condition": {"job_id": 1, "project_id": 5, "statuses": [10]}}
    after = {**JOB, "linked_id": 2, "triggers": {}, "job_completion_trigger_condition": condition}
    file = put("jobs.yml", {"daily": own, "after": after})
    draft = jobs_as_code.read([file], environments={"70": "Production"})
    cloud = []
    for identifier, each in (("daily", own), ("after", after)):
        variables = each.get("custom_environment_variables", [])
        values = {n: {"job": {"value": v}} for one in variables for n, v in one.items()}
        cron = {"cron": "0 4 * * *", "date": {"type": "custom_cron", "cron": "0 4 * * *"}}
        cloud.append(
            {
                **each,
                "id": each["linked_id"],
                "name": f"Daily [[{identifier}]]",
                "schedule": cron,
                "environment": {"name": "Production"},
                "environment_variables": values,
            }
        )
    assert text_of(draft) == text_of(drafted_of(cloud, {}))


def text_of(draft: Draft) -> str:
    return drafted(draft, None)


words = st.sampled_from(
    ["", "a", "8", "true", "no", "null", "dbt build", "0 4 * * *", "Größe", "**"]
)
odd = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5000) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
numbers = st.sampled_from([None, 1, 2, 3, "1", "2", 70, 71])
jobs = st.fixed_dictionaries(
    {
        "execute_steps": st.lists(
            st.sampled_from(["dbt build", "dbt build -s state:modified", "make", ""]), max_size=3
        )
    },
    optional={
        **dict.fromkeys(
            ("environment_id", "project_id", "deferring_job_definition_id", "deferring_environment_id"),
            numbers,
        ),
        "name": words,
        "triggers": st.dictionaries(
            st.sampled_from(["schedule", "on_merge", "github_webhook"]),
            st.sampled_from([True, False, "true", "no", None]),
        )
        | odd,
        "settings": st.fixed_dictionaries(
            {}, optional={"threads": st.sampled_from([1, "8", "x"]), "target_name": words}
        )
        | odd,
        "schedule": st.fixed_dictionaries({"cron": words}, optional={"date": odd}) | odd,
        "execution": st.fixed_dictionaries({"timeout_seconds": st.sampled_from([0, "60", 7e3])}) | odd,
        "job_type": st.sampled_from(["ci", "merge", "scheduled", "other"]) | odd,
        "job_completion_trigger_condition": st.fixed_dictionaries(
            {"condition": st.fixed_dictionaries({"job_id": numbers})}
        )
        | odd,
        "custom_environment_variables": st.lists(
            st.dictionaries(st.sampled_from(["DBT_A", "DBT_ENV_SECRET_B", "1"]), words) | words,
            max_size=3,
        )
        | odd,
        **dict.fromkeys(
            (
                "dbt_version", "description", "generate_docs", "run_generate_sources", "run_lint",
                "state", "triggers_on_draft_pr", "deactivated", "colour", "account_id", "identifier",
            ),
            odd,
        ),
    },
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(jobs, min_size=1, max_size=3))
def test_whatever_it_is_the_result_is_valid(
    tmp_path_factory: pytest.TempPathFactory, given: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    sound = {**JOB, "linked_id": 2, "project_id": 5}
    there = {f"job{number}": {**each, "project_id": 5} for number, each in enumerate(given)}
    file = folder / "jobs_as_code.yml"
    file.write_text(yaml.safe_dump({"jobs": {**there, "sound": sound}}, allow_unicode=True))
    draft = jobs_as_code.read([file])
    text = drafted(draft, None)
    assert "sound" in config_of(FILE, text).jobs
    told = {(row.job, row.field.partition(".")[0].partition("[")[0]) for row in draft.rows}
    for name, fields in there.items():
        assert {(name, field) for field in fields} <= told
    for row in draft.rows:
        assert row.why or row.fate == "carried"
        assert bool(row.to) == (row.fate != "dropped")
