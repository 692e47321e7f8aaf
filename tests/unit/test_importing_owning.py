"""What the source says of a job counts, also that there is none of it; what people wrote besides stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.cli.main import run
from runner.importing.draft import Draft
from runner.importing.owning import speaks_of
from runner.importing.rows import Row
from runner.importing.writing import config_of, drafted, taken_away
from tests.importing.sources import CASES, draft_of

OUT = Path("dbt_jobs.yml")
CLOUD = "cloud.json"
OTHER: dict[str, Any] = {
    "id": 1,
    "name": "Other",
    "environment_id": 5,
    "environment": {"name": "P"},
    "execute_steps": ["dbt build"],
}
JOB: dict[str, Any] = {
    **OTHER,
    "id": 2,
    "name": "Daily",
    "triggers": {"schedule": True, "on_merge": True},
    "schedule": {"cron": "0 6 * * *"},
    "settings": {"threads": 8, "target_name": "prod"},
    "execution": {"timeout_seconds": 3600},
    "generate_docs": True,
    "run_generate_sources": True,
    "deactivated": True,
    "deferring_job_definition_id": 1,
    "job_completion_trigger_condition": {"condition": {"job_id": 1, "statuses": [10]}},
}
SWITCHED_OFF: dict[str, dict[str, Any]] = {
    "triggers.schedule": {"triggers": {"schedule": False, "on_merge": True}},
    "triggers.merge": {"triggers": {"schedule": True, "on_merge": False}},
    "triggers.job": {"job_completion_trigger_condition": None},
    "threads": {"settings": {"target_name": "prod"}},
    "target": {"settings": {"threads": 8, "target_name": "default"}},
    "timeout": {"execution": {"timeout_seconds": 0}},
    "generate_docs": {"generate_docs": False},
    "source_freshness": {"run_generate_sources": False},
    "enabled": {"deactivated": False},
    "defer": {"deferring_job_definition_id": None},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    return tmp_path


def cloud(job: dict[str, Any]) -> list[str]:
    """The arguments of an import of the job, which is in a file of its own."""
    Path(CLOUD).write_text(json.dumps([OTHER, job]))
    return ["import", "dbt-cloud", CLOUD]


def value(word: str) -> Any:
    found = yaml.safe_load(OUT.read_text())["jobs"]["daily"]
    for key in word.split("."):
        found = found.get(key) if found else None
    return found


@pytest.mark.parametrize("word", SWITCHED_OFF)
@pytest.mark.parametrize("silent", [False, True])
def test_what_dbt_cloud_switches_off(
    word: str, silent: bool, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cloud(JOB)) == 0
    assert value(word) is not None
    job = {**JOB, **SWITCHED_OFF[word]}
    for key in SWITCHED_OFF[word]:
        if silent and key not in ("triggers", "settings", "execution"):
            del job[key]
    before = yaml.safe_load(OUT.read_text())
    capsys.readouterr()
    assert run([*cloud(job), "--check"]) == 1
    assert word.partition(".")[2] or word in capsys.readouterr().out
    assert run(cloud(job)) == 0
    assert value(word) is None
    assert f"taken out of dbt_jobs.yml, for the source has none: jobs.daily.{word}" in (
        capsys.readouterr().err
    )
    after = yaml.safe_load(OUT.read_text())
    holder = before["jobs"]["daily"]
    for key in word.split(".")[:-1]:
        holder = holder[key]
    del holder[word.rpartition(".")[2]]
    assert after == before
    assert run([*cloud(job), "--check"]) == 0


def test_what_every_job_has_is_off_by_itself(here: Path) -> None:
    assert run(cloud(JOB)) == 0
    defaults = "defaults: {generate_docs: true, enabled: false, timeout: 3h}\n"
    OUT.write_text(OUT.read_text().replace("environments:\n", f"{defaults}environments:\n", 1))
    job = {**JOB, "generate_docs": False, "deactivated": False}
    assert run([*cloud(job), "--check"]) == 1
    assert run(cloud(job)) == 0
    daily = config_of(OUT, OUT.read_text()).jobs["daily"]
    assert (daily.generate_docs, daily.enabled) == (False, True)
    assert run([*cloud(job), "--check"]) == 0


BOLT = """\
schedules:
  - name: first
    schedule: "0 5 * * *"
    commands: [dbt build]
  - name: daily
    schedule: "0 6 * * *"
    trigger_on_merge: true
    suspended: true
    sla_minutes: 30
    schedule_trigger: {enabled: true, schedule_name: first, trigger_on: [passed]}
    deferred_schedule: {enabled: true, deferred_schedule_name: first}
    commands: [dbt build --target prod --threads 4]
"""
WORKFLOW = """\
name: daily
on:
  schedule: [{cron: "0 6 * * *"}]
  push: {branches: [main]}
jobs:
  build:
    timeout-minutes: 30
    steps: [{run: dbt build --target prod --threads 4}]
"""
FILES = {"bolt": "paradime_schedules.yml", "workflow": ".github/workflows/dbt.yml"}
# What becomes of the source, and what is gone in the jobs file.
EDITS = [
    ("bolt", 'schedule: "0 6 * * *"', "schedule: OFF", "triggers.schedule"),
    ("bolt", "trigger_on_merge: true", "trigger_on_merge: false", "triggers.merge"),
    ("bolt", "    suspended: true\n", "", "enabled"),
    ("bolt", "sla_minutes: 30", "sla_minutes: null", "sla"),
    ("bolt", "{enabled: true, schedule_name", "{enabled: false, schedule_name", "triggers.job"),
    ("bolt", "{enabled: true, deferred", "{enabled: false, deferred", "defer"),
    ("bolt", " --target prod", "", "target"),
    ("bolt", " --threads 4", "", "threads"),
    ("workflow", '  schedule: [{cron: "0 6 * * *"}]\n', "", "triggers.schedule"),
    ("workflow", "  push: {branches: [main]}\n", "", "triggers.merge"),
    ("workflow", " --target prod", "", "target"),
    ("workflow", " --threads 4", "", "threads"),
    ("workflow", "timeout-minutes: 30", "timeout-minutes: 0", "timeout"),
]


def write(source: str, text: str) -> None:
    file = Path(FILES[source])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize(("source", "there", "then", "word"), EDITS)
def test_what_a_file_switches_off(
    source: str, there: str, then: str, word: str, here: Path
) -> None:
    text = {"bolt": BOLT, "workflow": WORKFLOW}[source]
    write(source, text)
    assert run(["import", source]) == 0
    assert value(word) is not None
    assert there in text
    write(source, text.replace(there, then))
    hand = source == "workflow" and word == "timeout"  # no number of minutes: write it by hand
    assert run(["import", source, "--check"]) == (0 if hand else 1)
    assert run(["import", source]) == 0
    assert (value(word) is not None) == hand
    assert run(["import", source, "--check"]) == 0


BY_HAND = {
    "state": ("state: github", "state: s3://bucket/x"),
    "dispatch": ("dispatch: true", "dispatch: {overrides: [vars]}"),
    "no dispatch": ("[success]}\n      dispatch: true\n", "[success]}\n"),
    "description": ("description: Daily", "description: Builds all, says Ann"),
    "no description": ("    description: Daily\n", ""),
    "retries": ("description: Daily", "retries: {attempts: 2}"),
    "notify": ("description: Daily", "concurrency: queue\n    disable_after: 3"),
    "env": ("description: Daily", "env: {MINE: a}"),
    "environment": ("  p: {}", "  p: {target: prod, secrets: [A], schema: mine}"),
    "labels": ("drafts: true", "drafts: true\n        labels: [run]"),
    "schema": ("dbt_cloud_pr_{job}_{pr_number}", "pr_{pr_number}"),
    "missing": ("on_missing: full", "on_missing: skip"),
    "secrets": ("  p: {}", "  p: {secrets: [A, DBT_B]}"),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_what_people_wrote_stays(case: str, here: Path) -> None:
    there, then = BY_HAND[case]
    job = {
        **JOB,
        "triggers": {**JOB["triggers"], "github_webhook": True},
        "triggers_on_draft_pr": True,
        "deferring_job_definition_id": 2,
    }
    if case == "secrets":
        job["triggers"] = JOB["triggers"]
        job["environment_variables"] = {"DBT_B": "now a secret here"}
    assert run(cloud(job)) == 0
    text = OUT.read_text()
    assert there in text
    edited = text.replace(there, then)
    if case == "secrets":
        edited = edited.replace("    env:\n      DBT_B: now a secret here\n", "")
        assert "now a secret" not in edited
    OUT.write_text(edited)
    assert run([*cloud(job), "--check"]) == 0
    assert run(cloud(job)) == 0
    assert OUT.read_text() == edited


def test_a_file_that_is_there_keeps_its_store(here: Path) -> None:
    OUT.write_text(
        "version: 1\nenvironments: {q: {}}\n"
        "jobs: {mine: {environment: q, steps: [dbt build], triggers: {dispatch: true}}}\n"
    )
    store = config_of(OUT, OUT.read_text()).state
    assert run(cloud(JOB)) == 0
    config = config_of(OUT, OUT.read_text())
    assert (config.state, [*config.jobs]) == (store, ["mine", "other", "daily"])
    assert run([*cloud(JOB), "--check"]) == 0


CHANGES = """\
on: {schedule: [{cron: "0 5 * * 1-5"}], pull_request: null}
jobs:
  deploy: {if: github.event_name == 'schedule', steps: [{run: dbt build}]}
  ci: {if: github.event_name == 'pull_request', steps: [{run: "dbt build -s state:modified+"}]}
"""


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ("defer: {to: production}", "defer: {to: dbt-deploy}"),
        ("    schema: dbt_ci_pr_{pr_number}\n", "    runs_on: big\n"),
        ("0 5 * * 1-5", "0 5 * * MON-FRI"),
        ("0 5 * * 1-5", "00 5 * * 1,2,3,4,5"),
    ],
)
def test_what_people_wrote_beside_a_workflow_stays(there: str, then: str, here: Path) -> None:
    write("workflow", CHANGES)
    assert run(["import", "workflow"]) == 0
    text = OUT.read_text()
    assert there in text
    OUT.write_text(text.replace(there, then))
    edited = OUT.read_text()
    assert run(["import", "workflow", "--check"]) == 0
    assert run(["import", "workflow"]) == 0
    assert OUT.read_text() == edited


@pytest.mark.parametrize(
    "cron", ["5 5 * * 1-5", "0 5 * * 1-6", "0 5 * * 1#1", "0 5 1-31 * 1-5", "0 5 * 1-11 1-5"]
)
def test_other_times_are_a_drift(cron: str, here: Path) -> None:
    write("workflow", CHANGES)
    assert run(["import", "workflow"]) == 0
    text = OUT.read_text()
    OUT.write_text(text.replace("0 5 * * 1-5", cron))
    assert run(["import", "workflow", "--check"]) == 1
    assert run(["import", "workflow"]) == 0
    assert OUT.read_text() == text


def test_secrets_come_together(here: Path) -> None:
    assert run(cloud(JOB)) == 0
    OUT.write_text(OUT.read_text().replace("p: {}", "p: {secrets: [MINE]}"))
    job = {**JOB, "environment_variables": {"DBT_ENV_SECRET_A": "****"}}
    assert run(cloud(job)) == 0
    environment = config_of(OUT, OUT.read_text()).environments["p"]
    assert environment.secrets == ("MINE", "DBT_ENV_SECRET_A")
    assert run([*cloud(JOB), "--check"]) == 0


def test_what_has_to_be_written_by_hand_stays(here: Path) -> None:
    job = {**JOB, "schedule": {"cron": "0 6 * * * * *"}, "deferring_job_definition_id": 99}
    assert run(cloud(job)) == 0
    assert value("triggers.schedule") is None
    rest, _, text = OUT.read_text().partition("  daily:")
    text = text.replace("dispatch: true\n", 'dispatch: true\n      schedule: {cron: "0 6 * * *"}\n')
    text = text.replace("    timeout: 1h\n", "    timeout: 1h\n    defer: {to: other}\n")
    OUT.write_text(f"{rest}  daily:{text}")
    edited = OUT.read_text()
    assert run([*cloud(job), "--check"]) == 0
    assert run(cloud(job)) == 0
    assert OUT.read_text() == edited


def test_an_import_names_the_jobs_that_it_does_not_have(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cloud(JOB)) == 0
    capsys.readouterr()
    assert run(cloud({**JOB, "name": "Nightly"})) == 0
    assert "only in dbt_jobs.yml, where they go on as before: daily" in capsys.readouterr().err


def test_a_job_that_compares_with_state_keeps_its_deferral() -> None:
    there = "version: 1\nenvironments: {p: {}}\njobs: {a: {environment: p, steps: [dbt build -s state:new], defer: {to: p}}}\n"
    job = {"environment": "p", "steps": ["dbt build -s state:new"]}
    draft = Draft(environments={"p": {}}, jobs={"a": job})
    speaks_of(draft, "a", {"defer": ("deferral",)}, [])
    assert drafted(draft, there) == there


@pytest.mark.parametrize(("hint", "stays"), [("write it by hand", True), ("", False)])
def test_whether_the_source_speaks(hint: str, stays: bool) -> None:
    row = Row(job="A", field="limits[0]", value="1", fate="dropped", why="odd", hint=hint)
    draft = Draft(jobs={"a": {"steps": ["dbt build"]}})
    speaks_of(draft, "a", {"timeout": ("limits",), "sla": ("late",)}, [row])
    there = "version: 1\nenvironments: {p: {}}\njobs:\n  a: {environment: p, steps: [dbt build], timeout: 1h, sla: 1h}\n"
    assert ("timeout: 1h" in drafted(draft, there)) == stays
    assert "sla: 1h" in drafted(draft, there)  # of which the source says nothing


def test_jobs_that_are_called_alike(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their names are their numbers', so that none becomes another when one is removed."""
    one = {**OTHER, "id": 101, "name": "Job", "execute_steps": ["dbt seed"]}
    two = {**one, "id": 102, "execute_steps": ["dbt test"]}
    Path(CLOUD).write_text(json.dumps([two, one]))
    assert run(["import", "dbt-cloud", CLOUD]) == 0
    printed = capsys.readouterr().out
    assert "Job (101)\n" in printed
    assert 'execute_steps[0] = "dbt test" → jobs.job-102.steps' in printed
    assert 'execute_steps[0] = "dbt seed" → jobs.job-101.steps' in printed
    Path(CLOUD).write_text(json.dumps([one, {**two, "id": 103}]))
    assert run(["import", "dbt-cloud", CLOUD]) == 0
    jobs = config_of(OUT, OUT.read_text()).jobs
    assert {name: job.steps[0].text for name, job in jobs.items()} == {
        "job-101": "dbt seed",
        "job-102": "dbt test",
        "job-103": "dbt test",
    }
    Path(CLOUD).write_text(json.dumps([two]))
    capsys.readouterr()
    assert run(["import", "dbt-cloud", CLOUD]) == 0
    said = "only in dbt_jobs.yml, where they go on as before: job-102, job-101, job-103"
    assert said in capsys.readouterr().err
    assert config_of(OUT, OUT.read_text()).jobs["job-101"].steps[0].text == "dbt seed"


def test_a_check_has_no_report(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(cloud(JOB)) == 0
    for report in ("json", "text"):
        assert run([*cloud(JOB), "--check", "--report", report]) == 2
        assert "--check prints what differs, so there is no --report" in capsys.readouterr().err


def test_what_starts_a_job_whose_if_cant_be_said_is_for_people_to_say(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workflow = here / "dbt.yml"
    workflow.write_text(
        "on: {push: {branches: [main]}}\n"
        "jobs: {a: {if: vars.ON == 'yes', runs-on: x, steps: [{run: dbt build}]}}\n"
    )
    assert run(["import", "workflow", "dbt.yml"]) == 0
    first = OUT.read_text()
    assert run(["import", "workflow", "dbt.yml", "--check"]) == 0
    merge = "merge:\n        branches:\n          - main\n"
    assert "    enabled: false\n" in first
    assert merge in first
    edited = first.replace("    enabled: false\n", "").replace(
        merge, "schedule: {cron: 0 5 * * *}\n"
    )
    OUT.write_text(edited)
    assert run(["import", "workflow", "dbt.yml"]) == 0
    assert OUT.read_text() == edited
    assert run(["import", "workflow", "dbt.yml", "--check"]) == 0


def test_files_that_call_their_jobs_alike(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, step in (("a", "dbt seed"), ("b", "dbt test")):
        Path(f"{name}.yml").write_text(
            f"name: same\non: push\njobs: {{x: {{steps: [{{run: {step}}}]}}}}\n"
        )
        schedules = f"schedules:\n  - {{name: {name}, display_name: Same, commands: [{step}]}}\n"
        Path(f"{name}.bolt.yml").write_text(schedules)
    for source, end in (("workflow", ".yml"), ("bolt", ".bolt.yml")):
        assert run(["import", source, f"a{end}", f"b{end}", "--dry-run"]) == 0
        headings = [line for line in capsys.readouterr().err.splitlines() if "ame (" in line]
        assert [line.split("(")[1][0] for line in headings] == ["a", "b"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_what_a_source_says_it_does_not_take_away_again(case: Path) -> None:
    draft = draft_of(case)
    text = drafted(draft, None)
    assert drafted(draft, text) == text
    assert taken_away(draft, text) == []
    there = text.replace("\nstate: github\n", "\nstate: s3://a/b\n").replace(
        "dispatch: true", "dispatch: {overrides: []}"
    )
    assert drafted(draft, there) == there


def test_what_would_not_be_valid_is_not_written(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(cloud(JOB)) == 0
    OUT.write_text(OUT.read_text().replace("p: {}", "p: {env: {MY_PASSWORD: x}}"))
    before = OUT.read_bytes()
    capsys.readouterr()
    assert run(cloud({**JOB, "environment_variables": {"MY_PASSWORD": "****"}})) == 2
    said = capsys.readouterr().err
    assert (
        "nothing is written: dbt_jobs.yml would not be valid with what the source says: `" in said
    )
    assert "MY_PASSWORD" in said
    assert OUT.read_bytes() == before


@pytest.mark.parametrize("also", [{}, {"github_webhook": True}])
def test_the_deferral_of_a_source_that_says_one_counts(also: dict[str, bool], here: Path) -> None:
    job = {**JOB, "triggers": {**JOB["triggers"], **also}}
    assert run(cloud(job)) == 0
    text = OUT.read_text()
    assert text.count("defer: {to: other") == 1 + len(also)
    OUT.write_text(text.replace("defer: {to: other", "defer: {to: p"))
    assert run([*cloud(job), "--check"]) == 1
    assert run(cloud(job)) == 0
    assert OUT.read_text() == text


def test_a_schema_of_pull_requests_is_never_that_of_other_jobs(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The job that a source has no more goes on in its environment, and so does the one of changes."""
    changes = {**OTHER, "id": 3, "name": "CI", "triggers": {"github_webhook": True}}
    changes["environment_variables"] = {"DBT_ENV_SECRET_A": "****"}
    Path(CLOUD).write_text(json.dumps([JOB, changes]))
    assert run(["import", "dbt-cloud", CLOUD]) == 0
    text = OUT.read_text()
    environments = config_of(OUT, text).environments
    assert (environments["p"].schema, "{pr_number}" in str(environments["p-ci"].schema)) == (
        None,
        True,
    )
    Path(CLOUD).write_text(json.dumps([changes]))
    assert run(["import", "dbt-cloud", CLOUD, "--check"]) == 0
    assert run(["import", "dbt-cloud", CLOUD]) == 0
    assert OUT.read_text() == text


def test_an_environment_of_other_jobs_gets_no_schema(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write("workflow", CHANGES)
    there = (
        "version: 1\nenvironments: {ci: {target: mine}}\n"
        "jobs: {nightly: {environment: ci, steps: [dbt build], triggers: {dispatch: true}}}\n"
    )
    OUT.write_text(there)
    assert run(["import", "workflow"]) == 0
    config = config_of(OUT, OUT.read_text())
    assert config.environments["ci"].schema is None
    assert config.environments["ci-ci"].schema is not None
    assert [name for name, job in config.jobs.items() if job.environment == "ci"] == ["nightly"]
    OUT.write_text(
        there.replace("environment: ci", "environment: q").replace("{ci:", "{q: {}, ci:")
    )
    assert run(["import", "workflow"]) == 0
    assert config_of(OUT, OUT.read_text()).environments["ci"].schema is not None
