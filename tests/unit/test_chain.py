"""Which jobs the end of a job starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.chain import Dependent, Progress, dependents, inputs, payload
from runner.config import from_bytes
from runner.events import MAX_DEPTH, Dispatch, Upstream, parse_event
from runner.model import Config, Ending
from runner.stopping import Stops
from runner.triggers.dispatches import chained

JOBS = """
version: 1
environments: { production: { target: prod } }
defaults: { environment: production, steps: [dbt build] }
jobs:
  ingest:
    dispatches:
      - { repository: octo/marts, job: load, token: $MARTS_TOKEN, on: [success, cancelled] }
  marts: { triggers: { job: { name: ingest } } }
  repair: { triggers: { job: { name: ingest, on: [error] } } }
  all: { triggers: { job: { all_of: [ingest, marts] } } }
  off: { enabled: false, triggers: { job: { name: ingest } } }
"""


@pytest.fixture(scope="module")
def config() -> Config:
    loaded = from_bytes(Path("/repo/dbt_jobs.yml"), JOBS.encode())
    assert loaded.config, loaded.problems
    return loaded.config


@pytest.mark.parametrize(
    ("job", "ending", "expected"),
    [
        ("ingest", "success", ["`marts`", "`all`", "`load` of octo/marts"]),
        ("ingest", "error", ["`repair`"]),
        ("ingest", "cancelled", ["`load` of octo/marts"]),
        ("marts", "success", ["`all`"]),
        ("all", "success", []),
    ],
)
def test_what_an_ending_starts(
    config: Config, job: str, ending: Ending, expected: list[str]
) -> None:
    assert [str(each) for each in dependents(config, job, ending)] == expected


def test_what_an_ending_starts_only_with_others(config: Config) -> None:
    names = {each.job: each.all_of for each in dependents(config, "ingest", "success")}
    assert names == {"marts": (), "all": ("ingest", "marts"), "load": ()}


def test_another_repositorys_job_comes_with_the_name_of_its_token(config: Config) -> None:
    [*_, load] = dependents(config, "ingest", "success")
    assert load == Dependent(job="load", repository="octo/marts", token="$MARTS_TOKEN")


def event(name: str, body: Mapping[str, object]) -> Dispatch:
    repository = {"full_name": "octo/shop", "default_branch": "main"}
    found = parse_event(name, json.dumps({"repository": repository, **body}).encode())
    assert isinstance(found, Dispatch)
    return found


def test_what_is_sent_is_what_is_read() -> None:
    upstream = Upstream(job="ingest", ending="error", run_id="20261120T041502Z-ingest-3f2a9c")
    here = event("workflow_dispatch", {"inputs": inputs("repair", upstream), "ref": "main"})
    assert (here.job, here.upstream, here.unknown) == ("repair", upstream, ())
    assert here.cause == "`ingest` has ended: error"
    far = Upstream(job="ingest", ending="success", run_id="1", repository="octo/ingest", depth=3)
    sent = {"action": "dbt-job", "client_payload": payload("load", far), "branch": "main"}
    there = event("repository_dispatch", sent)
    assert (there.job, there.upstream, there.unknown) == ("load", far, ())
    assert not chained(there)
    assert chained(here)


def test_a_chain_ends_somewhere() -> None:
    assert not Upstream(job="a", ending="success", depth=MAX_DEPTH).too_deep
    assert Upstream(job="a", ending="success", depth=MAX_DEPTH + 1).too_deep


def names(progress: Progress) -> list[str]:
    return [job for job, _ in progress.queue]


def test_all_of_starts_once_for_each_round(config: Config) -> None:
    progress = Progress(config=config, queue=[])
    progress.end(Upstream(job="ingest", ending="success"))
    assert names(progress) == ["marts"]
    assert progress.not_started() == ["`all` isn't started: in this chain it waits for marts too"]
    progress.end(Upstream(job="ingest", ending="success"))
    assert names(progress) == ["marts", "marts"]
    progress.end(Upstream(job="marts", ending="error"))
    assert names(progress) == ["marts", "marts"]
    progress.end(Upstream(job="marts", ending="success"))
    assert names(progress) == ["marts", "marts", "all"]
    progress.end(Upstream(job="marts", ending="success"))
    assert names(progress) == ["marts", "marts", "all"]
    assert progress.not_started() == ["`all` isn't started: in this chain it waits for ingest too"]


def test_a_job_never_runs_twice_at_once(config: Config) -> None:
    end = Upstream(job="ingest", ending="success")
    progress = Progress(config=config, queue=[("marts", end), ("marts", None), ("all", end)])
    assert progress.next([]) == ("marts", end)
    assert progress.next(["marts"]) == ("all", end)
    assert progress.next(["marts", "all"]) is None
    assert progress.next(["all"]) == ("marts", None)


def test_one_stop_for_several() -> None:
    stops = Stops()
    first = stops.one()
    stops.ask("interrupt", "interrupted by SIGINT")
    late = stops.one()
    assert (first.asked, late.asked, late.reason) == (True, True, "interrupted by SIGINT")
    assert not first.urgent
    stops.ask("interrupt", "again")
    assert (first.urgent, late.urgent, stops.urgent) == (True, True, True)
