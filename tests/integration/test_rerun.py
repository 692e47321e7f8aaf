"""A run is run again: all of it as it was, or from its failure."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Done, Project, copy_of, write_tiny
from tests.processes import ENDLESS, running, wait_for

STEPS = "steps: [dbt seed, \"dbt run --vars '{n: 1}'\", dbt test]"


@pytest.fixture
def broken(tmp_path: Path) -> Project:
    """Its second step of three fails: one of two models."""
    return write_broken(tmp_path / "tiny")


def write_broken(path: Path) -> Project:
    project = write_tiny(path)
    jobs = (project.path / "dbt_jobs.yml").read_text()
    project.write("dbt_jobs.yml", jobs.replace("steps: [dbt build]", STEPS, 1))
    model = "select id from {{ ref('one') }} where id <= {{ var('most') }}\n"
    project.write("models/two.sql", model)
    project.commit()
    return project


@pytest.fixture(scope="module")
def after_daily(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = write_broken(tmp_path_factory.mktemp("failed") / "tiny")
    done = project.run("daily")
    assert (done.code, done.record["target"]) == (1, "prod"), done.err
    return project.path


@pytest.fixture
def failed(after_daily: Path, tmp_path: Path) -> Project:
    """The same, after its job has failed."""
    return copy_of(after_daily, tmp_path)


def rerun(project: Project, run_id: str, *options: str, **env: str) -> Done:
    return project.cli("rerun", run_id, "--json", *options, **env)


def latest(project: Project) -> str:
    return project.runs[-1].name


def shape(record: dict[str, Any]) -> list[tuple[str, int, str, bool]]:
    """Of each attempt: its command, its number, how it ended, and whether it stands from before."""
    return [
        (each["text"].split()[1], each["attempt"], each["status"], bool(each["from_run"]))
        for each in record["steps"]
    ]


def test_from_failure_what_failed_is_run_and_then_what_was_skipped(failed: Project) -> None:
    first = latest(failed)
    failed.append("dbt_project.yml", "vars: { most: 1 }\n")
    failed.commit("fixed")
    done = rerun(failed, first, "--from-failure", "--cause", "it is fixed")
    assert done.code == 0, done.err
    record = done.record
    assert shape(record) == [
        ("seed", 1, "success", True),
        ("run", 1, "error", True),
        ("run", 2, "success", False),
        ("test", 1, "success", False),
    ]
    assert [node["name"] for node in record["steps"][2]["nodes"]] == ["two"]
    assert failed.query("select id from analytics.two") == [(1,)]
    assert (record["rerun_of"], record["cause"], record["status"]) == (
        first,
        "it is fixed",
        "success",
    )
    assert f"this goes on from the failure of run {first}" in done.err
    assert f"run {first} was of commit" in " ".join(record["notes"])
    assert record["state_reason"].startswith("it goes on from the failure of run")
    assert not (failed.path / "target" / "state").exists()


def test_what_took_the_place_of_what_failed_is_run(failed: Project) -> None:
    """A model that was renamed: to run what failed and has gone is to run nothing."""
    first = latest(failed)
    failed.git("mv", "models/two.sql", "models/double.sql")
    failed.write("models/schema.yml", "models: [{ name: double }]\n")
    failed.append("dbt_project.yml", "vars: { most: 1 }\n")
    failed.commit("renamed")
    done = rerun(failed, first, "--from-failure")
    assert done.code == 0, done.err
    assert shape(done.record)[1:] == [
        ("run", 1, "error", True),
        ("run", 2, "error", False),
        ("run", 3, "success", False),
        ("test", 1, "success", False),
    ]
    steps = done.record["steps"]
    gone = "model.tiny.two: not among what this step runs now, so the whole step is run"
    assert steps[2]["message"] == gone
    assert [node["name"] for node in steps[3]["nodes"]] == ["one", "double"]
    assert gone in done.err


def test_the_summary_says_of_which_run_a_step_is(failed: Project) -> None:
    first = latest(failed)
    done = failed.cli("rerun", first, "--from-failure")
    assert done.code == 1
    assert f"dbt seed (of run {first[-6:]})" in done.out
    assert "(attempt 2)" in done.out
    mended = f"\nto go on from there: dbt-gitops rerun {latest(failed)[-6:]} --from-failure\n"
    assert done.out.endswith(mended)


def test_a_rerun_that_fails_is_gone_on_from_too(failed: Project) -> None:
    first = latest(failed)
    again = rerun(failed, first, "--from-failure")
    assert again.code == 1, again.err
    assert again.record["cause"] == f"run {first} again, from its failure"
    older = rerun(failed, first, "--from-failure")
    assert (older.code, latest(failed)) == (2, again.record["run_id"])
    assert f"run {again.record['run_id']} is newer" in older.err
    assert f"hint: dbt-gitops rerun {again.record['run_id']} --from-failure" in older.err
    failed.append("dbt_project.yml", "vars: { most: 1 }\n")
    third = rerun(failed, again.record["run_id"], "--from-failure")
    assert third.code == 0, third.err
    assert shape(third.record)[1:4] == [
        ("run", 1, "error", True),
        ("run", 2, "error", True),
        ("run", 3, "success", False),
    ]
    origins = [step["from_run"] for step in third.record["steps"]]
    assert origins[:3] == [first, first, again.record["run_id"]]


def test_a_rerun_that_never_began_is_gone_on_from_as_its_former(failed: Project) -> None:
    first = latest(failed)
    profiles = (failed.path / "profiles.yml").read_text()
    (failed.path / "profiles.yml").unlink()
    never = rerun(failed, first, "--from-failure")
    assert never.code == 2, never.err
    assert [each[3] for each in shape(never.record)] == [True, True, True]
    newest = json.loads(failed.cli("runs", "--json").out)[0]
    assert (newest["rerun_of"], newest["outcome"]["nodes"]) == (first, {})
    failed.write("profiles.yml", profiles)
    failed.append("dbt_project.yml", "vars: { most: 1 }\n")
    done = rerun(failed, never.record["run_id"], "--from-failure")
    assert done.code == 0, done.err
    assert [each[3] for each in shape(done.record)] == [True, True, False, False]
    assert {step["from_run"] for step in done.record["steps"]} == {first, ""}


def test_in_full_it_is_run_as_it_was_asked_for(tiny: Project) -> None:
    tiny.append("models/two.sql", "where '{{ var('word', '') }}' = '{{ env_var('DBT_WORD', '') }}'")
    tiny.commit()
    options = ("--vars", "{word: x}", "--schema", "other", "--env", "DBT_WORD=x", "--threads", "1")
    assert tiny.run("daily", *options, "--steps", "dbt build --select +two").code == 0
    first = latest(tiny)
    forgotten = rerun(tiny, first)
    assert forgotten.code == 2
    assert "hint: --env DBT_WORD=…" in forgotten.err
    assert (
        "wasn't given DBT_MORE"
        in rerun(tiny, first, "--env", "DBT_WORD=x", "--env", "DBT_MORE=x").err
    )
    again = rerun(tiny, first, "--env", "DBT_WORD=x")
    assert again.code == 0, again.err
    runs = [json.loads((path / "run.json").read_text()) for path in tiny.runs]
    assert runs[-1]["overrides"] == runs[0]["overrides"]
    assert runs[-1]["overrides"]["schema"] == "other"
    assert shape(again.record) == [("build", 1, "success", False)]
    assert runs[-1]["state_reason"] == runs[0]["state_reason"]


def test_what_has_no_failure_is_not_gone_on_from(built: Project) -> None:
    first = latest(built)
    done = rerun(built, first, "--from-failure")
    assert done.code == 2
    assert f"run {first} has no failure to go on from\nit ended as success" in done.err
    full = rerun(built, first)
    assert (full.code, full.record["state_published"]) == (0, True)
    assert full.record["notes"][0] == f"this is run {first} again"


def test_other_steps_are_not_gone_on_from(failed: Project) -> None:
    jobs = (failed.path / "dbt_jobs.yml").read_text()
    failed.write("dbt_jobs.yml", jobs.replace("dbt seed, ", "", 1))
    done = rerun(failed, latest(failed), "--from-failure")
    assert done.code == 2
    assert "the steps of `daily` have changed since run" in done.err
    assert (
        "they were `dbt seed`, `dbt run --vars '{n: 1}'`, `dbt test`, and are `dbt run" in done.err
    )


def test_another_schema_is_not_gone_on_from(tiny: Project) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write(
        "dbt_jobs.yml", jobs.replace("target: prod\n", "target: prod\n    schema: s_{sha7}\n")
    )
    tiny.write("models/two.sql", "select * from nowhere\n")
    tiny.commit()
    assert tiny.run("daily").code == 1
    tiny.write("models/two.sql", "select id from {{ ref('one') }}\n")
    tiny.commit()
    first = latest(tiny)
    for _ in range(2):  # a refused rerun isn't there to be gone on from itself
        done = rerun(tiny, first, "--from-failure")
        assert (done.code, latest(tiny)) == (2, first)
        assert "and this one would into schema 's_" in done.err


def changed_jobs(project: Project, old: str, new: str) -> None:
    jobs = (project.path / "dbt_jobs.yml").read_text()
    assert old in jobs
    project.write("dbt_jobs.yml", jobs.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "target: prod\n",
            "target: ci\n",
            "on target 'prod', and this one would be on target 'ci'",
        ),
        (
            "    target: prod\n",
            "",
            "on target 'prod', and this one would be on the profile's default target",
        ),
        (
            "production",
            "live",
            "was in environment 'production', and the job is in 'live'",
        ),
    ],
)
def test_what_was_built_elsewhere_is_not_gone_on_from(
    failed: Project, old: str, new: str, why: str
) -> None:
    first = latest(failed)
    failed.append("dbt_project.yml", "vars: { most: 1 }\n")
    changed_jobs(failed, old, new)
    for _ in range(2):
        done = rerun(failed, first, "--from-failure")
        assert (done.code, latest(failed)) == (2, first)
        assert f"the failure of run {first} can't be gone on from" in done.err
        assert why in done.err
        assert f"hint: run all of it again here: dbt-gitops rerun {first}, without" in done.err
    failed.git("checkout", "dbt_jobs.yml")
    done = rerun(failed, first, "--from-failure")
    assert (done.code, done.record["target"]) == (0, "prod")


@pytest.mark.parametrize(
    ("then", "now", "why"),
    [
        ("live", "other", "into schema 'live', and this one would into schema 'other'"),
        ("live", None, "into schema 'live', and this one would into the profile's own schema"),
        (None, "live", "into the profile's own schema, and this one would into schema 'live'"),
    ],
)
def test_a_schema_that_was_edited_in_between_is_not_gone_on_from(
    broken: Project, then: str | None, now: str | None, why: str
) -> None:
    def schema_line(name: str | None) -> str:
        return f"    target: prod\n    schema: {name}\n" if name else "    target: prod\n"

    changed_jobs(broken, schema_line(None), schema_line(then))
    assert broken.run("daily").record["target_schema"] == (then or "")
    first = latest(broken)
    broken.append("dbt_project.yml", "vars: { most: 1 }\n")
    changed_jobs(broken, schema_line(then), schema_line(now))
    for _ in range(2):
        done = rerun(broken, first, "--from-failure")
        assert (done.code, latest(broken)) == (2, first)
        assert why in done.err
    full = rerun(broken, first)
    assert (full.code, full.record["target_schema"]) == (0, now or "")
    assert broken.query(f"select id from {now or 'analytics'}.two") == [(1,)]


def test_a_run_whose_schema_nothing_fills_has_none(broken: Project) -> None:
    changed_jobs(broken, "    target: prod\n", "    target: prod\n    schema: pr_{pr_number}\n")
    done = broken.run("daily")
    assert (done.code, done.record["target_schema"]) == (2, None)


def test_in_full_it_is_run_again_on_another_target(failed: Project) -> None:
    failed.append("dbt_project.yml", "vars: { most: 1 }\n")
    changed_jobs(failed, "target: prod\n", "target: ci\n")
    done = rerun(failed, latest(failed))
    assert (done.code, done.record["target"]) == (0, "ci"), done.err
    assert failed.query("select id from dbt_ci.two") == [(1,)]


def test_a_target_that_the_run_was_given_is_given_again(broken: Project) -> None:
    assert broken.run("daily", "--target", "ci").record["target"] == "ci"
    broken.append("dbt_project.yml", "vars: { most: 1 }\n")
    changed_jobs(broken, "    target: prod\n", "")
    done = rerun(broken, latest(broken), "--from-failure")
    assert (done.code, done.record["target"]) == (0, "ci"), done.err
    assert broken.query("select id from dbt_ci.two") == [(1,)]


def test_the_profiles_default_target_is_the_same_target(broken: Project) -> None:
    changed_jobs(broken, "    target: prod\n", "")
    assert broken.run("daily").record["target"] == ""
    broken.append("dbt_project.yml", "vars: { most: 1 }\n")
    first = latest(broken)
    assert rerun(broken, first, "--from-failure").code == 0


def test_a_run_that_built_nothing_is_gone_on_from_anywhere(broken: Project) -> None:
    profiles = (broken.path / "profiles.yml").read_text()
    (broken.path / "profiles.yml").unlink()
    assert broken.run("daily").code == 2
    broken.write("profiles.yml", profiles)
    broken.append("dbt_project.yml", "vars: { most: 1 }\n")
    changed_jobs(broken, "target: prod\n", "target: ci\n")
    done = rerun(broken, latest(broken), "--from-failure")
    assert (done.code, done.record["target"]) == (0, "ci"), done.err


def test_a_record_that_does_not_say_its_target_is_gone_on_from_with_a_note(failed: Project) -> None:
    first = latest(failed)
    file = failed.runs[-1] / "run.json"
    older = json.loads(file.read_text())
    del older["target"]
    file.write_text(json.dumps(older))
    failed.append("dbt_project.yml", "vars: { most: 1 }\n")
    changed_jobs(failed, "production", "live")
    elsewhere = rerun(failed, first, "--from-failure")
    assert elsewhere.code == 2
    assert "was in environment 'production'" in elsewhere.err
    failed.git("checkout", "dbt_jobs.yml")
    done = rerun(failed, first, "--from-failure")
    assert done.code == 0, done.err
    assert f"the record of run {first} doesn't say its target" in " ".join(done.record["notes"])
    assert done.record["target"] == "prod"


def test_the_state_that_it_deferred_to_is_used_again_or_nothing_is(built: Project) -> None:
    production = latest(built)
    built.write("models/one.sql", "select *, 'here' as place from {{ ref('people') }}\n")
    built.write("models/two.sql", "select * from nowhere\n")
    assert built.run("ci", "--schema", "pr").code == 1
    first = latest(built)
    built.git("stash", "--quiet")
    assert built.run("daily").record["state_published"]
    built.git("stash", "pop", "--quiet")
    again = rerun(built, first)
    assert again.record["deferred_to"]["run_id"] == production
    assert f"as run {first} did" in again.err
    [published] = built.path.rglob(f"daily/{production}/manifest.json")
    published.unlink()
    gone = rerun(built, again.record["run_id"])
    assert gone.code == 3
    assert f"deferred to can't be had: run {production}" in gone.err
    assert "dbt-gitops run ci" in gone.err


def test_with_favor_state_it_reads_what_the_first_run_has_built(built: Project) -> None:
    jobs = (built.path / "dbt_jobs.yml").read_text()
    favoring = "[dbt build --select state:modified+ --favor-state]"
    built.write("dbt_jobs.yml", jobs.replace("[dbt build --select state:modified+]", favoring))
    built.write("models/one.sql", "select *, 'here' as place from {{ ref('people') }}\n")
    two = "{{ config(materialized='table') }} select id, place from {{ ref('one') }} where id <= "
    built.write("models/two.sql", two + "(select max(column0) from 'late.csv')\n")
    assert built.run("ci", "--schema", "pr").code == 1
    built.write("late.csv", "7\n")
    done = rerun(built, latest(built), "--from-failure")
    assert done.code == 0, done.err
    assert sorted(node["name"] for node in done.record["steps"][-1]["nodes"]) == [
        "two",
        "unique_two_id",
    ]
    assert built.query("select distinct place from pr.two") == [("here",)]


def test_a_step_that_was_interrupted_is_run_as_a_whole(broken: Project) -> None:
    good = "select id from {{ ref('one') }}\n"
    broken.write("models/two.sql", "{{ config(materialized='table') }}\n" + ENDLESS)
    process = broken.start("run", "daily", "--json")
    wait_for(running(broken, "START sql table model"))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert json.loads(out)["status"] == "cancelled", err
    broken.write("models/two.sql", good)
    done = rerun(broken, latest(broken), "--from-failure")
    assert done.code == 0, done.err
    assert [node["name"] for node in done.record["steps"][2]["nodes"]] == ["one", "two"]


def test_a_run_that_is_not_here_or_damaged(tiny: Project) -> None:
    done = rerun(tiny, "20261120T041502Z-daily-3f2a9c")
    assert done.code == 2
    assert "there is no run '20261120T041502Z-daily-3f2a9c'" in done.err
    assert rerun(tiny, "../../../etc").code == 2
    tiny.write(".dbt-gitops/runs/20261120T041502Z-daily-3f2a9c/run.json", "{")
    damaged = rerun(tiny, "20261120T041502Z-daily-3f2a9c")
    assert damaged.code == 3
    assert "can't be read" in damaged.err
