"""A workflow's run is cancelled: dbt ends, the record is written, and the status is ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.fake_github import FakeGitHub, Fault
from tests.on_github import OnGitHub
from tests.processes import (
    ENDLESS,
    cancel_as_github,
    record_of,
    running,
    script,
    wait_for,
    with_executable,
    workers,
)


@pytest.fixture
def there(tiny: Project, tmp_path: Path) -> Iterator[OnGitHub]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with FakeGitHub() as fake:
        yield OnGitHub(project=tiny, fake=fake, scratch=scratch)


def cancelled(there: OnGitHub, text: str) -> int:
    """The exit code of a deployment that is cancelled when dbt has printed this."""
    there.push()
    process = there.project.start("run", "daily", **there.environ)
    wait_for(running(there.project, text))
    code, err = cancel_as_github(process)
    print(err)
    return code


def ended_well(there: OnGitHub) -> None:
    record = record_of(there.project)
    assert (record["status"], record["reason"]) == ("cancelled", "interrupted by SIGINT")
    assert record["steps"][0]["status"] == "cancelled"
    state, description = there.statuses()[-1]
    assert state == "error"
    assert description.startswith("cancelled: interrupted by SIGINT")
    outputs = there.outputs()
    assert (outputs["status"], outputs["reported"]) == ("cancelled", "true")
    assert not workers(there.project)


def test_dbt_is_interrupted_in_the_middle_of_a_query(there: OnGitHub) -> None:
    there.project.write("models/two.sql", "{{ config(materialized='table') }}\n" + ENDLESS)
    there.project.commit("endless")
    assert cancelled(there, "START sql table model") == 130
    ended_well(there)


def test_a_dbt_that_does_not_listen_is_killed_before_github_kills_us(
    there: OnGitHub, tmp_path: Path
) -> None:
    deaf = script(tmp_path / "dbt", "trap '' INT TERM\necho busy\nsleep 600 & wait\nsleep 600\n")
    with_executable(there.project, deaf)
    there.project.commit("deaf")
    assert cancelled(there, "busy") == 130
    ended_well(there)


def test_the_second_signal_interrupts_no_report(there: OnGitHub, tmp_path: Path) -> None:
    """dbt takes six seconds to end, and GitHub two to take the status."""
    slow = "trap 'sleep 6; exit 1' INT\necho busy\nsleep 600 & wait\n"
    with_executable(there.project, script(tmp_path / "dbt", slow))
    there.project.commit("slow")
    there.fake.faults.append(Fault(method="POST", path="/statuses/", after=1, delay=2.5))
    assert cancelled(there, "busy") == 130
    ended_well(there)
