"""What a pull request's job selects is what the pull request changed, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project, copy_of, write_tiny

JOBS = """\
version: 1
environments:
  production:
    target: prod
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
    env: { REGION: US }
  ci:
    target: ci
    schema: "pr_{pr_number}"
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
    env: { REGION: EU }
jobs:
  daily:
    environment: production
    steps: [dbt build]
  ci:
    environment: ci
    triggers: { pull_request: { branches: [main] } }
    steps: [dbt build --select state:modified+]
    defer: { to: production }
"""
MODELS = {
    # Configs that depend on the target, on the environment and on the time: the classic misfires.
    "targeted": "{{ config(alias='targeted_' ~ target.name) }} select * from {{ ref('people') }}",
    "regional": "{{ config(meta={'in': env_var('REGION')}) }} select * from {{ ref('people') }}",
    "timed": "{{ config(meta={'at': run_started_at | string}) }} select * from {{ ref('people') }}",
    "shouted": "select {{ shout('name') }} as name from {{ ref('people') }}",
    "shouted_too": "select {{ shout('name') }} as name, id from {{ ref('one') }}",
    "limited": "select * from {{ ref('people') }} limit {{ var('most', 10) }}",
    "below": "select * from {{ ref('targeted') }}",
}


@pytest.fixture(scope="module")
def produced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Production has run; a branch begins where it is."""
    project = write_tiny(tmp_path_factory.mktemp("misfiring") / "tiny")
    project.write("dbt_jobs.yml", JOBS)
    project.write("macros/shout.sql", "{% macro shout(c) %} upper({{ c }}) {% endmacro %}\n")
    for name, sql in MODELS.items():
        project.write(f"models/{name}.sql", sql + "\n")
    project.commit("models")
    done = project.run("daily")
    assert done.code == 0, done.err
    project.git("checkout", "--quiet", "-b", "change")
    return project.path


@pytest.fixture
def misfiring(produced: Path, tmp_path: Path) -> Project:
    """A project on which a comparison with production's manifest selects nearly everything."""
    return copy_of(produced, tmp_path)


def ci(project: Project, *options: str, **env: str) -> dict[str, Any]:
    done = project.run("ci", "--schema", "pr", *options, **env)
    assert done.code == 0, done.err
    return done.record


def built(record: dict[str, Any]) -> list[str]:
    """Names of the models that the run built."""
    nodes = [node for step in record["steps"] for node in step["nodes"]]
    return sorted(node["name"] for node in nodes if node["resource_type"] == "model")


def test_nothing_changed_selects_nothing(misfiring: Project) -> None:
    record = ci(misfiring)
    assert [step["kind"] for step in record["steps"]] == ["compare", "step"]
    assert built(record) == []
    assert record["compared_with"] == {
        "commit": misfiring.git("rev-parse", "main"),
        "how": "the merge base with main",
        "run_id": "",
    }
    assert misfiring.git("worktree", "list").count("\n") == 0


def test_a_changed_model_and_what_is_below_it(misfiring: Project) -> None:
    misfiring.append("models/targeted.sql", "where id > 0\n")
    misfiring.commit()
    assert built(ci(misfiring)) == ["below", "targeted"]


def test_a_macro_that_two_models_use(misfiring: Project) -> None:
    misfiring.write(
        "macros/shout.sql", "{% macro shout(c) %} upper({{ c }}) || '!' {% endmacro %}\n"
    )
    misfiring.commit()
    assert built(ci(misfiring)) == ["shouted", "shouted_too"]


def test_main_that_has_moved_on_is_no_change_of_the_branch(misfiring: Project) -> None:
    misfiring.append("models/limited.sql", "offset 0\n")
    misfiring.commit("ours")
    misfiring.git("checkout", "--quiet", "main")
    misfiring.append("models/one.sql", "-- theirs\n")
    misfiring.write("models/theirs.sql", "select 1 as id\n")
    misfiring.commit("theirs")
    assert misfiring.run("daily").code == 0
    misfiring.git("checkout", "--quiet", "change")
    assert built(ci(misfiring)) == ["limited"]


def test_githubs_merge_commit_in_a_shallow_clone(misfiring: Project, tmp_path: Path) -> None:
    misfiring.append("models/limited.sql", "offset 0\n")
    misfiring.commit("ours")
    misfiring.git("checkout", "--quiet", "main")
    misfiring.append("models/one.sql", "-- theirs\n")
    base = misfiring.commit("theirs")
    misfiring.git("checkout", "--quiet", "--detach")
    misfiring.git("merge", "--quiet", "--no-ff", "change")
    merge = misfiring.git("rev-parse", "HEAD")
    misfiring.git("update-ref", "refs/pull/7/merge", merge)
    misfiring.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clone = Project(path=tmp_path / "checkout")
    git = ["git", "init", "--quiet", str(clone.path)]
    subprocess.run(git, check=True)
    clone.git("remote", "add", "origin", f"file://{misfiring.path}")
    clone.git(
        "fetch", "--quiet", "--depth=1", "origin", "+refs/pull/7/merge:refs/remotes/pull/7/merge"
    )
    clone.git("checkout", "--quiet", "--detach", "refs/remotes/pull/7/merge")
    (misfiring.path / ".dbt-gitops").rename(clone.path / ".dbt-gitops")
    for file in misfiring.path.glob("tiny.duckdb*"):  # its journal belongs to it
        file.rename(clone.path / file.name)
    record = ci(clone, GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=merge)
    assert built(record) == ["limited"]
    assert record["compared_with"]["commit"] == base


def test_a_merge_of_main_into_the_branch_is_not_githubs_merge(misfiring: Project) -> None:
    """The workflow has checked the head branch out, and GITHUB_SHA is the merge that it left out."""
    misfiring.append("models/limited.sql", "offset 0\n")
    misfiring.commit("ours")
    misfiring.git("checkout", "--quiet", "main")
    misfiring.append("models/one.sql", "-- theirs\n")
    base = misfiring.commit("theirs")
    misfiring.git("checkout", "--quiet", "change")
    misfiring.git("merge", "--quiet", "--no-ff", "--message", "merge main", "main")
    event = {"GITHUB_REF": "refs/pull/7/merge", "GITHUB_BASE_REF": "main"}
    record = ci(misfiring, GITHUB_SHA="f" * 40, **event)
    assert built(record) == ["limited"]
    assert record["compared_with"]["commit"] == base
    assert record["compared_with"]["how"] == "the merge base with main"


def test_a_base_that_can_not_be_had_says_what_to_fetch(misfiring: Project) -> None:
    misfiring.git("checkout", "--quiet", "--orphan", "alone")
    misfiring.commit()
    done = misfiring.run("ci", "--schema", "pr")
    assert done.code == 3
    assert "HEAD and main have no commit in common here" in done.err
    assert "fetch-depth: 0" in done.err


def why(record: dict[str, Any]) -> dict[str, list[tuple[str, list[str]]]]:
    """Each selected node by its name, with its reasons and what they are about."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for each in record["selection"]:
        name = each["unique_id"].partition(".")[2].partition(".")[2]
        of = [unique_id.partition(".")[2].partition(".")[2] for unique_id in each["of"]]
        found.setdefault(name, []).append((each["reason"], of))
    return found


def test_the_record_says_why_each_node_was_selected(misfiring: Project) -> None:
    misfiring.write("models/targeted.sql", "select *, 1 as more from {{ ref('people') }}\n")
    misfiring.write("macros/shout.sql", "{% macro shout(c) %} lower({{ c }}) {% endmacro %}\n")
    misfiring.write("models/brought.sql", "select * from {{ ref('shouted_too') }}\n")
    misfiring.git("mv", "models/limited.sql", "models/bounded.sql")
    misfiring.git("rm", "--quiet", "models/timed.sql")
    misfiring.write(
        "models/regional.yml",
        "models:\n  - name: regional\n    config: { materialized: table }\n"
        "    columns: [{ name: id, data_tests: [unique] }]\n",
    )
    misfiring.commit()
    record = ci(misfiring)
    assert why(record) == {
        "targeted": [("body", []), ("relation", [])],
        "below": [("downstream", ["targeted"])],
        "shouted": [("macro", ["shout"])],
        "shouted_too": [("macro", ["shout"])],
        "brought": [("new", [])],
        "bounded": [("new", [])],
        "regional": [("config", [])],
        "unique_regional_id.fa2585d748": [("new", [])],
    }
    assert record["renamed"] == [{"old": "model.tiny.limited", "new": "model.tiny.bounded"}]
    assert record["deleted"] == ["model.tiny.timed"]


def test_a_var_of_the_project_that_changed(misfiring: Project) -> None:
    misfiring.append("dbt_project.yml", "vars: { most: 5 }\n")
    misfiring.commit()
    assert why(ci(misfiring)) == {"limited": [("var", ["most"])]}


def test_a_var_that_the_job_sets_is_the_same_on_both_sides(misfiring: Project) -> None:
    misfiring.append("dbt_project.yml", "vars: { most: 5 }\n")
    misfiring.commit()
    assert why(ci(misfiring, "--vars", "{most: 7}")) == {}
    step = "dbt build --select state:modified+ --vars '{most: 8}'"
    assert why(ci(misfiring, "--steps", step)) == {}


def test_steps_whose_options_differ_are_compared_with_one_parse_and_that_is_said(
    misfiring: Project,
) -> None:
    first = "dbt build --select state:modified+ --vars '{most: 8}' --no-version-check"
    same = "dbt run --select state:modified+ --no-version-check --vars '{most: 8}'"
    other = "dbt build --select state:modified+ --vars '{most: 9}'"
    built_whole = "dbt build --select one --vars '{most: 9}'"
    steps = [option for step in (first, same, other, built_whole) for option in ("--steps", step)]
    [note] = [note for note in ci(misfiring, *steps)["notes"] if "alone" in note]
    assert note.startswith(
        f"the base commit is parsed with the options of `{first}` alone: `{other}`"
    )


def test_what_a_tag_chose_is_not_said_to_have_changed(misfiring: Project) -> None:
    misfiring.append("models/limited.sql", "offset 0\n")
    misfiring.commit()
    record = ci(misfiring, "--steps", "dbt build --select state:modified+ one")
    assert built(record) == ["limited", "one"]
    assert why(record) == {"limited": [("body", [])]}


def test_another_run_says_why_by_the_manifest_that_it_defers_to(misfiring: Project) -> None:
    jobs = (misfiring.path / "dbt_jobs.yml").read_text()
    again = (
        "  again:\n    environment: production\n    steps: [dbt build --select state:modified+]\n"
    )
    misfiring.write("dbt_jobs.yml", jobs + again + "    defer: { to: production }\n")
    misfiring.append("models/limited.sql", "offset 0\n")
    misfiring.commit()
    record = misfiring.run("again").record
    assert record["compared_with"]["how"] == "the manifest that it defers to"
    assert why(record) == {"limited": [("body", [])]}


def test_a_large_seed_is_compared_by_what_it_holds(misfiring: Project) -> None:
    """dbt itself compares a seed of more than 1 MiB by its path."""
    rows = "".join(f"{number},{'x' * 1000}\n" for number in range(1100))
    misfiring.write("seeds/large.csv", "id,name\n" + rows)
    misfiring.write("models/of_large.sql", "select * from {{ ref('large') }}\n")
    misfiring.commit()
    misfiring.git("branch", "--force", "main")
    assert why(ci(misfiring)) == {}
    misfiring.append("seeds/large.csv", "2000,y\n")
    misfiring.commit()
    found = why(ci(misfiring))
    assert found == {"large": [("body", [])], "of_large": [("downstream", ["large"])]}


@pytest.mark.parametrize("by", ["variable", "project"])
def test_an_absolute_target_folder_is_not_the_base_s(
    misfiring: Project, tmp_path: Path, by: str
) -> None:
    target = tmp_path / "target"
    if by == "project":
        misfiring.append("dbt_project.yml", f"target-path: {target}\n")
        misfiring.commit()
        misfiring.git("branch", "--force", "main")
    misfiring.append("models/limited.sql", "offset 0\n")
    misfiring.commit()
    record = ci(misfiring, **({"DBT_TARGET_PATH": str(target)} if by == "variable" else {}))
    assert why(record) == {"limited": [("body", [])]}
    base, head = (misfiring.runs[-1] / step["log"] for step in record["steps"])
    assert (target / "manifest.json").is_file()
    full = "Unable to do partial parsing"
    assert (full in base.read_text(), full in head.read_text()) == (True, False)


PARTS = {
    "dbt_project.yml": "name: parts\nversion: '1.0'\n",
    "macros/part.sql": "{% macro part() %} 1 {% endmacro %}\n",
}


def packaged(tiny: Project, tmp_path: Path, settings: str = "", listed: str = "") -> Project:
    """Production has run with a package, from a git repository unless ``listed`` says it; a branch begins."""
    parts = Project(path=tmp_path / "parts")
    for name, text in PARTS.items():
        parts.write(name, text)
    parts.init()
    parts.git("tag", "v1")
    parts.write("macros/part.sql", "{% macro part() %} 2 {% endmacro %}\n")
    parts.commit()
    parts.git("tag", "v2")
    tiny.write("dbt_jobs.yml", JOBS)
    tiny.append("dbt_project.yml", settings)
    tiny.append(".gitignore", "dbt_packages/\nvendor/\n")
    tiny.write("packages.yml", listed or packages(parts, "v1"))
    tiny.write("models/uses.sql", "select {{ parts.part() }} as id\n")
    tiny.commit()
    done = tiny.run("daily")
    assert done.code == 0, done.err
    tiny.commit("the lock file")
    tiny.git("checkout", "--quiet", "-b", "change")
    return tiny


def packages(parts: Project, version: str) -> str:
    return f"packages: [{{ git: 'file://{parts.path}', revision: {version} }}]\n"


def kinds(record: dict[str, Any]) -> list[str]:
    return [step["kind"] for step in record["steps"]]


@pytest.mark.parametrize("folder", ["dbt_packages", "vendor/dbt", "/parts-installed"])
def test_packages_are_the_head_s_where_they_must_be_the_same(
    tiny: Project, tmp_path: Path, folder: str
) -> None:
    where = f"{tmp_path}{folder}" if folder.startswith("/") else folder
    project = packaged(tiny, tmp_path, f"packages-install-path: {where}\n")
    shutil.rmtree(project.path / where)  # GitHub's checkout has none yet
    project.append("models/two.sql", "-- changed\n")
    project.commit()
    record = ci(project)
    assert kinds(record) == ["deps", "compare", "step"]
    assert built(record) == ["two"]


def test_packages_where_the_pull_request_moves_them(tiny: Project, tmp_path: Path) -> None:
    project = packaged(tiny, tmp_path)
    project.append("dbt_project.yml", "packages-install-path: vendor/dbt\n")
    project.commit()
    record = ci(project)
    assert kinds(record) == ["deps", "compare", "step"]
    assert built(record) == []


def test_a_local_package_outside_of_the_repository(tiny: Project, tmp_path: Path) -> None:
    project = packaged(tiny, tmp_path, listed="packages: [{ local: '../parts' }]\n")
    project.append("models/two.sql", "-- changed\n")
    project.commit()
    record = ci(project)
    assert kinds(record) == ["deps", "compare", "step"]
    assert built(record) == ["two"]


def test_a_local_package_in_a_submodule_is_said_not_to_be_there(
    tiny: Project, tmp_path: Path
) -> None:
    project = packaged(tiny, tmp_path)
    allow = ("-c", "protocol.file.allow=always")
    project.git(*allow, "submodule", "--quiet", "add", f"file://{tmp_path / 'parts'}", "own")
    project.write("packages.yml", "packages: [{ local: own }]\n")
    project.commit()
    project.git("branch", "--force", "main")
    record = ci(project)
    assert record["steps"][1]["text"] == "dbt deps of the base commit"
    assert any("can't be parsed, as its step says" in note for note in record["notes"])


def test_packages_that_are_committed(tiny: Project, tmp_path: Path) -> None:
    project = packaged(tiny, tmp_path)
    project.write("dbt_packages/.gitkeep", "")
    project.git("add", "--force", "dbt_packages/.gitkeep")
    project.commit()
    project.git("branch", "--force", "main")
    project.append("models/two.sql", "-- changed\n")
    project.commit()
    record = ci(project)
    assert kinds(record) == ["deps", "compare", "compare", "step"]
    assert built(record) == ["two"]


@pytest.mark.parametrize("folder", ["dbt_packages", "/parts-installed", "jinja"])
def test_another_version_of_a_package(tiny: Project, tmp_path: Path, folder: str) -> None:
    """Where both versions are installed in one folder, the head's stand there when it is parsed."""
    absolute = folder != "dbt_packages"
    where = f"{tmp_path}{folder}" if folder.startswith("/") else folder
    where = f"\"{{{{ '{tmp_path}/installed' }}}}\"" if folder == "jinja" else where
    project = packaged(tiny, tmp_path, f"packages-install-path: {where}\n")
    project.write("packages.yml", packages(Project(path=tmp_path / "parts"), "v2"))
    project.commit()
    record = ci(project)
    assert kinds(record) == ["deps", "compare", "compare", *["deps"] * absolute, "step"]
    assert why(record) == {"uses": [("macro", ["part"])]}
    assert project.query("select id from tiny.pr.uses") == [(2,)]
