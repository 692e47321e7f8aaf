"""`dbt-gitops init` in real repositories: what it writes is valid, and what it says is true."""

from __future__ import annotations

import shutil
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from runner.config import load
from runner.config.rules.judging import judged
from runner.config.rules.rule import Known
from runner.importing.secret_names import looks_secret
from runner.workflow import PATH
from tests.conftest import EXAMPLE, MADE, TINY, Project
from tests.initial import CANARY, SHOP, project_of, shop

DUCKDB = """\
  {name}: {{ type: duckdb, path: "{{{{ env_var('DB', 'x.duckdb') }}}}", schema: {name} }}
"""
PROFILE = "tiny:\n  target: {default}\n  outputs:\n"
PINNED = "dbt-core==1.11.6\ndbt-duckdb==1.11.1\n"
PROJECT = "name: tiny\nprofile: tiny\n"
MODELS = {
    "models/one.sql": "select 1 as id\n",
    "models/two.sql": "select * from {{ ref('one') }}\n",
}


def tiny_files(*targets: str, **more: str) -> dict[str, str]:
    outputs = "".join(f"  {DUCKDB.format(name=name)}" for name in targets)
    profile = PROFILE.format(default=targets[-1] if targets else "dev") + outputs
    files = {"dbt_project.yml": PROJECT, "requirements.txt": PINNED, **MODELS}
    return {**files, **({"profiles.yml": profile} if targets else {}), **more}


def snapshot(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def jobs_of(project: Project, name: str = "dbt_jobs.yml") -> dict[str, dict[str, object]]:
    jobs: dict[str, dict[str, object]] = yaml.safe_load((project.path / name).read_text())["jobs"]
    return jobs


def assert_sound(project: Project, name: str = "dbt_jobs.yml") -> None:
    """No error, and no warning of any rule or check."""
    assert judged(load(project.path / name), Known()).loaded.problems == ()
    done = project.cli("validate", name)
    assert (done.code, done.err, "warning" in done.out) == (0, "", False)
    assert project.cli("sync", "--check").code == 0


PROJECTS = {
    "shop": SHOP,
    "tiny": {name: text for name, text in TINY.items() if name != "dbt_jobs.yml"}
    | {"requirements.txt": PINNED},
    "no-profile": tiny_files(),
    "one-target": tiny_files("dev"),
    "no-versions": tiny_files("prod", "dev", **{"requirements.txt": ""}),
    "odd-names": tiny_files("live", "yes", "no"),
    "packages": tiny_files(
        "prod",
        "ci",
        **{
            "packages.yml": "packages:\n  - git: \"https://{{ env_var('DBT_ENV_SECRET_GIT') }}@x.org/p\"\n"
        },
    ),
    "require-version": tiny_files(
        "prod",
        "ci",
        **{
            "requirements.txt": "dbt-duckdb>=1.9\n",
            "dbt_project.yml": f"{PROJECT}require-dbt-version: ['>=1.9.0', '<2.0.0']\n",
        },
    ),
    "one-target-with-secrets": {
        **SHOP,
        "profiles.yml": SHOP["profiles.yml"]
        .replace("    prod:\n", "    # no prod:\n")
        .split("    # no prod")[0],
    },
    "no-models": {k: v for k, v in tiny_files("prod", "ci").items() if not k.startswith("models")},
    "jinja": tiny_files("prod", "ci")
    | {"dbt_project.yml": "name: tiny\nprofile: \"{{ env_var('P', 'tiny') }}\"\n"},
}


@pytest.mark.parametrize("name", PROJECTS)
def test_what_it_writes_has_no_problem_of_any_rule(tmp_path: Path, name: str) -> None:
    project = project_of(tmp_path / "p", PROJECTS[name])
    done = project.cli("init", "--yes")
    assert (done.code, done.err) == (0, "")
    assert_sound(project)


def test_of_the_example_too(tmp_path: Path) -> None:
    path = tmp_path / "jaffle"
    shutil.copytree(EXAMPLE, path, ignore=MADE)
    (path / "dbt_jobs.yml").unlink()
    project = project_of(path, {"requirements.txt": PINNED})
    done = project.cli("init", "--yes")
    assert done.code == 0, done.err
    assert_sound(project)
    assert "15 models, 1 of them incremental" in done.out
    text = (path / "dbt_jobs.yml").read_text()
    assert (
        "# 15 models (8 view, 5 table, 1 ephemeral, 1 incremental), 5 seeds and 1 snapshot" in text
    )
    assert "ingestion (6)" in text


def test_each_choice_says_where_it_comes_from(tmp_path: Path) -> None:
    project = shop(tmp_path / "shop")
    done = project.cli("init", "--yes")
    assert done.code == 0, done.err
    text = (project.path / "dbt_jobs.yml").read_text()
    assert text.startswith("# yaml-language-server: $schema=")
    for said in (
        "# profiles.yml has dev and prod.\n    target: prod\n",
        "# As requirements.txt has it.",
        "# 3 models (1 incremental, 1 table, 1 view), counted in its files.\n",
        "# Tags: daily (2);",
        "# 1 source table with `freshness`",
        "# 1 incremental model: late",
        "# notifications:\n#   data-alerts: { slack: $SLACK_WEBHOOK_URL }\n",
    ):
        assert said in text, said
    jobs = jobs_of(project)
    assert list(jobs) == ["production", "full-refresh", "merge", "ci"]
    assert jobs["production"]["source_freshness"] is True
    environments = yaml.safe_load(text)["environments"]
    assert environments["production"]["secrets"] == [
        "SNOWFLAKE_ACCOUNT",
        "DBT_ENV_SECRET_PROD_PASSWORD",
    ]
    assert environments["ci"]["target"] == "dev"


def test_without_incremental_models_and_freshness_there_is_less(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", tiny_files("prod", "ci"))
    assert project.cli("init", "--yes").code == 0
    assert list(jobs_of(project)) == ["production", "merge", "ci"]
    assert "source_freshness" not in jobs_of(project)["production"]


def test_the_second_time_changes_nothing(tmp_path: Path) -> None:
    project = shop(tmp_path / "shop")
    project.cli("init", "--yes")
    before = snapshot(project.path)
    again = project.cli("init", "--yes")
    assert (again.code, again.err) == (0, "")
    assert "dbt_jobs.yml is there already: nothing has changed" in again.out
    assert "dbt-gitops sync" not in again.out
    assert snapshot(project.path) == before
    (project.path / PATH).unlink()
    before = snapshot(project.path)
    third = project.cli("init", "--yes")
    assert "dbt-gitops sync dbt_jobs.yml" in third.out
    assert snapshot(project.path) == before


@pytest.mark.parametrize("name", ["dbt_jobs.yml", "dbt_jobs.yaml"])
def test_a_jobs_file_that_is_no_good_is_left_alone(tmp_path: Path, name: str) -> None:
    project = project_of(tmp_path / "p", tiny_files("prod", "ci", **{name: "jobs: [\n"}))
    before = snapshot(project.path)
    done = project.cli("init", "--yes")
    assert (done.code, f"dbt-gitops validate {name}" in done.out) == (0, True)
    assert snapshot(project.path) == before


def test_of_a_project_in_a_folder(tmp_path: Path) -> None:
    files = {f"dbt/shop/{name}": text for name, text in SHOP.items()}
    project = project_of(tmp_path / "mono", files)
    done = project.cli("init", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "wrote dbt/shop/dbt_jobs.yml" in done.out
    assert "git add .github/workflows/dbt-jobs.yml dbt/shop/dbt_jobs.yml" in done.out
    assert_sound(project, "dbt/shop/dbt_jobs.yml")
    before = snapshot(project.path)
    assert "dbt/shop/dbt_jobs.yml is there already" in project.cli("init").out
    assert snapshot(project.path) == before


def test_of_several_projects_each_is_named(tmp_path: Path) -> None:
    files = {f"a/{name}": text for name, text in SHOP.items()}
    files |= {f"b/{name}": text for name, text in tiny_files("prod", "ci").items()}
    files["a/dbt_packages/utils/dbt_project.yml"] = "name: utils\n"
    files["b/integration_tests/dbt_project.yml"] = "name: b_tests\n"
    project = project_of(tmp_path / "mono", files)
    refused = project.cli("init", "--yes")
    assert refused.code == 2
    assert "there are 2 dbt projects" in refused.err
    assert "each has a jobs file of its own: a, b" in refused.err
    assert "hint: dbt-gitops init --project-dir a" in refused.err
    for name in ("a", "b"):
        done = project.cli("init", "--yes", "--project-dir", name)
        assert (done.code, done.err) == (0, "")
    assert list(jobs_of(project, "b/dbt_jobs.yml")) == ["tiny-production", "tiny-merge", "tiny-ci"]
    both = project.cli("validate", "a/dbt_jobs.yml", "b/dbt_jobs.yml")
    assert (both.code, both.err, "warning" in both.out) == (0, "", False)
    assert project.cli("sync", "--check").code == 0


def test_a_jobs_file_elsewhere_in_the_repository_is_found(tmp_path: Path) -> None:
    files = {f"dbt/{name}": text for name, text in TINY.items() if name != "dbt_jobs.yml"}
    files["dbt_jobs.yml"] = f"project: dbt\n{TINY['dbt_jobs.yml']}"
    project = project_of(tmp_path / "mono", files)
    before = snapshot(project.path)
    inside = Project(path=project.path / "dbt", env=project.env).cli("init", "--yes")
    assert (inside.code, "../dbt_jobs.yml is there already" in inside.out) == (0, True)
    assert snapshot(project.path) == before


# --- what it reads


@pytest.mark.parametrize(
    ("requirements", "core", "adapter"),
    [
        ("dbt-core==1.10.4\ndbt-duckdb==1.9.2\n", "1.10.*", "duckdb==1.9.*"),
        ("dbt_core ~= 1.10.0\ndbt-duckdb[glue]>=1.9,<1.11\n", "~=1.10.0", "duckdb>=1.9,<1.11"),
        ("dbt-core>=1.9\ndbt-duckdb\n", "1.11.*", "duckdb>=1.8,<2"),
        ("dbt-duckdb==1.7.3\n", "1.7.*", "duckdb==1.7.*"),
        ("dbt-core==1.12.0rc1\ndbt-duckdb==1.12.0rc1\n", "1.12.0rc1", "duckdb==1.12.0rc1"),
    ],
)
def test_pins(tmp_path: Path, requirements: str, core: str, adapter: str) -> None:
    files = tiny_files("prod", "ci", **{"requirements.txt": requirements})
    project = project_of(tmp_path / "p", files)
    assert project.cli("init", "--yes").code == 0
    environments = yaml.safe_load((project.path / "dbt_jobs.yml").read_text())["environments"]
    assert environments["production"]["dbt"] == {"core": core, "adapter": adapter}
    assert environments["ci"]["dbt"] == {"core": core, "adapter": adapter}
    assert_sound(project)


def test_pins_of_a_lock_file_and_of_a_virtual_environment(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "dbt-core"\nversion = "1.10.8"\n\n[[package]]\nname = "dbt-duckdb"\nversion = "1.9.6"\n'
    project = project_of(tmp_path / "locked", tiny_files("prod", "ci", **{"uv.lock": lock}))
    assert "core 1.10.*, duckdb==1.9.* (uv.lock)" in project.cli("init", "--yes").out
    other = project_of(tmp_path / "venv", tiny_files("prod", "ci", **{"requirements.txt": ""}))
    packages = ".venv/lib/python3.12/site-packages"
    other.write(".venv/pyvenv.cfg", "")
    other.write(f"{packages}/dbt_core-1.10.15.dist-info/METADATA", "")
    other.write(f"{packages}/dbt_duckdb-1.10.0.dist-info/METADATA", "")
    assert "core 1.10.*, duckdb==1.10.* (.venv)" in other.cli("init", "--yes").out


def test_a_manifest_counts_better_than_files(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", tiny_files("prod", "ci"))
    node = (
        '{"package_name": "tiny", "resource_type": "model", "tags": ["x"],'
        ' "config": {"materialized": "incremental"}}'
    )
    manifest = (
        '{"metadata": {"project_name": "tiny", "adapter_type": "duckdb", "dbt_version": "1.11.6"},'
        f' "nodes": {{"model.tiny.a": {node}, "model.tiny.b": {node}}},'
        ' "sources": {"a": {"freshness": {"warn_after": {"count": 1}}}, "b": {"freshness": null}}}'
    )
    project.write("target/manifest.json", manifest)
    done = project.cli("init", "--yes")
    assert "2 models, 2 of them incremental, counted in target/manifest.json" in done.out
    assert "full-refresh" in jobs_of(project)
    other = project_of(tmp_path / "q", tiny_files("prod", "ci"))
    other.write("target/manifest.json", manifest[:-40])
    assert "2 models, counted in its files" in other.cli("init", "--yes").out


def test_a_schema_file_that_is_no_yaml_is_said(tmp_path: Path) -> None:
    files = tiny_files("prod", "ci", **{"models/schema.yml": "models: [\n"})
    done = project_of(tmp_path / "p", files).cli("init", "--yes")
    assert (done.code, "models/schema.yml is no YAML, so it counts nothing" in done.out) == (
        0,
        True,
    )


def test_the_branch_is_origins(tmp_path: Path) -> None:
    project = shop(tmp_path / "shop")
    project.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    project.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/develop")
    project.cli("init", "--yes")
    triggers = jobs_of(project)["merge"]["triggers"]
    assert triggers == {"merge": {"branches": ["develop"]}}


def test_before_the_first_commit_it_is_the_one_that_is_checked_out(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", SHOP, git=False)
    project.git("init", "--quiet", "--initial-branch=trunk")
    done = project.cli("init", "--yes")
    assert (done.code, "branch   trunk" in done.out) == (0, True)
    assert_sound(project)


def test_what_runs_dbt_today_can_be_imported(tmp_path: Path) -> None:
    files = {
        ".github/workflows/nightly.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: dbt build\n",
        ".github/workflows/lint.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: sqlfluff lint\n",
        "paradime_schedules.yml": "schedules: []\n",
        "infra/jobs.tf": 'resource "dbtcloud_job" "daily" {}\n',
        "infra/other.tf": 'resource "aws_s3_bucket" "daily" {}\n',
        "jobs/cloud.yml": "jobs:\n  daily:\n    account_id: 1\n    project_id: 2\n",
    }
    out = project_of(tmp_path / "p", {**SHOP, **files}).cli("init", "--yes").out
    commands = [line.strip() for line in out.splitlines() if "dbt-gitops import" in line]
    assert commands == [
        "dbt-gitops import bolt paradime_schedules.yml",
        "dbt-gitops import workflow .github/workflows/nightly.yml",
        "dbt-gitops import terraform infra/jobs.tf",
        "dbt-gitops import jobs-as-code jobs/cloud.yml",
    ]


def test_an_import_goes_into_the_file_that_was_written(tmp_path: Path) -> None:
    files = {f"dbt/{name}": text for name, text in SHOP.items()}
    nightly = ".github/workflows/nightly.yml"
    files[nightly] = "on: push\njobs:\n  a:\n    steps:\n      - run: dbt build\n"
    project = project_of(tmp_path / "p", files)
    out = project.cli("init", "--yes").out
    assert f"dbt-gitops import workflow {nightly} --out dbt/dbt_jobs.yml\n" in out
    other = project_of(tmp_path / "q", files)
    inside = Project(path=other.path / "dbt", env=other.env).cli("init", "--yes").out
    assert f"dbt-gitops import workflow ../{nightly}\n" in inside


def test_odd_characters_of_the_project_do_no_harm(tmp_path: Path) -> None:
    model = "{{ config(tags=['a\x07b', 'x\ny']) }} select 1\n"
    files = tiny_files("prod", "c\u00e9 i", **{"models/odd.sql": model})
    project = project_of(tmp_path / "p", files)
    done = project.cli("init", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "# Tags: ab (1), x y (1);" in (project.path / "dbt_jobs.yml").read_text()
    assert_sound(project)


def test_without_a_profile_named_a_files_only_one_is_meant(tmp_path: Path) -> None:
    files = tiny_files("prod", "ci") | {"dbt_project.yml": "name: tiny\n"}
    done = project_of(tmp_path / "p", files).cli("init", "--yes")
    assert (done.code, "profiles.yml: prod and ci (duckdb)" in done.out) == (0, True)


# --- secrets


LITERAL = SHOP["profiles.yml"].replace(
    "\"{{ env_var('DBT_ENV_SECRET_PROD_PASSWORD') }}\"", f'"{CANARY}"'
)


def no_canary(project: Project, *texts: str) -> None:
    assert CANARY not in "".join(texts)
    for name, content in snapshot(project.path).items():
        assert CANARY.encode() not in content or name == "profiles.yml", name


def test_a_password_that_is_written_out_is_named_and_never_shown(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", {**SHOP, "profiles.yml": LITERAL})
    done = project.cli("init", "--yes")
    assert "`password` of target prod is written into profiles.yml" in done.out
    no_canary(project, done.out, done.err)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("PGPASSWORD", True),
        ("private_key_passphrase", True),
        ("DBT_ENV_SECRET_CLIENT_ID", True),
        ("private_key", True),
        ("private_key_path", False),
        ("token_uri", False),
        ("client_id", False),
        ("SNOWFLAKE_ACCOUNT", False),
        ("keyfile", False),
    ],
)
def test_what_looks_secret(name: str, secret: bool) -> None:
    assert looks_secret(name) is secret


@pytest.mark.parametrize("where", ["home", "ignored", "DBT_PROFILES_DIR"])
def test_a_profile_that_no_checkout_has(tmp_path: Path, where: str) -> None:
    files = {name: text for name, text in SHOP.items() if name != "profiles.yml"}
    project = project_of(tmp_path / "p", files)
    home = Path(project.env["HOME"])
    folder = {"home": home / ".dbt", "ignored": project.path}.get(where, tmp_path / "elsewhere")
    folder.mkdir(exist_ok=True)
    (folder / "profiles.yml").write_text(LITERAL)
    project.append(".gitignore", "profiles.yml\n" if where == "ignored" else "")
    if where == "DBT_PROFILES_DIR":
        project.env[where] = str(folder)
    done = project.cli("init", "--yes")
    assert (done.code, done.err) == (0, "")
    no_canary(project, done.out)
    assert "gh secret set DBT_ENV_SECRET_PASSWORD\n" in done.out
    assert "gh secret set DBT_ENV_SECRET_CI_PASSWORD\n" in done.out
    said = {"home": "~/.dbt/profiles.yml", "ignored": "is in .gitignore"}
    assert said.get(where, "elsewhere/profiles.yml") in done.out
    # What it prints is a profile, and the jobs file has its targets.
    printed = done.out.partition("schemas:\n")[2].partition("  2.")[0]
    outputs = yaml.safe_load(printed)["shop"]["outputs"]
    assert outputs["prod"]["password"] == "{{ env_var('DBT_ENV_SECRET_PASSWORD') }}"
    (project.path / "profiles.yml").write_text(dedent(printed))
    assert set(outputs) == {"prod", "ci"}
    assert_sound(project)


def test_a_profile_in_another_folder_of_the_repository(tmp_path: Path) -> None:
    files = {name: text for name, text in SHOP.items() if name != "profiles.yml"}
    project = project_of(tmp_path / "p", {**files, "ci/profiles.yml": SHOP["profiles.yml"]})
    assert project.cli("init", "--yes").code == 0
    production = yaml.safe_load((project.path / "dbt_jobs.yml").read_text())["environments"]
    assert production["production"]["profiles_dir"] == "ci"
    assert_sound(project)


def test_one_target_is_told_apart_by_the_secrets_of_environments(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", PROJECTS["one-target-with-secrets"])
    out = project.cli("init", "--yes").out
    assert "gh secret set DBT_ENV_SECRET_PASSWORD --env production\n" in out
    assert "gh secret set DBT_ENV_SECRET_PASSWORD --env ci\n" in out


def test_one_target_without_secrets_has_no_job_for_pull_requests(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", tiny_files("dev"))
    done = project.cli("init", "--yes")
    assert "no job for pull requests: profiles.yml has no target but dev" in done.out
    assert list(jobs_of(project)) == ["production", "merge"]
    assert "read from what it publishes" not in done.out


# --- what can't be


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "there is no dbt project in"),
        ({"dbt_project.yml": "name: {{ x }}: y\n"}, "dbt_project.yml:1:14 is not YAML"),
        ({"dbt_project.yml": "- a\n"}, "dbt_project.yml is not a mapping"),
        ({"dbt_project.yml": PROJECT}, "hint: dbt-gitops init --adapter snowflake"),
        (
            {
                "dbt_project.yml": PROJECT,
                "profiles.yml": f"tiny:\n  outputs:\n    a: {{password: {CANARY}, x: {{{{ y }}}}\n",
            },
            "profiles.yml:4:1 is not YAML",
        ),
    ],
)
def test_what_it_cannot_read_is_said_and_nothing_is_written(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    project = project_of(tmp_path / "p", files)
    before = snapshot(project.path)
    done = project.cli("init", "--yes")
    assert (done.code, said in done.err, "hint: " in done.err) == (2, True, True), done.err
    assert "Traceback" not in done.err
    no_canary(project, done.out, done.err)
    assert snapshot(project.path) == before


def test_outside_of_a_repository_nothing_is_written(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", SHOP, git=False)
    before = snapshot(project.path)
    done = project.cli("init", "--yes")
    assert (done.code, "is not in a git checkout" in done.err) == (2, True)
    assert "hint: git init" in done.err
    assert snapshot(project.path) == before


def test_an_adapter_that_nobody_named_can_be_given(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", {"dbt_project.yml": PROJECT, **MODELS})
    done = project.cli("init", "--yes", "--adapter", "dbt-BigQuery")
    assert (done.code, "type: bigquery" in done.out) == (0, True)
    assert_sound(project)
    refused = project.cli("init", "--adapter", "a b")
    assert (refused.code, "no adapter's name" in refused.err) == (2, True)


def test_where_nothing_can_be_written_nothing_is_half_written(tmp_path: Path) -> None:
    project = shop(tmp_path / "shop")
    # A folder in the place of the file that is written first: root may write everywhere else.
    (project.path / ".dbt_jobs.yml.tmp").mkdir()
    done = project.cli("init", "--yes")
    assert (done.code, "dbt_jobs.yml can't be written" in done.err) == (2, True)
    assert not (project.path / "dbt_jobs.yml").exists()
    assert not (project.path / PATH).exists()


def test_a_workflow_of_somebody_else_is_left_and_what_is_there_is_said(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", {**SHOP, PATH: "on: push\njobs: {}\n"})
    done = project.cli("init", "--yes")
    assert done.code == 2
    assert f"{PATH} isn't written, and dbt_jobs.yml is" in done.err
    assert "is not a workflow that dbt-gitops compiled" in done.err
    assert "dbt-gitops sync --force overwrites it; then dbt-gitops sync dbt_jobs.yml\n" in done.err
    assert (project.path / PATH).read_text() == "on: push\njobs: {}\n"
    assert load(project.path / "dbt_jobs.yml").problems == ()


def test_where_another_jobs_file_is_no_good_nothing_is_written(tmp_path: Path) -> None:
    files = {f"a/{name}": text for name, text in SHOP.items()}
    files |= {f"b/{name}": text for name, text in tiny_files("prod", "ci").items()}
    project = project_of(tmp_path / "mono", files)
    assert project.cli("init", "--yes", "--project-dir", "a").code == 0
    project.append("a/dbt_jobs.yml", "odd: 1\n")
    before = snapshot(project.path)
    done = project.cli("init", "--yes", "--project-dir", "b")
    assert (done.code, "error: a/dbt_jobs.yml is not valid" in done.err) == (2, True)
    assert "dbt-gitops validate a/dbt_jobs.yml" in done.err
    assert snapshot(project.path) == before


def test_a_name_with_line_breaks_gives_no_command(tmp_path: Path) -> None:
    files = tiny_files("prod", "ci") | {
        "dbt_project.yml": 'name: "a\\n::error::b"\nprofile: tiny\n'
    }
    done = project_of(tmp_path / "p", files).cli("init", "--yes")
    assert done.code == 0
    assert not any(line.lstrip().startswith("::") for line in done.out.splitlines())


def test_nobody_is_asked_without_a_terminal(tmp_path: Path) -> None:
    project = shop(tmp_path / "shop")
    done = project.cli("init")
    assert (done.code, "jobs, by default (in a terminal" in done.out) == (0, True)
