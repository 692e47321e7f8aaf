"""Which run folder of a workflow run counts, where there are several."""

from __future__ import annotations

from runner.state.run_records import newest_of
from tests.fake_github import FakeGitHub
from tests.fake_github.clients import client
from tests.fake_github.things import FORK

NAME = "dbt-gitops-run.daily"


def test_the_newest_of_each_job_counts_whatever_comes_first() -> None:
    with FakeGitHub() as fake:
        run = fake.add_run()
        old = fake.add_artifact(NAME, b"1", run=run)
        new = fake.add_artifact(NAME, b"2", run=run)
        fake.add_artifact("dbt-gitops-run.weekly", b"3", run=run)
        github = client(fake)
        for order in ([old, new], [new, old]):
            fake.artifacts[:2] = order
            found = newest_of(github, run.id, {"daily", "monthly"})
            assert {job: each.id for job, each in found.items()} == {"daily": new.id}
        github.close()


def test_what_a_forks_code_has_left_does_not_count() -> None:
    with FakeGitHub() as fake:
        run = fake.add_run(head_repository=FORK)
        fake.add_artifact(NAME, b"1", run=run)
        github = client(fake)
        assert newest_of(github, run.id, {"daily"}) == {}
        github.close()
