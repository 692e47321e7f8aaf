"""Jobs of dbt Cloud become a valid jobs file that does the same, and each field is told."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.cli.main import run
from runner.importing.dbt_cloud import drafted_of
from runner.importing.writing import config_of, drafted

FILE = Path("dbt_jobs.yml")


def job(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "account_id": 9,
        "project_id": 5,
        "environment_id": 70,
        "environment": {"id": 70, "name": "Production", "dbt_version": "1.9.0-latest"},
        "name": f"Job {number}",
        "execute_steps": ["dbt build"],
        "execution": {"timeout_seconds": 0},
        "settings": {"threads": 1, "target_name": "default"},
        "state": 1,
        "triggers": {"github_webhook": False, "schedule": False, "on_merge": False},
        "schedule": {
            "cron": "0 * * * *",
            "date": {"type": "every_day"},
            "time": {"type": "every_hour", "interval": 1},
        },
        **more,
    }


CI = {
    "job_type": "ci",
    "triggers": {"github_webhook": True},
    "environment_id": 71,
    "environment": None,
}
JOBS = [
    job(1, name="Daily (US)", triggers={"schedule": True}, deferring_job_definition_id=1),
    job(
        2,
        name="After",
        job_completion_trigger_condition={
            "condition": {"job_id": 1, "project_id": 5, "statuses": [20, 10]}
        },
        execution={"timeout_seconds": 5400},
        settings={"threads": 8, "target_name": "prod"},
        execute_steps=["dbt seed", "dbt --warn-error run --target prod", "python x.py"],
        generate_docs=True,
        run_generate_sources=True,
        run_lint=True,
    ),
    job(
        3,
        name="CI",
        **CI,
        deferring_environment_id=70,
        triggers_on_draft_pr=True,
        execute_steps=["dbt build --select state:modified+"],
    ),
    job(4, name="Merged", job_type="merge", triggers={"on_merge": True}, deactivated=True),
    job(5, name="Gone", state=2),
]


def top(field: str) -> str:
    """``settings`` of ``settings.threads``, ``execute_steps`` of its first item."""
    return re.split(r"[.\[]", field)[0]


def config_from(jobs: list[dict[str, Any]]) -> Any:
    return config_of(FILE, drafted(drafted_of(jobs, {"71": "CI"}), None))


def test_each_kind_of_job() -> None:
    config = config_from(JOBS)
    assert [*config.jobs] == ["daily-us", "after", "ci", "merged"]
    daily, after, ci, merged = config.jobs.values()
    assert (daily.defer.job, daily.defer.on_missing) == ("daily-us", "full")
    assert daily.triggers.schedule[0].cron == "0 * * * *"
    assert (daily.timeout, daily.target, daily.threads) == (None, None, 1)
    assert (after.triggers.job[0].names, after.triggers.job[0].on) == (
        ("daily-us",),
        ("success", "error"),
    )
    assert [step.text for step in after.steps] == ["dbt seed", "dbt run --warn-error"]
    assert (after.target, after.threads, after.timeout) == ("prod", 8, timedelta(minutes=90))
    assert after.generate_docs
    assert after.source_freshness
    assert ci.triggers.pull_request.drafts
    assert (ci.environment, ci.defer.environment) == ("ci", "production")
    assert config.environments[ci.environment].schema == "dbt_cloud_pr_{job}_{pr_number}"
    assert merged.triggers.merge is not None
    assert not merged.enabled


def test_every_field_is_told() -> None:
    draft = drafted_of(JOBS, {})
    for each in JOBS:
        told = {top(row.field) for row in draft.rows if row.job == each["name"]}
        assert set(each) <= told
    lost = {(row.job, row.field) for row in draft.rows if row.fate == "dropped" and row.hint}
    assert {("After", "execute_steps[2]"), ("After", "run_lint")} <= lost


def test_pull_requests_beside_a_schedule_make_two_jobs() -> None:
    both = job(
        1, triggers={"github_webhook": True, "schedule": True}, deferring_job_definition_id=1
    )
    config = config_from([both])
    assert config.jobs["job-1"].deploys
    assert config.jobs["job-1-ci"].defer.job == "job-1"
    assert config.jobs["job-1-ci"].environment == "production-ci"
    assert config.environments["production"].schema is None


@pytest.mark.parametrize("first", [1, 2])
def test_pull_requests_build_in_no_environment_of_another(first: int) -> None:
    apart = {1: "Production", 2: "Production CI"}
    jobs = [
        job(n, environment={"name": apart[n]}, environment_id=n)
        for n in sorted(apart, reverse=first == 2)
    ]
    config = config_from([*jobs, job(3, environment_id=1, environment=None, job_type="ci")])
    used = [config.jobs[f"job-{n}"].environment for n in (1, 2, 3)]
    assert len(set(used)) == 3
    assert [bool(config.environments[name].schema) for name in used] == [False, False, True]


def test_secrets_become_names() -> None:
    secret = {
        "environment_variables": {"DBT_KEY": {"environment": {"id": 1, "value": "**********"}}}
    }
    plain = {
        "environment_variables": {
            "DBT_KEY": {"project": {"id": 2, "value": "x"}},
            "DBT_DAY": {"project": {"id": 2, "value": "1"}, "job": {"id": 3, "value": "2"}},
        }
    }
    config = config_from([job(1, **secret), job(2, **plain)])
    assert config.environments["production"].secrets == ("DBT_KEY",)
    assert config.jobs["job-2"].env == {"DBT_DAY": "2"}


def test_targets_of_steps_win() -> None:
    steps = ["dbt seed", "dbt run --target other"]
    given = job(1, execute_steps=steps, settings={"threads": 2, "target_name": "prod"})
    found = config_from([given]).jobs["job-1"]
    assert found.target is None
    assert [step.text for step in found.steps] == [
        "dbt seed --target prod",
        "dbt run --target other",
    ]
    rows = [row for row in drafted_of([given], {}).rows if top(row.field) == "execute_steps"]
    assert [(row.fate, row.why) for row in rows] == [("carried", "")] * 2


def test_circles_are_broken() -> None:
    after = {n: {"condition": {"job_id": n, "statuses": [10]}} for n in (1, 2)}
    jobs = [job(n, job_completion_trigger_condition=after[3 - n]) for n in (1, 2)]
    first, second = config_from(jobs).jobs.values()
    assert (first.triggers.job[0].names, second.triggers.job) == (("job-2",), ())
    lost = [row for row in drafted_of(jobs, {}).rows if row.hint == "break the circle by hand"]
    assert [row.job for row in lost] == ["Job 2"]
    itself = config_from([job(1, job_completion_trigger_condition=after[1])])
    assert itself.jobs["job-1"].triggers.job == ()


numbers = st.integers(1, 4)
some_jobs = st.lists(
    st.fixed_dictionaries(
        {
            "job_type": st.sampled_from(["ci", "merge", "scheduled", "other", None]),
            "environment_id": st.sampled_from([70, 71]),
            "name": st.sampled_from(["Daily", "production", "self", "日次", "x" * 80]),
            "state": st.sampled_from([1, 1, 1, 2]),
            "deactivated": st.booleans(),
            "execute_steps": st.lists(
                st.sampled_from(
                    ["dbt build", "dbt build -s state:modified+", "dbt run --target x", "ls", ""]
                ),
                max_size=3,
            ),
            "execution": st.fixed_dictionaries({"timeout_seconds": st.integers(0, 90000)}),
            "settings": st.fixed_dictionaries(
                {"threads": st.integers(1, 64), "target_name": st.sampled_from(["default", "prod"])}
            ),
            "triggers": st.fixed_dictionaries(
                {k: st.booleans() for k in ("github_webhook", "schedule", "on_merge")}
            ),
            "deferring_environment_id": st.sampled_from([None, 70, 71, 72]),
            "deferring_job_definition_id": st.none() | numbers,
            "job_completion_trigger_condition": st.none()
            | st.fixed_dictionaries(
                {
                    "condition": st.fixed_dictionaries(
                        {"job_id": numbers, "statuses": st.lists(st.sampled_from([10, 20, 30]))}
                    )
                }
            ),
        }
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=150)
@given(some_jobs)
def test_whatever_it_is_the_result_is_valid(bodies: list[dict[str, Any]]) -> None:
    jobs = [job(n, **body) for n, body in enumerate(bodies, start=1)]
    sound = job(9, environment_id=72, name="Sound")
    draft = drafted_of([*jobs, sound], {"72": "third"})
    text = drafted(draft, None)
    assert config_of(FILE, text).jobs["sound"].steps[0].text == "dbt build"
    assert drafted(draft, text) == text
    assert {top(row.field) for row in draft.rows} >= set(jobs[0])


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("jobs.json").write_text(json.dumps({"status": {"code": 200}, "data": JOBS[:3]}))
    Path("one.json").write_text(json.dumps({"data": JOBS[3]}))
    Path("list.json").write_text(
        json.dumps([JOBS[4], {"id": 71, "name": "CI", "type": "deployment"}])
    )
    return tmp_path


def test_the_command(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["import", "dbt-cloud", "jobs.json", "one.json", "list.json"]
    assert run([*arguments, "--check"]) == 2
    assert run([*arguments, "--dry-run"]) == 0
    assert not FILE.exists()
    assert "jobs:\n" in capsys.readouterr().out
    assert run([*arguments, "--report", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["dropped"]
    text = FILE.read_text()
    assert run([*arguments, "--check"]) == 0
    assert "says what the source says" in capsys.readouterr().out
    FILE.write_text(
        text.replace("1h30m", "2h") + "\n  mine:\n    environment: ci\n    steps: [dbt test]\n"
    )
    assert run([*arguments, "--check"]) == 1
    captured = capsys.readouterr()
    assert "timeout: 1h30m" in captured.out
    assert "mine" not in captured.out
    assert "mine" in captured.err
    assert run(arguments) == 0
    assert "1h30m" in FILE.read_text()
    assert "  mine:\n" in FILE.read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"data": [{"id": 1, "exec', "it ends in the middle"),
        ("<!doctype html><html>Log in</html>", "is a web page, not JSON"),
        ("", "is empty"),
        ("[]", "there is no job to import"),
        (
            '{"status": {"code": 401, "user_message": "Invalid token."}, "data": {}}',
            "Invalid token.",
        ),
        ('{"data": null}', "is an error that dbt Cloud answered"),
        ("[1]", "no job of dbt Cloud (number 1)"),
        ('{"execute_steps": "dbt build"}', "no job of dbt Cloud (number 1)"),
        (
            '[{"execute_steps": [], "project_id": 1}, {"execute_steps": [], "project_id": 2, "id": 2}]',
            "of 2 projects",
        ),
    ],
)
def test_bad_input_touches_nothing(
    there: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    assert run(["import", "dbt-cloud", "jobs.json", "list.json"]) == 0
    before = FILE.read_bytes()
    Path("bad.json").write_text(text)
    capsys.readouterr()
    assert run(["import", "dbt-cloud", "bad.json"]) == 2
    assert said in capsys.readouterr().err
    assert FILE.read_bytes() == before
