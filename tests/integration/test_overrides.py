"""What one run does differently from the jobs file, as dbt Cloud's API lets it."""

from __future__ import annotations

from tests.conftest import Project
from tests.processes import script, with_executable


def test_docs_and_a_timeout_leave_the_job_what_it_is(tiny: Project) -> None:
    done = tiny.run("daily", "--generate-docs", "--timeout", "1h30m")
    assert done.code == 0, done.err
    record = done.record
    assert [step["kind"] for step in record["steps"]] == ["step", "docs"]
    assert record["overrides"] == {"generate_docs": True, "timeout": "1h30m"}
    assert record["state_published"], record["state_reason"]
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write("dbt_jobs.yml", jobs.replace("[dbt build]", "[dbt build]\n    generate_docs: true"))
    done = tiny.run("daily", "--no-generate-docs")
    assert [step["kind"] for step in done.record["steps"]] == ["step"]
    assert done.record["overrides"] == {"generate_docs": False}


def test_a_timeout_ends_the_run(tiny: Project) -> None:
    tiny.write("models/two.sql", "select count(*) as id from range(100000000000) a, range(99999)\n")
    done = tiny.run("daily", "--timeout", "8s")
    assert done.code == 6
    assert done.record["reason"] == "timed out after 8s"


def test_another_dbt_is_installed_beside_the_pinned_adapter(tiny: Project) -> None:
    done = tiny.run("daily", "--dbt", "1.11")  # the same, written otherwise
    assert done.code == 0, done.err
    assert "dbt: dbt-core==1.11.* dbt-duckdb==1.11.*, kept warm" in done.err
    assert done.record["overrides"] == {"dbt": "1.11"}
    assert done.record["state_reason"] == "this run was changed by --dbt"
    done = tiny.run("daily", "--dbt", "0.0.99")
    assert done.code == 5
    assert "dbt-core==0.0.99" in done.err


def test_what_is_no_version_or_no_duration_is_refused(tiny: Project) -> None:
    for options, said in (
        (("--dbt", "1.11 @ https://example.com/x.whl"), "is no version"),
        (("--timeout", "soon"), "'soon' is not a duration"),
        (("--git-ref", "nowhere"), "there is no commit 'nowhere' here"),
        (("--git-ref", "--output=x"), "there is no commit '--output=x' here"),
    ):
        done = tiny.run("daily", *options)
        assert (done.code, said in done.err) == (2, True), done.err
    assert tiny.runs == []


def test_an_executable_has_the_version_that_it_has(tiny: Project) -> None:
    with_executable(tiny, script(tiny.path / "mine", "exit 0\n"))
    done = tiny.run("daily", "--dbt", "1.10")
    assert done.code == 2
    assert "environment `production`" in done.err
    assert "it runs an executable, whose version isn't ours to choose" in done.err


def test_a_secret_is_never_set_by_an_override(tiny: Project) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write(
        "dbt_jobs.yml", jobs.replace("target: prod\n", "target: prod\n    secrets: [PASS]\n")
    )
    done = tiny.run("daily", "--env", "PASS=hunter22", PASS="real")
    assert done.code == 2
    assert "PASS can't be set with --env" in done.err
    assert "hunter22" not in done.err
    assert tiny.runs == []


def test_a_branch_that_only_origin_has(tiny: Project) -> None:
    tiny.git("checkout", "--quiet", "-b", "topic")
    tiny.write("models/three.sql", "select 3 as id\n")
    there = tiny.commit()
    tiny.git("update-ref", "refs/remotes/origin/topic", there)
    tiny.git("tag", "v1", "main")
    tiny.git("checkout", "--quiet", "main")
    tiny.git("branch", "--quiet", "-D", "topic")
    done = tiny.run("daily", "--git-ref", "topic")
    assert done.code == 0, done.err
    assert done.record["commit"] == there
    assert done.record["overrides"] == {"git_ref": "topic"}
    assert not done.record["state_published"]
    assert tiny.run("daily", "--git-ref", "v1").record["commit"] == tiny.git("rev-parse", "main")
