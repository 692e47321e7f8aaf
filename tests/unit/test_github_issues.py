"""Issues that are opened once: over real HTTP, with the real client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runner.errors import GitHubFailed
from runner.github.client import GitHub
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.clients import client
from tests.fake_github.things import Issue

MARK = "<!-- dbt-gitops:disabled nightly -->"
BODY = f"{MARK}\nIt has failed."


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def github(fake: FakeGitHub) -> Iterator[GitHub]:
    asked = client(fake)
    yield asked
    asked.close()


def there(fake: FakeGitHub, **changes: str) -> None:
    plain = {"title": "t", "body": BODY, "login": "github-actions[bot]"}
    number = len(fake.issues) + 1
    fake.issues.append(Issue(number=number, **{**plain, **changes}))


def test_an_issue_is_opened_once(fake: FakeGitHub, github: GitHub) -> None:
    first, made = github.issues.open_once("Held back", BODY, marker=MARK)
    again, made_again = github.issues.open_once("Held back", BODY, marker=MARK)
    assert (made, made_again) == (True, False)
    assert first.number == again.number == 1
    assert [issue.title for issue in fake.issues] == ["Held back"]
    assert fake.count() == 3


def test_a_closed_one_and_a_stranger_s_do_not_count(fake: FakeGitHub, github: GitHub) -> None:
    there(fake, state="closed")
    there(fake, login="mallory")
    there(fake, body="no marker")
    _, made = github.issues.open_once("Held back", BODY, marker=MARK)
    assert made
    assert len(fake.issues) == 4


def test_it_is_found_behind_a_hundred_others(fake: FakeGitHub, github: GitHub) -> None:
    there(fake)
    for _ in range(150):
        there(fake, body="", login="jo")
    found = github.issues.find(MARK)
    assert found
    assert found.number == 1


def test_where_github_failed_while_it_wrote_none_is_opened_twice(
    fake: FakeGitHub, github: GitHub
) -> None:
    fake.faults.append(Fault(method="POST", path="/issues$", status=502, committed=True))
    _, made = github.issues.open_once("Held back", BODY, marker=MARK)
    assert not made
    assert len(fake.issues) == 1


def test_a_missing_permission_is_named(fake: FakeGitHub, github: GitHub) -> None:
    fake.denied.add("issues: write")
    with pytest.raises(GitHubFailed) as caught:
        github.issues.open_once("Held back", BODY, marker=MARK)
    assert "issues: write" in str(caught.value)
