"""A production job and a slim CI job on a real project, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Project


def statuses(record: dict, *, step: str) -> dict[str, str]:  # type: ignore[type-arg]
    """Each node's status in the last attempt of the step that starts like this."""
    [*_, found] = [s for s in record["steps"] if s["text"].startswith(step)]
    return {node["unique_id"]: node["status"] for node in found["nodes"]}


def test_a_production_job(jaffle: Project) -> None:
    done = jaffle.run("daily", "--cause", "a test")
    assert done.code == 0, done.err
    record = done.record
    assert record["status"] == "success"
    assert [step["kind"] for step in record["steps"]] == ["freshness", "step", "step", "docs"]
    assert {step["status"] for step in record["steps"]} == {"success"}
    assert [step["parse"] for step in record["steps"]] == ["parsed", "reused", "reused", "reused"]
    assert record["commit"] == jaffle.git("rev-parse", "HEAD")
    assert (record["branch"], record["cause"], record["trigger"]) == ("main", "a test", "manual")
    assert record["state_published"], record["state_reason"]
    assert record["schemas"] == ["jaffle.analytics"]
    assert record["versions"]["dbt"].startswith("1.11.")
    assert record["preparation_seconds"] > 0
    assert record["execution_seconds"] > 0
    [folder] = jaffle.runs
    assert json.loads((folder / "run.json").read_text()) == record
    for name in ("manifest.json", "catalog.json", "index.html"):
        assert (folder / name).stat().st_size > 1000
    assert sorted(path.name for path in (folder / "steps").iterdir()) == [
        "01-source-freshness",
        "02-seed",
        "03-build",
        "04-docs-generate",
    ]
    assert {path.name for path in (folder / "steps" / "03-build").iterdir()} == {
        "console.log",
        "dbt.log",
        "run_results.json",
    }
    assert jaffle.git("status", "--porcelain") == ""
    assert not list(jaffle.path.glob("*.wal")), "DuckDB's file was not closed"


def test_slim_ci_builds_what_changed_and_defers_the_rest(jaffle: Project) -> None:
    assert jaffle.run("daily").code == 0
    before = jaffle.query("select count(*) from analytics.customers")
    jaffle.git("checkout", "--quiet", "-b", "change")
    jaffle.append("models/marts/products.sql", "\n-- changed\n")
    jaffle.commit()

    done = jaffle.run("ci", GITHUB_REF="refs/pull/7/merge")
    assert done.code == 0, done.err
    record = done.record
    built = statuses(record, step="dbt build")
    models = [node for node in built if node.startswith("model.")]
    assert models == ["model.jaffle_duckdb.products"]
    assert record["schemas"] == ["jaffle.dbt_ci_pr_7"]
    assert record["deferred_to"]["job"] == "daily"
    assert record["deferred_to"]["commit"] == jaffle.git("rev-parse", "main")
    assert not record["state_published"]
    assert "pull requests" in record["state_reason"]
    assert "deferring to production / daily: run " in done.err
    schemas = jaffle.query("select distinct table_schema from information_schema.tables")
    assert ("dbt_ci_pr_7",) in schemas
    assert ("dbt_ci",) not in schemas
    assert jaffle.query("select count(*) from analytics.customers") == before


def test_ci_without_state_fails_and_says_how_to_make_it(tiny: Project) -> None:
    done = tiny.run("ci", "--schema", "here")
    assert done.code == 3
    assert "no state of environment production" in done.err
    assert "dbt-gitops run daily" in done.err
    assert done.record["status"] == "error"
    assert done.record["steps"] == []


def test_full_builds_everything_and_says_so(tiny: Project) -> None:
    done = tiny.run("ci", "--schema", "here", "--full")
    assert done.code == 0, done.err
    assert len(statuses(done.record, step="dbt build")) == 4
    assert "full build: asked for by --full" in done.record["notes"]


def test_on_missing_is_followed(tiny: Project) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write(
        "dbt_jobs.yml", jobs.replace("to: production }", "to: production, on_missing: full }")
    )
    done = tiny.run("ci", "--schema", "here")
    assert done.code == 0, done.err
    assert len(statuses(done.record, step="dbt build")) == 4
    assert "full build: no state of environment production" in done.err

    tiny.write(
        "dbt_jobs.yml", jobs.replace("to: production }", "to: production, on_missing: skip }")
    )
    done = tiny.run("ci", "--schema", "here")
    assert (done.code, done.record["status"], done.record["steps"]) == (0, "skipped", [])


def test_nothing_changed_is_a_success_that_says_so(tiny: Project) -> None:
    assert tiny.run("daily").code == 0
    done = tiny.run("ci", "--schema", "here")
    assert done.code == 0, done.err
    steps = [(step["kind"], step["message"]) for step in done.record["steps"]]
    assert steps == [("compare", ""), ("step", "the selector matched no nodes")]


def test_a_failing_test_fails_the_job_and_skips_the_rest(tiny: Project) -> None:
    tiny.append("seeds/people.csv", "2,Again\n")
    done = tiny.run("daily", "--steps", "dbt build", "--steps", "dbt run")
    assert done.code == 1
    record = done.record
    assert record["status"] == "error"
    assert record["reason"].startswith("`dbt build` failed: 1 of 4 nodes failed")
    assert [step["status"] for step in record["steps"]] == ["error", "skipped"]
    [failed] = [node for node in record["steps"][0]["nodes"] if node["status"] == "fail"]
    assert failed["name"] == "unique_two_id"
    assert failed["file"] == "models/schema.yml"
    assert failed["compiled_path"].endswith(".sql")
    assert not record["state_published"]


def test_the_summary_names_what_failed_and_where(tiny: Project) -> None:
    tiny.write("models/two.sql", "select nope from {{ ref('one') }}\n")
    done = tiny.cli("run", "daily")
    assert done.code == 1
    assert "ERROR model two  models/two.sql" in done.out
    assert 'Referenced column "nope"' in done.out
    assert "compiled: target/compiled/tiny/models/two.sql" in done.out
    assert "record: " in done.out
    assert "daily: error" in done.out


def test_failures_name_their_lines(tiny: Project) -> None:
    tiny.append("seeds/people.csv", "2,Again\n")
    tiny.write("models/three.sql", "select id\nfrom {{ ref('one') }}\nwhere id in in (3)\n")
    done = tiny.run("daily")
    assert done.code == 1
    nodes = done.record["steps"][0]["nodes"]
    assert sorted((n["file"], n["line"]) for n in nodes if n["line"]) == [
        ("models/schema.yml", 4),
        ("models/three.sql", 3),
    ]


def test_a_project_that_does_not_parse_says_why(tiny: Project) -> None:
    tiny.write("models/two.sql", "select 1 as id\n\nfrom {{ ref('one') }\n")
    done = tiny.cli("run", "daily")
    assert done.code == 1
    assert "Compilation Error in model two (models/two.sql)" in done.out
    assert "line 3" in done.out


def test_overrides_reach_dbt_and_the_record(tiny: Project) -> None:
    tiny.write(
        "models/two.sql",
        "select id, '{{ var(\"who\") }}' as who, '{{ env_var(\"WHERE\") }}' as place from {{ ref('one') }}\n",
    )
    done = tiny.run(
        "daily", "--vars", "{who: me}", "--env", "WHERE=here", "--schema", "mine", "--threads", "3"
    )
    assert done.code == 0, done.err
    assert tiny.query("select distinct who, place from mine.two") == [("me", "here")]
    record = done.record
    assert record["overrides"] == {
        "env": ["WHERE"],
        "schema": "mine",
        "threads": 3,
        "vars": {"who": "me"},
    }
    assert "Concurrency: 3 threads" in done.err
    assert "this run was changed by --env, --schema, --vars" in record["state_reason"]


def test_another_commit_runs_in_a_worktree_of_its_own(tiny: Project) -> None:
    first = tiny.git("rev-parse", "HEAD")
    tiny.write("models/broken.sql", "select * from nowhere\n")
    tiny.commit()
    done = tiny.run("daily", "--git-ref", first)
    assert done.code == 0, done.err
    assert done.record["commit"] == first
    assert tiny.git("worktree", "list").count("\n") == 0
    assert tiny.run("daily", "--git-ref", "f" * 40).code == 2


def test_a_branch_publishes_no_state(tiny: Project) -> None:
    tiny.git("checkout", "--quiet", "-b", "topic")
    done = tiny.run("daily")
    assert done.code == 0
    assert done.record["state_reason"] == "topic is not the default branch (main)"


def test_dbt_cloud_variables_and_own_variables_are_set(tiny: Project) -> None:
    names = ("DBT_CLOUD_JOB_ID", "DBT_CLOUD_RUN_REASON", "DBT_CLOUD_INVOCATION_CONTEXT")
    columns = ", ".join(f"'{{{{ env_var(\"{name}\") }}}}' as c{i}" for i, name in enumerate(names))
    tiny.write("models/vars.sql", f"select {columns}\n")
    assert tiny.run("daily", "--cause", "because").code == 0
    assert tiny.query("select * from analytics.vars") == [("daily", "because", "prod")]


def test_dbt_deps_runs_first_where_there_are_packages(tiny: Project, tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "models").mkdir(parents=True)
    (package / "dbt_project.yml").write_text("name: extra\nversion: '1.0'\n")
    (package / "models" / "three.sql").write_text("select 3 as id\n")
    tiny.write("packages.yml", f"packages:\n  - local: {package}\n")
    done = tiny.run("daily")
    assert done.code == 0, done.err
    assert [step["kind"] for step in done.record["steps"]] == ["deps", "step"]
    assert "model.extra.three" in statuses(done.record, step="dbt build")


def test_freshness_comes_after_the_jobs_own_deps(jaffle: Project) -> None:
    jobs = (jaffle.path / "dbt_jobs.yml").read_text()
    jaffle.write(
        "dbt_jobs.yml", jobs.replace("      - dbt seed\n", "      - dbt deps\n      - dbt seed\n")
    )
    done = jaffle.run("daily")
    assert [step["kind"] for step in done.record["steps"]][:3] == ["deps", "freshness", "step"]


def test_a_compilation_writes_no_relation(tiny: Project) -> None:
    done = tiny.run("daily", "--steps", "dbt seed", "--steps", "dbt compile")
    assert done.code == 0, done.err
    assert done.record["relations"] == ['"tiny"."analytics"."people"']


def test_a_project_in_a_folder_with_other_peoples_variables(tiny: Project) -> None:
    """The variables of a workflow that called dbt from the repository's root."""
    inside = tiny.path / "transform it"
    inside.mkdir()
    for name in ("models", "seeds", "dbt_project.yml", "profiles.yml"):
        (tiny.path / name).rename(inside / name)
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write("dbt_jobs.yml", jobs.replace("version: 1\n", "version: 1\nproject: transform it\n"))
    tiny.commit()
    done = tiny.run("daily", DBT_PROJECT_DIR="transform it", DBT_PROFILES_DIR="transform it")
    assert done.code == 0, done.err
    assert done.record["state_published"], done.record["state_reason"]


def test_a_manifest_and_its_results_name_the_same_invocation(tiny: Project) -> None:
    assert tiny.run("daily", "--steps", "dbt seed", "--steps", "dbt run").code == 0
    [folder] = tiny.runs
    manifest = json.loads((folder / "manifest.json").read_text())
    results = json.loads((folder / "steps" / "02-run" / "run_results.json").read_text())
    assert manifest["metadata"]["invocation_id"] == results["metadata"]["invocation_id"]
    assert not (tiny.path / "logs").exists()
