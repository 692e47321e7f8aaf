"""A pull request from its opening to production, by the documented workflow and the action."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import events
from tests.e2e.engine import PASSWORD, Engine, Workflow
from tests.e2e.shop import BRANCH, NUMBER, Shop
from tests.fake_github import FakeGitHub
from tests.fake_github.things import Pull

MERGE_REF = f"refs/pull/{NUMBER}/merge"


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


class Life:
    """A repository, and what happens in it."""

    def __init__(self, folder: Path, fake: FakeGitHub) -> None:
        self.fake = fake
        self.shop = Shop(folder, folder / "jaffle.duckdb")
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

    def pull_request(self, action: str, merged: bool = False) -> Workflow:
        git = self.shop.work.git
        head, base = git("rev-parse", BRANCH), git("merge-base", "main", BRANCH)
        base = git("rev-parse", "main^1") if merged else git("rev-parse", "main")
        commit = git("rev-parse", "main") if merged else self.shop.merge_ref()
        state = "closed" if action == "closed" else "open"
        self.fake.pulls[NUMBER] = Pull(number=NUMBER, head_sha=head, base_sha=base, state=state)
        return self.engine.happens(
            "pull_request",
            events.pull_request(action, head=head, base=base, merged=merged),
            ref=MERGE_REF,
            commit=commit,
            head=head,
            branch=BRANCH,
        )


@pytest.fixture
def life(tmp_path: Path, fake: FakeGitHub) -> Life:
    return Life(tmp_path, fake)


@pytest.mark.timeout(600)
def test_from_the_first_push_to_the_merge(life: Life, fake: FakeGitHub) -> None:
    first = life.pushed("0" * 40)
    assert first.jobs["plan"] == "success"
    assert "merge: success in" in first.log
    assert PASSWORD not in first.log
