"""The workflow that `sync` compiles: a tick, what starts after it, a dispatch, a merge, a pull request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.workflow import PATH
from tests.conftest import ROOT, clean_environ
from tests.e2e import events
from tests.e2e.engine import PASSWORD, Workflow
from tests.e2e.life import Life
from tests.e2e.shop import BRANCH
from tests.fake_github import OWN, FakeGitHub

CRON = "*/30 * * * *"
# Every fire time of it lies within the job's grace, whenever this test runs.
JOBS = f"""
jobs:
  tick: {{ environment: production, steps: [dbt seed], triggers: {{ schedule: {{ cron: "{CRON}" }} }} }}
  after:
    environment: production
    steps: [dbt parse]
    triggers: {{ job: {{ name: tick }}, merge: {{ branches: [main] }}, dispatch: true }}
  ci:
    environment: ci
    steps: [dbt parse]
    triggers: {{ pull_request: {{ branches: [main] }} }}
"""
PIN = "c0ffee" * 6 + "beef"


class Compiled(Life):
    """A shop whose workflow is compiled from its jobs file, with the action pinned."""

    def __init__(self, folder: Path, fake: FakeGitHub) -> None:
        super().__init__(folder, fake)
        jobs = (self.shop.work.path / "dbt_jobs.yml").read_text().partition("\njobs:\n")[0]
        self.shop.work.write("dbt_jobs.yml", f"{jobs}{JOBS}action: dbt-gitops/dbt-gitops@v0\n")
        fake.refs["dbt-gitops/dbt-gitops", "v0"] = PIN
        self.sync()

    def sync(self) -> None:
        """As the action starts Python: the checkout has a folder that is called `runner`."""
        env = {
            **clean_environ(os.environ),
            "GITHUB_TOKEN": self.fake.token,
            "GITHUB_API_URL": self.fake.api_url,
            "GITHUB_REPOSITORY": OWN.full_name,
        }
        main = str(ROOT / "runner" / "__main__.py")
        argv = [sys.executable, "-I", main, "sync", "--pin"]
        subprocess.run(argv, cwd=self.shop.work.path, env=env, check=True)
        self.shop.work.commit("compile the workflow")
        self.shop.push("main")

    def ticked(self) -> Workflow:
        return self._on_main("schedule", events.schedule(CRON), workflow=PATH)

    def dispatched(self, inputs: dict[str, str]) -> Workflow:
        payload = events.workflow_dispatch(**inputs)
        return self._on_main("workflow_dispatch", payload, workflow=PATH)

    def sent(self) -> list[dict[str, Any]]:
        return [asked["inputs"] for workflow, asked in self.fake.dispatched if workflow in PATH]

    def history(self) -> dict[str, Any]:
        return self.record("dbt-gitops-history", "history.json")


@pytest.fixture
def compiled(tmp_path: Path) -> Iterator[Compiled]:
    with FakeGitHub() as fake:
        yield Compiled(tmp_path, fake)


@pytest.mark.timeout(600)
def test_from_a_tick_to_a_pull_request(compiled: Compiled) -> None:
    story = (_ticked, _ticked_again, _chained, _asked, _opened, _closed, _pushed)
    for workflow in [happens(compiled) for happens in story]:
        assert PASSWORD not in workflow.log
        assert compiled.fake.token not in workflow.log


def _ticked(life: Compiled) -> Workflow:
    """The job runs, its end is in the history, and what waits for it is dispatched."""
    ticked = life.ticked()
    assert ticked.jobs == {"plan": "success", "production tick": "success", "report": "success"}
    [entry] = life.history()["entries"]
    assert (entry["job"], entry["outcome"]["status"]) == ("tick", "success")
    assert "raw_orders" in life.relations("analytics")
    [sent] = life.sent()
    assert sent["job"] == "after"
    assert json.loads(sent["upstream"])["run_id"] == entry["run_id"]
    return ticked


def _ticked_again(life: Compiled) -> Workflow:
    """Nothing has fallen due since."""
    again = life.ticked()
    assert again.jobs == {"plan": "success"}
    assert len(life.history()["entries"]) == 1
    return again


def _chained(life: Compiled) -> Workflow:
    """What GitHub makes of the dispatch: a run of its own."""
    chained = life.dispatched(life.sent()[0])
    assert chained.jobs == {"plan": "success", "production after": "success", "report": "success"}
    assert [entry["job"] for entry in life.history()["entries"]] == ["after", "tick"]
    assert life.history()["entries"][0]["trigger"] == "job"
    return chained


def _asked(life: Compiled) -> Workflow:
    """By hand, with an override. A job that isn't for dispatches is refused."""
    refused = life.dispatched({"job": "tick"})
    assert refused.jobs == {"plan": "failure"}
    asked = life.dispatched(
        {"job": "after", "steps": '["dbt seed"]', "full": "false", "threads": ""}
    )
    assert asked.jobs == {"plan": "success", "production after": "success", "report": "success"}
    record = life.record("dbt-gitops-run.after")
    assert [step["text"] for step in record["steps"]] == ["dbt seed"]
    return asked


def _opened(life: Compiled) -> Workflow:
    life.shop.work.git("checkout", "--quiet", "-b", BRANCH)
    life.shop.work.append("models/marts/products.sql", "-- changed\n")
    life.shop.work.commit("change products")
    opened = life.pull_request("opened", workflow=PATH)
    assert opened.jobs == {"plan": "success", "ci-checks ci": "success"}
    assert life.statuses(opened, "ci")[-1] == "success"
    return opened


def _closed(life: Compiled) -> Workflow:
    closed = life.merged(workflow=PATH)
    assert closed.jobs == {"clean": "success"}
    return closed


def _pushed(life: Compiled) -> Workflow:
    pushed = life.pushed(life.shop.work.git("rev-parse", "main^1"), workflow=PATH)
    assert pushed.jobs == {"plan": "success", "production after": "success", "report": "success"}
    assert life.statuses(pushed, "after")[-1] == "success"
    return pushed
