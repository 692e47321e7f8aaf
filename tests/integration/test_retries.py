"""What failed is run again, exactly that, and never less in silence."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

from tests.conftest import Project
from tests.processes import ENDLESS, running, wait_for, workers


def with_retries(project: Project, retries: str) -> None:
    jobs = (project.path / "dbt_jobs.yml").read_text()
    project.write(
        "dbt_jobs.yml", jobs.replace("[dbt build]", f"[dbt build]\n    retries: {retries}")
    )


def attempts(record: dict[str, Any]) -> list[tuple[int, str, int]]:
    return [(step["attempt"], step["status"], len(step["nodes"])) for step in record["steps"]]


def test_what_failed_is_tried_again_and_only_that(tiny: Project) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write(
        "dbt_jobs.yml",
        jobs.replace("[dbt build]", "[dbt build]\n    retries: { attempts: 2, delay: 3s }"),
    )
    tiny.write(
        "models/one.sql",
        "select * from {{ ref('people') }} where id <= (select max(column0) from 'late.csv')\n",
    )
    process = tiny.start("run", "daily", "--json")
    wait_for(running(tiny, "ERROR creating"))
    tiny.write("late.csv", "7\n")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    record = json.loads(out)
    assert record["status"] == "success"
    first, second = record["steps"]
    assert (first["attempt"], first["status"], second["attempt"], second["status"]) == (
        1,
        "error",
        2,
        "success",
    )
    assert sorted(node["name"] for node in second["nodes"]) == ["one", "two", "unique_two_id"]
    assert "retry 1 of 2 of what failed, in 3 s" in err


def test_what_only_names_a_failed_node_or_tests_it_alone_makes_no_step_run_again(
    tiny: Project,
) -> None:
    """dbt has a result for an exposure, and for a unit test, too."""
    tiny.write("models/one.sql", "select id, nowhere from {{ ref('people') }}\n")
    tiny.write("models/more.yml", EXPOSED)
    with_retries(tiny, "{ attempts: 1 }")
    done = tiny.run("daily")
    assert done.code == 1
    first, second = done.record["steps"]
    again = {node["unique_id"] for node in first["nodes"] if node["status"] != "success"}
    assert {"exposure.tiny.page", "unit_test.tiny.two.two_is_one"} <= again
    assert {node["unique_id"] for node in second["nodes"]} == again


EXPOSED = """
exposures:
  - { name: page, type: dashboard, owner: { name: Jo }, depends_on: [ref('two')] }
unit_tests:
  - name: two_is_one
    model: two
    given: [{ input: ref('one'), rows: [{ id: 1 }] }]
    expect: { rows: [{ id: 1 }] }
"""


def test_a_failing_hook_can_not_be_selected_so_all_is_run_again(tiny: Project) -> None:
    tiny.append("dbt_project.yml", "on-run-end: select * from nowhere\n")
    with_retries(tiny, "{ attempts: 1 }")
    done = tiny.run("daily")
    assert done.code == 1
    assert attempts(done.record) == [(1, "error", 5), (2, "error", 5)]


def test_a_name_that_dbt_would_split_is_not_asked_for(tiny: Project) -> None:
    tiny.write("models/my marts/broken.sql", "select * from nowhere\n")
    with_retries(tiny, "{ attempts: 1 }")
    done = tiny.run("daily")
    assert done.code == 1
    assert attempts(done.record) == [(1, "error", 5), (2, "error", 5)]


def test_with_favor_state_a_retry_reads_what_this_run_has_built(tiny: Project) -> None:
    assert tiny.run("daily").code == 0
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    favoring = "[dbt build --select state:modified+ --favor-state]\n    retries: { attempts: 1, delay: 3s }"
    tiny.write("dbt_jobs.yml", jobs.replace("[dbt build --select state:modified+]", favoring))
    tiny.write("models/one.sql", "select *, 'here' as place from {{ ref('people') }}\n")
    tiny.write(
        "models/two.sql",
        "{{ config(materialized='table') }} select id, place from {{ ref('one') }} where id <= (select max(column0) from 'late.csv')\n",
    )
    process = tiny.start("run", "ci", "--json", "--schema", "pr")
    wait_for(running(tiny, "ERROR creating"))
    tiny.write("late.csv", "7\n")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert attempts(json.loads(out))[-1][1] == "success"
    assert tiny.query("select distinct place from pr.two") == [("here",)]


def test_a_worker_that_died_is_replaced_for_the_next_attempt(tiny: Project) -> None:
    with_retries(tiny, "{ attempts: 1, delay: 1s }")
    tiny.write("models/two.sql", "{{ config(materialized='table') }}\n" + ENDLESS)
    process = tiny.start("run", "daily", "--json")
    wait_for(running(tiny, "START sql table model"))
    tiny.write("models/two.sql", "select 1 as id\n")
    [worker] = workers(tiny)
    os.kill(worker, signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert [(n, status) for n, status, _ in attempts(json.loads(out))] == [
        (1, "error"),
        (2, "success"),
    ]
