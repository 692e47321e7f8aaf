"""A pull request from its opening to production, by the documented workflow and the action."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.e2e.engine import PASSWORD, Workflow
from tests.e2e.life import Life
from tests.e2e.shop import BRANCH, NUMBER
from tests.fake_github import Fault

CI_SCHEMA = f"dbt_ci_pr_{NUMBER}"
# What plan and report have written.
HISTORY = {"dbt-gitops-history", "dbt-gitops-history-ended"}
CI_ARTIFACTS = {f"dbt-gitops-pr.{NUMBER}.ci", f"dbt-gitops-pr.{NUMBER}.parses"}


@pytest.mark.timeout(600)
def test_from_the_first_push_to_the_merge(life: Life) -> None:
    story = (_first_push, _opened, _broken, _mended, _queued, _closed, _pushed, _asked)
    for workflow in [happens(life) for happens in story]:
        assert PASSWORD not in workflow.log
        assert life.fake.token not in workflow.log
    for artifact in life.fake.artifacts:
        with zipfile.ZipFile(io.BytesIO(artifact.content)) as archive:
            assert not any(PASSWORD.encode() in archive.read(name) for name in archive.namelist())


def _first_push(life: Life) -> Workflow:
    """Nothing is there to defer to: everything is built, and its state is published.

    GitHub takes no status at the run's end: the action's last step ends the one that is pending.
    """
    life.fake.faults.append(Fault(method="POST", path="/statuses/", after=1, times=2, status=502))
    first = life.pushed("0" * 40)
    assert first.jobs == {"plan": "success", "production merge": "failure", "report": "success"}
    assert life.statuses(first, "merge") == ["pending", "error"]
    assert first.artifacts(life.fake) == {
        "dbt-gitops-history",
        "dbt-gitops-run.merge",
        "dbt-gitops-state.production.merge",
        *HISTORY,
    }
    assert "products" in life.relations("analytics")
    return first


def _opened(life: Life) -> Workflow:
    """What is changed is built in the pull request's schema; all else is read from production."""
    life.shop.work.git("checkout", "--quiet", "-b", BRANCH)
    life.shop.work.append("models/marts/products.sql", "-- changed\n")
    life.shop.work.commit("change products")
    opened = life.pull_request("opened")
    assert opened.jobs == {
        "plan": "success",
        "ci-checks ci": "success",
        "ci-checks parses": "success",
    }
    assert "jobs to run: 2" in opened.log
    assert opened.artifacts(life.fake) == CI_ARTIFACTS
    assert life.relations(CI_SCHEMA) == {"products"}
    assert life.statuses(opened, "ci") == ["pending", "pending", "success"]
    assert life.statuses(opened, "parses")[-1] == "success"
    assert "- ✅ `ci`: 1 model built" in life.comment
    assert "products" in life.comment
    assert "- ✅ `parses`" in life.comment
    assert opened.run.head_sha[:7] in life.comment
    assert life.record(f"dbt-gitops-pr.{NUMBER}.ci")["deferred_to"]["job"] == "merge"
    return opened


def _broken(life: Life) -> Workflow:
    """A commit that breaks a test: the status and the one comment say so."""
    life.shop.work.append("models/marts/orders.sql", "limit 0\n")
    life.shop.work.write("tests/there_are_orders.sql", NO_ORDERS)
    life.shop.work.commit("change orders")
    broken = life.pull_request("synchronize")
    assert broken.jobs == {
        "plan": "success",
        "ci-checks ci": "failure",
        "ci-checks parses": "success",
    }
    assert broken.artifacts(life.fake) == CI_ARTIFACTS
    assert life.statuses(broken, "ci")[-1] == "failure"
    assert life.relations(CI_SCHEMA) == {"products", "orders"}
    assert "- ❌ `ci`" in life.comment
    assert "there_are_orders" in life.comment
    assert "- ✅ `parses`" in life.comment
    return broken


def _mended(life: Life) -> Workflow:
    """The next commit mends it; nothing of the broken one is left."""
    path = "models/marts/orders.sql"
    text = (life.shop.work.path / path).read_text()
    life.shop.work.write(path, text.replace("limit 0\n", "-- mended\n"))
    life.shop.work.commit("mend orders")
    mended = life.pull_request("synchronize")
    assert mended.jobs == {
        "plan": "success",
        "ci-checks ci": "success",
        "ci-checks parses": "success",
    }
    assert life.statuses(mended, "ci")[-1] == "success"
    assert "- ✅ `ci`" in life.comment
    assert "❌" not in life.comment
    return mended


def _queued(life: Life) -> Workflow:
    """The same checks, for the commit that the merge queue has made."""
    queued = life.queued()
    assert queued.jobs == {
        "plan": "success",
        "ci-checks ci": "success",
        "ci-checks parses": "success",
    }
    assert life.statuses(queued, "ci")[-1] == "success"
    assert queued.artifacts(life.fake) == CI_ARTIFACTS
    assert queued.run.head_sha[:7] not in life.comment
    return queued


def _closed(life: Life) -> Workflow:
    """Merged: the pull request's schema is gone, and production's is as it was."""
    before = life.relations("analytics")
    assert CI_SCHEMA in life.schemas()
    closed = life.merged()
    assert closed.jobs == {"clean": "success"}
    assert CI_SCHEMA not in life.schemas()
    assert life.relations("analytics") == before
    return closed


def _pushed(life: Life) -> Workflow:
    """The merge's push: production builds what has changed, and its state is the new one."""
    pushed = life.pushed(life.shop.work.git("rev-parse", "main^1"))
    assert pushed.jobs == {"plan": "success", "production merge": "success", "report": "success"}
    assert life.statuses(pushed, "merge")[-1] == "success"
    built = {
        node["name"]
        for step in life.record("dbt-gitops-run.merge")["steps"]
        for node in step["nodes"]
    }
    assert {"products", "orders", "there_are_orders"} <= built
    assert "stg_orders" not in built
    state = life.record("dbt-gitops-state.production.merge")
    assert state["commit"] == pushed.run.head_sha
    return pushed


def _asked(life: Life) -> Workflow:
    """One job by hand, whose triggers allow it."""
    asked = life.asked("daily")
    assert asked.jobs == {"plan": "success", "production daily": "success", "report": "success"}
    assert asked.artifacts(life.fake) == {
        "dbt-gitops-history",
        "dbt-gitops-run.daily",
        "dbt-gitops-state.production.daily",
        *HISTORY,
    }
    return asked


NO_ORDERS = "select 1 as missing where not exists (select * from {{ ref('orders') }})\n"
