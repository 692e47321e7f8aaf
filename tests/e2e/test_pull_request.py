"""A pull request from its opening to production, by the documented workflow and the action."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project
from tests.e2e import events
from tests.e2e.engine import PASSWORD, Engine, Workflow
from tests.e2e.shop import BRANCH, NUMBER, Shop
from tests.fake_github import FakeGitHub
from tests.fake_github.things import Pull

CI_SCHEMA = f"dbt_ci_pr_{NUMBER}"
CI_ARTIFACTS = {f"dbt-gitops-pr.{NUMBER}.ci", f"dbt-gitops-pr.{NUMBER}.parses"}


class Life:
    """A repository, its warehouse, and what happens to them. Each event prints its API requests."""

    def __init__(self, folder: Path, fake: FakeGitHub) -> None:
        self.fake = fake
        self.shop = Shop(folder, folder / "jaffle.duckdb")
        self.warehouse = Project(path=folder)
        cache = folder / "cache"
        cache.mkdir()
        self.engine = Engine(folder, self.shop, fake, cache)

    def pushed(self, before: str) -> Workflow:
        commit = self.shop.work.git("rev-parse", "main")
        return self.engine.happens(
            "push",
            events.push(before=before, after=commit),
            ref="refs/heads/main",
            commit=commit,
            head=commit,
            branch="main",
        )

    def pull_request(self, action: str) -> Workflow:
        """A new commit, or the first."""
        git = self.shop.work.git
        self.shop.push(BRANCH)
        head, base = git("rev-parse", BRANCH), git("rev-parse", "main")
        self.fake.pulls[NUMBER] = Pull(number=NUMBER, head_sha=head, base_sha=base)
        payload = events.pull_request(action, head=head, base=base)
        return self._pull_request(payload, head, self.shop.merge_ref())

    def merged(self) -> Workflow:
        """The pull request's closing; what is pushed by it is another event."""
        pull = self.fake.pulls[NUMBER]
        now = datetime.now(timezone.utc)
        self.fake.pulls[NUMBER] = replace(pull, state="closed", merged_at=now)
        payload = events.pull_request("closed", head=pull.head_sha, base=pull.base_sha, merged=True)
        return self._pull_request(payload, pull.head_sha, self.shop.merge())

    def _pull_request(self, payload: dict[str, Any], head: str, commit: str) -> Workflow:
        ref = f"refs/pull/{NUMBER}/merge"
        return self.engine.happens(
            "pull_request", payload, ref=ref, commit=commit, head=head, branch=BRANCH
        )

    def relations(self, schema: str) -> set[str]:
        rows = self.warehouse.query(
            f"select table_name from information_schema.tables where table_schema = '{schema}'"
        )
        return {name for (name,) in rows}

    def statuses(self, workflow: Workflow, job: str) -> list[str]:
        head, context = workflow.run.head_sha, f"dbt / {job}"
        return [s.state for s in self.fake.statuses if (s.sha, s.context) == (head, context)]

    @property
    def comment(self) -> str:
        """There is never more than one."""
        [comment] = self.fake.comments
        assert comment.number == NUMBER
        return comment.body

    def record(self, artifact: str) -> dict[str, Any]:
        """The run.json of the newest artifact of a name."""
        *_, newest = (one for one in self.fake.artifacts if one.name == artifact)
        with zipfile.ZipFile(io.BytesIO(newest.content)) as archive:
            record: dict[str, Any] = json.loads(archive.read("run.json"))
        return record


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with FakeGitHub() as fake:
        yield Life(tmp_path, fake)


@pytest.mark.timeout(600)
def test_from_the_first_push_to_the_merge(life: Life) -> None:
    story = (_first_push, _opened, _broken, _mended)
    for workflow in [happens(life) for happens in story]:
        assert PASSWORD not in workflow.log
        assert life.fake.token not in workflow.log
    for artifact in life.fake.artifacts:
        with zipfile.ZipFile(io.BytesIO(artifact.content)) as archive:
            assert not any(PASSWORD.encode() in archive.read(name) for name in archive.namelist())


def _first_push(life: Life) -> Workflow:
    """Nothing is there to defer to: everything is built, and state is published."""
    first = life.pushed("0" * 40)
    assert first.jobs == {"plan": "success", "run merge": "success"}
    assert first.artifacts(life.fake) == {
        "dbt-gitops-run.merge",
        "dbt-gitops-state.production.merge",
    }
    assert life.statuses(first, "merge")[-1] == "success"
    assert "products" in life.relations("analytics")
    return first


def _opened(life: Life) -> Workflow:
    """What is changed is built in the pull request's schema; all else is read from production."""
    life.shop.work.git("checkout", "--quiet", "-b", BRANCH)
    life.shop.work.append("models/marts/products.sql", "-- changed\n")
    life.shop.work.commit("change products")
    opened = life.pull_request("opened")
    assert opened.jobs == {"plan": "success", "run ci": "success", "run parses": "success"}
    assert opened.artifacts(life.fake) == CI_ARTIFACTS
    assert life.relations(CI_SCHEMA) == {"products"}
    assert life.statuses(opened, "ci") == ["pending", "pending", "success"]
    assert life.statuses(opened, "parses")[-1] == "success"
    assert "### ✅ `ci`: 1 built" in life.comment
    assert "### ✅ `parses`" in life.comment
    assert opened.run.head_sha[:7] in life.comment
    assert life.record(f"dbt-gitops-pr.{NUMBER}.ci")["deferred_to"]["job"] == "merge"
    return opened


def _broken(life: Life) -> Workflow:
    """A commit that breaks a test: the status and the one comment say so."""
    life.shop.work.append("models/marts/orders.sql", "limit 0\n")
    life.shop.work.write("tests/there_are_orders.sql", NO_ORDERS)
    life.shop.work.commit("change orders")
    broken = life.pull_request("synchronize")
    assert broken.jobs == {"plan": "success", "run ci": "failure", "run parses": "success"}
    assert broken.artifacts(life.fake) == CI_ARTIFACTS
    assert life.statuses(broken, "ci")[-1] == "failure"
    assert life.relations(CI_SCHEMA) == {"products", "orders"}
    assert "### ❌ `ci`" in life.comment
    assert "there_are_orders" in life.comment
    assert "### ✅ `parses`" in life.comment
    return broken


def _mended(life: Life) -> Workflow:
    """The next commit mends it; nothing of the broken one is left."""
    path = "models/marts/orders.sql"
    text = (life.shop.work.path / path).read_text()
    life.shop.work.write(path, text.replace("limit 0\n", "-- mended\n"))
    life.shop.work.commit("mend orders")
    mended = life.pull_request("synchronize")
    assert mended.jobs == {"plan": "success", "run ci": "success", "run parses": "success"}
    assert life.statuses(mended, "ci")[-1] == "success"
    assert "### ✅ `ci`" in life.comment
    assert "❌" not in life.comment
    return mended


def _closed(life: Life) -> Workflow:
    """Merged: the pull request's schema is gone, and production's is as it was."""
    before = life.relations("analytics")
    closed = life.merged()
    assert closed.jobs == {"clean": "success"}
    assert life.relations(CI_SCHEMA) == set()
    assert life.relations("analytics") == before
    return closed


def _pushed(life: Life) -> Workflow:
    """The merge's push: production builds what has changed, and its state is the new one."""
    pushed = life.pushed(life.shop.work.git("rev-parse", "main^1"))
    assert pushed.jobs == {"plan": "success", "run merge": "success"}
    assert life.statuses(pushed, "merge")[-1] == "success"
    built = {
        node["name"]
        for step in life.record("dbt-gitops-run.merge")["steps"]
        for node in step["nodes"]
    }
    assert {"products", "orders", "there_are_orders"} <= built
    assert "stg_orders" not in built
    state = life.record("dbt-gitops-state.production.merge")
    assert state["git_sha"] == pushed.run.head_sha
    return pushed


NO_ORDERS = "select 1 as missing where not exists (select * from {{ ref('orders') }})\n"
