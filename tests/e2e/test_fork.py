"""A fork's pull request: parsed without secrets, and reported by the default branch's workflow."""

from __future__ import annotations

from tests.e2e.life import Life
from tests.e2e.shop import BRANCH, NUMBER
from tests.fake_github.things import FORK


def test_a_fork_is_parsed_and_another_workflow_speaks_for_it(life: Life) -> None:
    life.shop.work.git("checkout", "--quiet", "-b", BRANCH)
    life.shop.work.append("models/marts/products.sql", "-- theirs\n")
    life.shop.work.commit("change products")
    theirs = life.pull_request("opened", FORK)
    assert theirs.jobs == {
        "plan": "success",
        "ci-checks ci": "success",
        "ci-checks parses": "success",
    }
    assert f"dbt-gitops-pr.{NUMBER}.ci" in theirs.artifacts(life.fake)
    assert not (life.warehouse.path / "jaffle.duckdb").exists()
    assert not life.fake.statuses
    assert not life.fake.comments
    report = life.completed(theirs)
    assert report.jobs == {"report": "success"}
    assert life.statuses(theirs, "ci") == ["success"]
    assert life.statuses(theirs, "parses") == ["success"]
    assert FORK.full_name in life.comment
