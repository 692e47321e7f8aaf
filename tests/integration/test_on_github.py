"""A pull request and a merge, from the event to what people see on GitHub."""

from __future__ import annotations

import dataclasses
import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.record_json import run_from_json, run_to_json
from tests.conftest import ROOT, Project
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.things import FORK
from tests.github_commands import commands_of
from tests.on_github import OnGitHub, zipped


@pytest.fixture
def there(built: Project, tmp_path: Path) -> Iterator[OnGitHub]:
    """Production has run on main, and the branch `change` changes a model."""
    built.git("checkout", "--quiet", "-b", "change")
    built.append("models/two.sql", "-- changed\n")
    built.commit("change two")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with FakeGitHub() as fake:
        yield OnGitHub(project=built, fake=fake, scratch=scratch)


def test_a_pull_request_gets_a_status_a_comment_a_summary_and_outputs(there: OnGitHub) -> None:
    there.pull_request()
    done = there.cli("run", "ci")
    assert done.code == 0, done.err
    states = there.statuses()
    assert [state for state, _ in states] == ["pending", "pending", "success"]
    assert states[0][1] == "starting dbt build --select state:modified+"
    assert states[1][1] == "building 2 nodes"
    assert states[2][1].startswith("1 model built, 1 test passed in ")
    [comment] = there.fake.comments
    assert comment.number == 7
    assert "`two`" in comment.body
    assert there.head[:7] in comment.body
    assert "`two`" in there.summary()
    outputs = there.outputs()
    [folder] = [path for path in there.project.runs if path.name.split("-")[1] == "ci"]
    assert outputs["folder"] == str(folder)
    assert outputs["record"] == str(folder / "run.json")
    assert outputs["artifact"] == "dbt-gitops-pr.7.ci"
    assert (outputs["status"], outputs["reported"]) == ("success", "true")
    assert outputs["comment-url"].startswith("https://github.com/")
    assert json.loads(outputs["jobs"])[0]["status"] == "success"
    assert outputs["state-artifact"] == ""
    print(there.fake.count(host="api"), "requests")
    assert there.fake.count(host="api") <= 10


def test_a_new_commit_edits_the_comment_and_an_older_run_leaves_it_alone(there: OnGitHub) -> None:
    there.pull_request()
    assert there.cli("run", "ci").code == 0
    first = there.head
    there.project.git("checkout", "--quiet", "change")
    there.project.append("models/one.sql", "-- changed too\n")
    there.project.commit("change one")
    there.pull_request("synchronize")
    assert there.cli("run", "ci", GITHUB_RUN_ID="78").code == 0
    [comment] = there.fake.comments
    newest = comment.body
    assert there.head[:7] in newest
    assert first[:7] not in newest
    assert there.cli("run", "ci", GITHUB_RUN_ID="76").code == 0
    assert comment.body == newest


def test_a_superseded_head_is_marked(there: OnGitHub) -> None:
    there.pull_request()
    there.fake.pulls[7].head_sha = "f" * 40
    assert there.cli("run", "ci").code == 0
    assert "superseded" in there.fake.comments[0].body.lower()
    assert there.statuses()[-1][0] == "success"


def test_a_failure_is_annotated_on_its_line(there: OnGitHub) -> None:
    there.project.write("models/two.sql", "select id, nothing\nfrom {{ ref('one') }}\n")
    there.project.commit("break two")
    there.pull_request()
    done = there.cli("run", "ci")
    assert done.code == 1
    state, description = there.statuses()[-1]
    assert state == "failure"
    assert "1 model of 2 nodes failed, 1 skipped" in description
    lines = done.err.splitlines()
    assert [name for name in commands_of(lines) if "group" not in name] == ["error"]
    [error] = [line for line in lines if line.startswith("::error ")]
    assert "file=models/two.sql,line=1,title=ci%3A model two%3A error::" in error
    assert "nothing" in error
    assert "❌" in there.fake.comments[0].body


def test_a_job_that_is_not_for_this_event_is_a_success_that_says_so(there: OnGitHub) -> None:
    there.pull_request(draft=True)
    done = there.cli("run", "ci")
    assert done.code == 0, done.err
    assert there.statuses() == [("success", "skipped: the pull request is a draft")]
    assert there.outputs()["status"] == "skipped"
    assert there.cli("plan").code == 0
    assert there.statuses()[1:] == there.statuses()[:1]
    assert not there.fake.comments
    before = there.fake.count()
    there.pull_request("labeled", draft=True)
    assert there.cli("plan").code == 0
    assert there.fake.count() == before  # a label says nothing about the commit


def test_what_is_no_check_of_an_event_gets_no_status(there: OnGitHub) -> None:
    there.pull_request(base={"ref": "feature", "sha": there.project.git("rev-parse", "main")})
    assert there.cli("plan").code == 0
    assert there.cli("run", "ci").code == 0
    assert there.statuses() == []
    there.pull_request("ready_for_review")
    plan = json.loads(there.cli("plan", "--format", "json").out)
    assert [job["run"] for job in plan["jobs"]] == [False, True]
    there.pull_request("labeled")
    assert there.cli("run", "ci").code == 0
    assert there.statuses() == []  # an earlier run of this commit may have failed


def test_a_refused_status_holds_up_no_job(there: OnGitHub) -> None:
    there.pull_request(draft=True)
    there.fake.denied = {"statuses: write"}
    done = there.cli("plan")
    assert done.code == 0
    assert "::warning title=dbt-gitops::not reported: GitHub refused" in done.err
    assert there.outputs()["due"] == "false"


def test_an_older_commit_s_section_gives_way_to_a_skip_or_a_failure(there: OnGitHub) -> None:
    there.pull_request()
    assert there.cli("run", "ci").code == 0
    there.project.git("checkout", "--quiet", "change")
    there.project.commit("another")
    there.pull_request("synchronize", draft=True)
    assert there.cli("plan", GITHUB_RUN_ID="78").code == 0
    [comment] = there.fake.comments
    assert "⏭️ `ci`: skipped: the pull request is a draft" in comment.body
    assert there.head[:7] in comment.body
    assert "built" not in comment.body


def test_an_invalid_jobs_file_is_said_on_the_commit(there: OnGitHub) -> None:
    there.project.append("dbt_jobs.yml", "  more: nonsense\n")
    there.project.commit("break the file")
    there.pull_request()
    for command in (("plan",), ("run", "ci")):
        assert there.cli(*command).code == 2
        state, description = there.statuses()[-1]
        assert (state, "dbt_jobs.yml" in description) == ("error", True)
    assert there.outputs()["reported"] == "true"
    assert there.cli("report", "--unfinished", "ci").code == 0
    assert there.statuses()[-1][0] == "error"


def test_a_run_that_can_t_begin_says_why_once(there: OnGitHub) -> None:
    there.pull_request()
    done = there.cli("run", "ci", "--git-ref", "deadbeef")
    assert done.code == 2
    state, description = there.statuses()[-1]
    assert state == "error"
    assert "deadbeef" in description
    outputs = there.outputs()
    assert (outputs["reported"], outputs["status"]) == ("true", "error")


def test_the_base_s_jobs_file_decides(there: OnGitHub) -> None:
    jobs = (there.project.path / "dbt_jobs.yml").read_text()
    there.project.write(
        "dbt_jobs.yml",
        jobs.replace(
            "  ci:\n    environment: ci\n", "  ci:\n    environment: production\n"
        ).replace("    target: prod\n", "    target: prod\n    env: { X: y }\n")
        + "  more:\n    environment: ci\n    triggers: { pull_request: { branches: [main] } }\n"
        "    steps: [dbt build]\n",
    )
    there.project.commit("reach for production")
    there.pull_request()
    done = there.cli("run", "ci", "--json")
    assert done.code == 0, done.err
    record = json.loads(done.out[: done.out.index("\n}\n") + 2])
    assert record["environment"] == "ci"
    assert "as the base's jobs file declares it" in record["cause"]
    body = there.fake.comments[0].body
    assert "job `ci`" in body
    assert "production" in body
    assert there.cli("run", "more").code == 0
    assert "takes effect when it is merged" in there.statuses()[-1][1]
    done = there.cli("run", "daily")
    assert done.code == 2
    assert "`daily` isn't run for a pull request" in done.err


def test_a_fork_is_parsed_and_connects_nowhere(there: OnGitHub) -> None:
    there.project.append("models/two.sql", "{{ adapter.nonsense }}")
    there.project.git("commit", "--quiet", "--all", "--message", "theirs")
    there.pull_request(head_repository=FORK)
    database = there.project.path / "tiny.duckdb"
    before = database.stat().st_mtime_ns
    done = there.cli("run", "ci", "--json", GITHUB_TOKEN="")
    assert done.code == 0, done.err
    record = json.loads(done.out[: done.out.index("\n}\n") + 2])
    assert record["status"] == "skipped"
    assert record["reason"].startswith("validated and parsed, not built: its code comes from mal")
    assert [step["kind"] for step in record["steps"]] == ["compare", "step"]
    assert record["own_schemas"] == []
    reasons = {each["unique_id"].split(".")[2]: each["reason"] for each in record["selection"]}
    assert reasons == {"two": "body", "unique_two_id": "downstream"}
    assert database.stat().st_mtime_ns == before
    assert there.fake.count() == 0
    assert there.outputs()["artifact"] == "dbt-gitops-pr.7.ci"


def of_fork(there: OnGitHub, record: str | None = None, name: str = "dbt-gitops-pr.7.ci") -> None:
    """Mallory's run, as it was, or with another record, and then its end."""
    there.pull_request(head_repository=FORK)
    assert there.cli("run", "ci", GITHUB_TOKEN="").code == 0
    instead = {"run_json": record} if record else {}
    packed = zipped(Path(there.outputs()["folder"]), **instead)
    run = there.fake.add_run(
        id=500,
        event="pull_request",
        head_branch="change",
        head_sha=there.head,
        head_repository=FORK,
    )
    there.fake.add_artifact(name, packed, run=run)
    there.workflow_run()


def test_a_fork_s_report_is_posted_by_the_default_branch(there: OnGitHub) -> None:
    of_fork(there)
    done = there.cli("report")
    assert done.code == 0, done.err
    [(state, description)] = there.statuses()
    assert state == "success"
    assert description.startswith(
        "skipped: validated and parsed, not built: its code comes from ma"
    )
    [comment] = there.fake.comments
    assert comment.number == 7
    assert "says of itself" in comment.body
    assert "actions/runs/500" in comment.body


@pytest.mark.parametrize(
    ("name", "record", "why"),
    [
        ("dbt-gitops-pr.8.ci", None, "of another pull request"),
        ("dbt-gitops-pr.7.daily", None, "a job that pull requests don't start"),
        ("dbt-gitops-pr.7.ci", "{}", "schema"),
        ("dbt-gitops-pr.7.ci", "[" * 100_000, "it isn't JSON"),
        ("dbt-gitops-pr.7.ci", "X" * 20_000_000, "run.json is larger"),
    ],
)
def test_what_a_fork_makes_up_is_passed_over(
    there: OnGitHub, name: str, record: str | None, why: str
) -> None:
    of_fork(there, record, name)
    done = there.cli("report")
    assert done.code == 0, done.err
    assert f"passed over {name}" in done.out
    assert why in done.out
    [(state, description)] = there.statuses()
    if name == "dbt-gitops-pr.7.ci":
        assert (state, "can't be used" in description) == ("error", True)
    else:
        assert description == "skipped: it wasn't started: see the run"
    assert not there.fake.comments


def test_nothing_that_a_fork_says_is_a_command(there: OnGitHub) -> None:
    record = run_to_json(
        dataclasses.replace(
            run_from_json((ROOT / "tests/records/ci_errored.json").read_text()),
            reason="x\n::set-output name=folder::/home\n##[error]x",
        )
    )
    of_fork(there, record)
    done = there.cli("report")
    assert done.code == 0, done.err
    assert commands_of(done.out.splitlines()) == []
    assert "set-output" in done.out
    assert there.statuses()[-1][0] == "error"


def test_a_check_that_a_fork_s_run_left_nothing_of_gets_a_status(there: OnGitHub) -> None:
    there.pull_request(head_repository=FORK)
    there.fake.add_run(id=500, event="pull_request", head_sha=there.head, head_repository=FORK)
    there.workflow_run()
    assert there.cli("report").code == 0
    assert there.statuses() == [("success", "skipped: it wasn't started: see the run")]
    there.workflow_run(conclusion="failure")
    assert there.cli("report").code == 0
    assert there.statuses()[-1] == ("error", "the fork's run ended as failure: see the run")


def test_no_more_of_a_fork_s_artifacts_are_listed_than_are_looked_at(there: OnGitHub) -> None:
    of_fork(there)
    for number in range(250):
        there.fake.add_artifact(f"noise-{number}", b"", run=there.fake.runs[500])
    done = there.cli("report")
    assert done.code == 0, done.err
    assert there.fake.count(path="/runs/500/artifacts") == 1
    assert "passed over the other artifacts: only 50 are looked at" in done.out


def test_a_fork_s_run_of_an_older_head_is_not_reported(there: OnGitHub) -> None:
    of_fork(there)
    there.fake.pulls[7].head_sha = "f" * 40
    done = there.cli("report")
    assert (done.code, "no open pull request's head" in done.out) == (0, True)
    assert not there.fake.statuses


def test_a_dead_run_s_status_is_ended(there: OnGitHub) -> None:
    there.pull_request()
    assert there.cli("report", "--unfinished", "ci").code == 0
    [(state, description)] = there.statuses()
    assert state == "error"
    assert description.startswith("the run ended without a word")


def test_a_dispatch_changes_the_run_as_it_says(there: OnGitHub) -> None:
    there.dispatch({"job": "daily", "steps": "dbt run --select one", "cause": "repair one"})
    done = there.cli("run", "daily", "--json")
    assert done.code == 0, done.err
    record = json.loads(done.out)
    assert record["cause"] == "repair one"
    assert [node["name"] for step in record["steps"] for node in step["nodes"]] == ["one"]
    assert record["overrides"] == {"steps": ["dbt run --select one"]}


def test_a_refusal_of_github_changes_no_verdict_and_is_said(there: OnGitHub) -> None:
    there.pull_request()
    there.fake.denied = {"pull-requests: write"}
    done = there.cli("run", "ci")
    assert done.code == 0
    [warning] = [line for line in done.err.splitlines() if line.startswith("::warning ")]
    assert "pull-requests: write" in warning
    there.fake.denied = {"statuses: write"}
    done = there.cli("run", "ci")
    assert done.code == 4
    assert there.outputs()["reported"] == "false"
    assert "statuses: write" in done.err


def test_github_s_trouble_is_sat_out(there: OnGitHub) -> None:
    there.pull_request()
    there.fake.faults += [
        Fault(method="POST", path="/issues/7/comments", status=502, committed=True),
        Fault(method="POST", path="/statuses/", status=500),
    ]
    assert there.cli("run", "ci").code == 0
    assert len(there.fake.comments) == 1
    assert there.statuses()[-1][0] == "success"


def test_a_cancelled_run_ends_its_status(there: OnGitHub) -> None:
    there.project.write("models/two.sql", "select count(*) as id from range(100000000000)\n")
    there.project.commit("slow")
    there.pull_request()
    process = there.project.start("run", "ci", **there.environ)
    while len(there.statuses()) < 2:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    state, description = there.statuses()[-1]
    assert state == "error"
    assert description.startswith("cancelled: ")
    assert "⛔" in there.fake.comments[0].body


def test_two_jobs_write_one_comment(there: OnGitHub) -> None:
    there.project.git("checkout", "--quiet", "main")
    jobs = (there.project.path / "dbt_jobs.yml").read_text()
    there.project.write(
        "dbt_jobs.yml",
        jobs
        + "  more:\n    environment: ci\n    triggers: { pull_request: { branches: [main] } }\n"
        "    steps: [dbt parse]\n",
    )
    there.project.commit("another check")
    there.pull_request()
    for job in ("ci", "more"):
        assert there.cli("run", job).code == 0
    [comment] = there.fake.comments
    assert "`ci`" in comment.body
    assert "`more`" in comment.body


def test_a_merge_queue_runs_what_the_base_declares(there: OnGitHub) -> None:
    there.project.git("checkout", "--quiet", "change")
    jobs = (there.project.path / "dbt_jobs.yml").read_text()
    own = 'target: ci\n    schema: "pr_{pr_number}"\n'
    assert own in jobs
    there.project.write("dbt_jobs.yml", jobs.replace(own, "target: prod\n    env: { X: y }\n"))
    there.project.commit("reach for production")
    there.merge_group()
    done = there.cli("run", "ci", "--json")
    assert done.code == 0, done.err
    record = json.loads(done.out[: done.out.index("\n}\n") + 2])
    assert record["schemas"] == ["tiny.pr_7"]


def test_a_pull_request_mends_a_main_that_does_not_parse(there: OnGitHub) -> None:
    there.project.git("checkout", "--quiet", "main")
    there.project.write("models/broken.sql", "select * from {{ ref('nowhere') }}\n")
    there.project.commit("break main")
    there.project.git("checkout", "--quiet", "change")
    there.project.git("merge", "--quiet", "--no-edit", "main")
    there.project.write("models/broken.sql", "select 1 as id\n")
    there.project.commit("mend")
    there.pull_request()
    done = there.cli("run", "ci", "--json")
    assert done.code == 0, done.err
    record = json.loads(done.out[: done.out.index("\n}\n") + 2])
    assert [step["status"] for step in record["steps"]] == ["error", "success"]
    assert record["compared_with"]["how"] == "the manifest that it defers to"
    assert {each["unique_id"].split(".")[2]: each["reason"] for each in record["selection"]} == {
        "broken": "new", "two": "body", "unique_two_id": "downstream",
    }  # fmt: skip
    assert any("can't be parsed" in note for note in record["notes"])
    assert "can't be parsed" in there.fake.comments[0].body
    assert there.statuses()[-1][0] == "success"


def test_a_merge_queue_asks_for_the_same_checks(there: OnGitHub) -> None:
    there.merge_group()
    assert json.loads(there.cli("plan", "--format", "json").out)["jobs"][1]["run"] is True
    done = there.cli("run", "ci", "--json")
    assert done.code == 0, done.err
    record = json.loads(done.out[: done.out.index("\n}\n") + 2])
    assert record["schemas"] == ["tiny.pr_7"]
    assert record["compared_with"]["how"] == "the base of the merge group"
    assert {each["unique_id"].split(".")[2] for each in record["selection"]} == {
        "two",
        "unique_two_id",
    }
    assert [state for state, _ in there.statuses()][-1] == "success"
    assert there.outputs()["artifact"] == "dbt-gitops-pr.7.ci"
    assert not there.fake.comments


def test_a_merge_builds_and_publishes(there: OnGitHub) -> None:
    there.project.git("checkout", "--quiet", "main")
    jobs = (there.project.path / "dbt_jobs.yml").read_text().replace(
        "  daily:\n    environment: production\n    steps: [dbt build]\n",
        "  daily:\n    environment: production\n    steps: [dbt build]\n"
        "  merge:\n    environment: production\n    triggers: { merge: { branches: [main] } }\n"
        "    steps: [dbt build --select state:modified+]\n    defer: { to: production }\n",
    )  # fmt: skip
    there.project.write("dbt_jobs.yml", jobs)
    there.project.commit("deploy on merge")
    there.project.git("merge", "--quiet", "--no-ff", "--message", "merge", "change")
    there.push()
    done = there.cli("run", "merge", "--json")
    assert done.code == 0, done.err
    record = json.loads(done.out[: done.out.index("\n}\n") + 2])
    assert record["state_published"] is True
    assert record["cause"] == "push to main"
    nodes = {node["name"] for step in record["steps"] for node in step["nodes"]}
    assert "two" in nodes
    assert "one" not in nodes
    assert [state for state, _ in there.statuses()] == ["pending", "success"]
    assert there.fake.count(host="api") <= 5
    assert not there.fake.comments


STATE_ON_GITHUB = """\
  merge:
    environment: production
    triggers: { merge: { branches: [main] } }
    steps: [dbt build --select state:modified+]
    defer: { to: production }
"""


def test_what_a_pull_request_s_life_costs(
    tiny: Project, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Two deployment jobs, one CI job, state in artifacts; each command's requests are counted."""
    jobs = (
        (tiny.path / "dbt_jobs.yml")
        .read_text()
        .replace("version: 1\n", "version: 1\nstate: github\n")
    )
    tiny.write("dbt_jobs.yml", jobs + STATE_ON_GITHUB)
    tiny.commit("state on GitHub")
    tiny.git("update-ref", "refs/remotes/origin/main", "main")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with FakeGitHub() as fake:
        there = OnGitHub(project=tiny, fake=fake, scratch=scratch)
        there.push()
        assert there.cli("run", "daily").code == 0
        there.upload()
        tiny.git("checkout", "--quiet", "-b", "change")
        tiny.append("models/two.sql", "-- changed\n")
        tiny.commit("change two")
        for action in ("opened", "synchronize"):
            there.pull_request(action)
            requests = spent(there, "run", "ci")
            record_property(f"API requests of a pull request, {action}", requests)
            assert requests <= 10
            there.upload()
        tiny.git("checkout", "--quiet", "main")
        tiny.git("merge", "--quiet", "--no-ff", "--message", "merge", "change")
        there.push()
        requests = spent(there, "run", "merge")
        record_property("API requests of a merge", requests)
        assert requests <= 5
        there.upload()
        there.pull_request("closed", merged=True)
        fake.pulls[7].state = "closed"
        requests = spent(there, "clean")
        record_property("API requests of a close", requests)
        assert requests <= 3
        assert "pr_7" in there.summary()


def spent(there: OnGitHub, *arguments: str) -> int:
    """How many requests to GitHub's API a command makes."""
    before = there.fake.count(host="api")
    done = there.cli(*arguments)
    assert done.code == 0, done.err
    return there.fake.count(host="api") - before
