"""What a job of dbt Cloud says in passing: folders, deferral, versions, odd values, secrets in steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runner.importing import dbt_cloud, jobs_as_code
from runner.importing.draft import Draft
from runner.importing.writing import config_of, drafted

FILE = Path("dbt_jobs.yml")


def job(number: int = 1, *steps: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"Job {number}",
        "environment_id": 70,
        "environment": {"name": "Production"},
        "execute_steps": [*steps] or ["dbt build"],
        **more,
    }


def said_of(tmp_path: Path, *jobs: dict[str, Any]) -> Draft:
    """The draft of jobs in a file; its jobs file is valid."""
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps(jobs))
    draft = dbt_cloud.read([file])
    config_of(FILE, drafted(draft, None))
    return draft


def lost(draft: Draft, field: str) -> list[tuple[str, str]]:
    """Why, and what to do, of what was dropped of a field."""
    rows = [row for row in draft.rows if row.field == field and row.fate == "dropped"]
    return [(row.why, row.hint) for row in rows]


@pytest.mark.parametrize("written", ["dbt", "dbt/", "/dbt", "./dbt", " dbt/../dbt "])
def test_a_subdirectory_is_from_the_repository(tmp_path: Path, written: str) -> None:
    place = {"name": "Production", "dbt_project_subdirectory": written}
    steps = ("dbt build --project-dir .", "dbt run --project-dir ../dbt --profiles-dir ../profiles")
    draft = said_of(tmp_path, job(1, *steps, environment=place), job(2, environment=None))
    assert draft.top["project"] == "dbt"
    assert draft.environments["production"]["profiles_dir"] == "profiles"
    assert draft.jobs["job-1"]["steps"] == ["dbt build", "dbt run"]
    assert draft.jobs["job-2"]["steps"] == ["dbt build"]
    assert not [row for row in draft.rows if row.hint]


@pytest.mark.parametrize("written", ["", "/", "./", None])
def test_the_repository_itself_may_be_the_project(tmp_path: Path, written: str | None) -> None:
    place = {"name": "Production", "dbt_project_subdirectory": written}
    draft = said_of(tmp_path, job(environment=place))
    assert "project" not in draft.top


def test_a_step_of_another_project_is_left_out(tmp_path: Path) -> None:
    steps = ("dbt deps", "dbt build --project-dir ../other", "dbt build")
    draft = said_of(tmp_path, job(1, *steps), job(2, "dbt run --project-dir=/else"))
    assert {name: each["steps"] for name, each in draft.jobs.items()} == {
        "job-1": ["dbt deps", "dbt build"]
    }
    ((why, hint),) = lost(draft, "execute_steps[1]")
    assert why == "it is of the dbt project in ../other, and a jobs file is that of one project"
    assert "../other/dbt_jobs.yml" in hint
    ((why, _),) = lost(draft, "execute_steps[0]")
    assert "the dbt project in /else" in why


def test_the_project_is_that_of_most_steps(tmp_path: Path) -> None:
    steps = (
        "dbt build --project-dir transform --profiles-dir .",
        "dbt run --project-dir transform",
    )
    draft = said_of(tmp_path, job(1, *steps), job(2), job(3, *["dbt test"] * 9, state=2))
    assert draft.top["project"] == "transform"
    assert draft.environments["production"]["profiles_dir"] == "."
    assert [*draft.jobs] == ["job-1"]


def test_steps_that_do_not_defer_in_a_job_that_does(tmp_path: Path) -> None:
    steps = ("dbt seed --no-defer", "dbt build -s state:modified+")
    draft = said_of(tmp_path, job(1, *steps, deferring_job_definition_id=1))
    assert draft.jobs["job-1"]["steps"] == ["dbt seed", "dbt build -s state:modified+"]
    ((why, hint),) = lost(draft, "execute_steps")
    assert "`--no-defer` is left out" in why
    assert "without `defer`" in hint
    assert lost(said_of(tmp_path, job(1, "dbt seed --no-defer")), "execute_steps") == []


def test_state_of_a_job_that_defers_to_nothing(tmp_path: Path) -> None:
    steps = ("dbt run --state x", "dbt clone --state x", "dbt clone")
    draft = said_of(tmp_path, job(1, *steps))
    assert draft.jobs["job-1"]["steps"] == ["dbt run"]
    assert "defer" not in draft.jobs["job-1"]
    assert lost(draft, "execute_steps") == [
        (
            "a step deferred, or named state, and the job defers to nothing",
            "write `jobs.job-1.defer` by hand",
        )
    ]
    for index in (1, 2):
        ((why, _),) = lost(draft, f"execute_steps[{index}]")
        assert why == "`dbt clone` needs state, and the job defers to nothing"
    assert not any("the job's `defer`" in row.why for row in draft.rows)
    kept = said_of(tmp_path, job(1, *steps, deferring_environment_id=70), job(2)).jobs["job-1"]
    assert kept["steps"] == ["dbt run", "dbt clone", "dbt clone"]


def test_names_are_those_of_what_is_there(tmp_path: Path) -> None:
    gone = job(1, name="Daily", environment_id=5, environment={"name": "Production"}, state=2)
    bare = job(2, name="Daily", environment=None)
    draft = said_of(tmp_path, gone, bare, job(3))
    assert [*draft.jobs] == ["daily", "job-3"]
    assert {each["environment"] for each in draft.jobs.values()} == {"production"}


def test_a_deleted_job_makes_no_environment_a_shared_one(tmp_path: Path) -> None:
    draft = said_of(tmp_path, job(1, state=2), job(2, job_type="ci"))
    assert [*draft.environments] == ["production"]


def test_versions_are_those_of_each_environment(tmp_path: Path) -> None:
    place = {"name": "Prod", "dbt_version": "1.9.0"}
    draft = said_of(
        tmp_path,
        job(1, environment=place),
        job(2, environment=place, job_type="ci", dbt_version="1.10.0"),
        job(3, environment=place, dbt_version="1.8.0"),
    )
    comments = {path[1]: text for path, text in draft.comments.items()}
    assert comments["prod"].startswith("dbt Cloud ran dbt 1.9.0 and 1.8.0 here: pin ")
    assert comments["prod-ci"].startswith("dbt Cloud ran dbt 1.10.0 here: pin ")
    told = {
        row.to or row.hint for row in draft.rows if row.job == "Job 2" and "environments" in row.to
    }
    assert told == {"environments.prod-ci"}
    ((_, hint),) = lost(draft, "dbt_version")[:1]
    assert "environments.prod-ci.dbt" in hint


@pytest.mark.parametrize(
    ("seconds", "timeout"),
    [(3600.0, "1h"), ("3600", "1h"), (0, None), (None, None), ("", None), (-1, None)],
)
def test_timeouts(tmp_path: Path, seconds: Any, timeout: str | None) -> None:
    draft = said_of(tmp_path, job(execution={"timeout_seconds": seconds}))
    assert draft.jobs["job-1"].get("timeout") == timeout
    assert bool(lost(draft, "execution.timeout_seconds")) == (seconds in ("", -1))


@pytest.mark.parametrize("seconds", [1e15, 10**20, float("nan"), float("inf"), "soon", [1], True])
def test_what_is_no_timeout_is_told(tmp_path: Path, seconds: Any) -> None:
    draft = said_of(tmp_path, job(execution={"timeout_seconds": seconds}))
    assert "timeout" not in draft.jobs["job-1"]
    ((_, hint),) = lost(draft, "execution.timeout_seconds")
    assert hint


def test_switches_and_numbers_may_be_text(tmp_path: Path) -> None:
    given = job(
        generate_docs="false",
        deactivated="no",
        run_generate_sources="true",
        settings={"threads": "8"},
        triggers={"schedule": "off", "on_merge": "true"},
        environment={"name": "Production", "use_custom_branch": "false", "custom_branch": "x"},
    )
    found = said_of(tmp_path, given).jobs["job-1"]
    assert found == {
        "description": "Job 1",
        "environment": "production",
        "threads": 8,
        "steps": ["dbt build"],
        "source_freshness": True,
        "triggers": {"merge": {}, "dispatch": True},
    }


@pytest.mark.parametrize("number", [[1], {"a": 1}, None, 1.5, True])
def test_jobs_without_a_number_are_jobs(tmp_path: Path, number: Any) -> None:
    bare = {"name": "Bare", "execute_steps": ["dbt seed"]}
    draft = said_of(tmp_path, {**job(), "id": number}, bare, bare | {"name": "Other"})
    assert [*draft.jobs] == ["job-1", "bare", "other"]
    assert len(lost(draft, "id")) == 1


@pytest.mark.parametrize("field", ["environment", "settings", "execution", "triggers", "schedule"])
@pytest.mark.parametrize("value", [[1], "x", 5])
def test_what_is_no_mapping_is_told(tmp_path: Path, field: str, value: Any) -> None:
    draft = said_of(tmp_path, job(**{field: value}))
    assert lost(draft, field) == [("it is no mapping", "correct it, and import again")]


def test_secrets_in_steps_are_named_alone(tmp_path: Path) -> None:
    steps = ("DBT_ENV_SECRET_X='hunter 2' DBT_DAY=1 dbt build", "DB_PASSWORD=hunter3 python x.py")
    levels = {"DBT_TOKEN": {"project": {"value": "hunter4"}}}
    draft = said_of(tmp_path, job(1, *steps, environment_variables=levels))
    assert draft.jobs["job-1"]["env"] == {"DBT_DAY": "1"}
    assert draft.environments["production"]["secrets"] == ["DBT_ENV_SECRET_X", "DBT_TOKEN"]
    assert "hunter" not in f"{draft.rows}{drafted(draft, None)}"
    assert any("gh secret set DBT_ENV_SECRET_X" in row.why for row in draft.rows)


@pytest.mark.parametrize(
    "written",
    ["{DBT_ENV_SECRET_X: hunter}", "[DBT_ENV_SECRET_X=hunter]", "hunter", "[[hunter]]", "[{A: 1}, hunter]"],
)  # fmt: skip
def test_variables_that_are_none_are_not_repeated(tmp_path: Path, written: str) -> None:
    file = tmp_path / "jobs.yml"
    file.write_text(
        "jobs:\n  a:\n    name: A\n    environment_id: 1\n    execute_steps: [dbt build]\n"
        f"    custom_environment_variables: {written}\n"
    )
    draft = jobs_as_code.read([file])
    assert "hunter" not in f"{draft.rows}{drafted(draft, None)}"
    (row,) = [row for row in draft.rows if row.hint == "write `- DBT_NAME: value`"]
    assert (row.job, row.fate) == ("a", "dropped")
