"""Only production's own code, as committed on the default branch, becomes production's state."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Project

# git's own variable, by which it tests that it refuses a stranger's repository.
STRANGER = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}


def reason(project: Project, *options: str, **env: str) -> str:
    done = project.run("daily", *options, **env)
    assert done.code == 0, done.err
    record = done.record
    assert record["state_published"] == (record["state_reason"] == "")
    return str(record["state_reason"])


@pytest.fixture
def quick(tiny: Project) -> Project:
    """The tiny project, whose job does next to nothing."""
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write("dbt_jobs.yml", jobs.replace("[dbt build]", "[dbt seed]"))
    tiny.commit()
    return tiny


def test_what_is_not_committed_is_not_published(quick: Project) -> None:
    quick.append("models/two.sql", "-- changed\n")
    assert reason(quick) == "models/two.sql has changes that are not committed"
    quick.commit()
    assert reason(quick) == ""
    quick.write("models/new.sql", "select 1 as id\n")
    assert reason(quick) == "models/new.sql is not in git; commit it, or add it to .gitignore"


def test_a_detached_commit_is_what_github_says_only_if_it_is_that_commit(quick: Project) -> None:
    main = quick.git("rev-parse", "HEAD")
    quick.git("checkout", "--quiet", "-b", "topic")
    other = quick.commit("other")
    quick.git("checkout", "--quiet", "--detach")
    github = {"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push"}
    assert "a detached HEAD is not the default branch" in reason(quick, **github, GITHUB_SHA=main)
    assert reason(quick, **github, GITHUB_SHA=other) == ""


def test_events_that_may_run_other_code_do_not_publish(quick: Project) -> None:
    assert reason(quick, GITHUB_EVENT_NAME="workflow_run") == "it was started by workflow_run"
    done = quick.run("daily", GITHUB_EVENT_NAME="pull_request_target")
    assert done.code == 2
    assert "pull_request_target" in done.err


def test_the_default_branch_is_githubs_word(quick: Project) -> None:
    quick.git("checkout", "--quiet", "-b", "trunk")
    assert "trunk is not the default branch (main)" in reason(quick)
    event = quick.path / ".git" / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "trunk"}}))
    assert reason(quick, GITHUB_EVENT_PATH=str(event)) == ""


def test_a_remote_that_does_not_say_its_default_branch(quick: Project) -> None:
    quick.git("remote", "add", "origin", str(quick.path))
    assert reason(quick) == ""  # nothing has been pushed yet
    quick.git("fetch", "--quiet", "origin")
    quick.git("remote", "set-head", "origin", "--delete")
    assert "git remote set-head origin --auto" in reason(quick)


def test_git_that_refuses_is_quoted(quick: Project) -> None:
    said = reason(quick, **STRANGER)
    assert "dubious ownership" in said
    assert "safe.directory" in said


def test_no_git(quick: Project) -> None:
    (quick.path / ".git").rename(quick.path.parent / "elsewhere")
    assert reason(quick) == "this is not a git checkout"


def test_two_jobs_of_one_checkout_take_turns(quick: Project) -> None:
    first = quick.start("run", "daily", "--json", "--steps", "dbt build")
    second = quick.start("run", "ci", "--json", "--full", "--schema", "pr")
    outs = [process.communicate(timeout=120) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), outs
    assert sum("a run of another job goes on here" in err for _, err in outs) == 1
    times = sorted(
        (record["steps"][0]["started_at"], record["finished_at"])
        for record in (json.loads(out) for out, _ in outs)
    )
    assert times[0][1] < times[1][0]
