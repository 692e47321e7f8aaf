"""The real client, pointed at the fake, in a hurry."""

from __future__ import annotations

from runner.github.client import GitHub
from runner.github.connection import Connection
from runner.github.retry import Patience
from tests.fake_github.github import FakeGitHub
from tests.fake_github.things import OWN

HURRY = Patience(total=3.0, limited=0.2, answer=1, growing=0.02)


def client(fake: FakeGitHub, patience: Patience = HURRY) -> GitHub:
    return GitHub(
        Connection(token=fake.token, repository=OWN.full_name, api_url=fake.api_url), patience
    )
