"""A stateful GitHub over loopback HTTP: what is posted to it is there when it is asked again."""

from tests.fake_github.faults import Fault
from tests.fake_github.github import FakeGitHub
from tests.fake_github.things import OWN, Repo, Run

__all__ = ["OWN", "FakeGitHub", "Fault", "Repo", "Run"]
