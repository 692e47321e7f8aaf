"""The classic misfires of `state:modified`: what we select beside what dbt does with production's manifest.

`pytest -s tests/integration/test_misfires.py` prints a row for each.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TINY, Project, clean_environ, copy_of
from tests.integration.test_comparison import JOBS, MODELS, ci, why

MORE_MODELS = {
    **MODELS,
    "counted": "select {{ top() }} as id from {{ ref('people') }}",
    "tested": "select id from {{ ref('counted') }}",
    "literal": "select {{ text('a') }} as a",
    "halved": "select {{ parts.half('id') }} as id from {{ ref('people') }}",
    "nullsafe": "select {{ dbt.string_literal('a') }} as a",
}
FILES = {
    **TINY,
    "dbt_jobs.yml": JOBS,
    "dbt_project.yml": TINY["dbt_project.yml"] + "vars:\n  most: 10\n  level: 1\n  other: 1\n",
    "packages.yml": "packages:\n  - local: parts  # with us\n",
    "parts/dbt_project.yml": "name: parts\nversion: '1.0'\n",
    # Has the name of a macro of dbt's own.
    "parts/macros/same.sql": "{% macro string_literal(v) %}'{{ v }}'{% endmacro %}\n",
    "parts/macros/half.sql": "{% macro half(c) %} {{ c }} / 2 {% endmacro %}\n",
    "parts/models/part.sql": "select 1 as id\n",
    "macros/shout.sql": "{% macro shout(c) %} upper({{ c }}) {% endmacro %}\n",
    "macros/top.sql": "{% macro top() %} {{ var('most') }} {% endmacro %}\n",
    "macros/text.sql": "{% macro text(v) %} {{ string_literal(v) }} {% endmacro %}\n",
    **{f"models/{name}.sql": f"{sql}\n" for name, sql in MORE_MODELS.items()},
    "models/tested.yml": (
        "models: [{ name: tested, columns: [{ name: id, data_tests: [{ accepted_values:"
        " { arguments: { values: ['{{ var(\"level\") }}'] }, config: { severity: warn } } }] }] }]\n"
    ),
}
# Their configs depend on the target, on an environment variable and on the time.
ALWAYS = {"targeted", "below", "regional", "timed"}
TABLE = "| {:45} | {:28} | {:54} | {:20} |"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Production has run; a branch begins where it is."""
    project = Project(path=tmp_path_factory.mktemp("misfires") / "tiny")
    for name, text in FILES.items():
        project.write(name, text)
    project.init()
    project.append(".gitignore", "dbt_packages/\npackage-lock.yml\n")
    project.commit()
    done = project.run("daily")
    assert done.code == 0, done.err
    print(TABLE.format("\npull request", "selected", "falsely selected by plain dbt", "missed"))
    return project.path


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Project:
    return copy_of(built, tmp_path)


def nothing(_: Project) -> None:
    """Their target, their REGION and the time alone are others."""


def a_var(project: Project) -> None:
    replace(project, "dbt_project.yml", "most: 10", "most: 11")


def a_var_in_a_tests_arguments(project: Project) -> None:
    """And another one that nobody uses."""
    replace(project, "dbt_project.yml", "level: 1", "level: 2")
    replace(project, "dbt_project.yml", "other: 1", "other: 2")


def a_macro(project: Project) -> None:
    replace(project, "macros/shout.sql", "upper", "lower")


def a_package_on_main(project: Project) -> None:
    """A package's macro with the name of dbt's own has changed since production's last run."""
    project.git("checkout", "--quiet", "main")
    replace(project, "parts/macros/same.sql", "%}'", "%} '")
    project.commit("on main")
    project.git("checkout", "--quiet", "change")
    project.git("rebase", "--quiet", "main")


def a_local_package(project: Project) -> None:
    """Its files are the commit's; the lock file, which nobody commits here, isn't there on GitHub."""
    (project.path / "package-lock.yml").unlink()
    replace(project, "parts/macros/half.sql", "/ 2", "* 0.5")
    replace(project, "parts/models/part.sql", "1", "2")


def a_newer_dbt_in_production(project: Project) -> None:
    """Another version brings other macros of dbt's own: all that use them look modified."""

    def newer(manifest: dict[str, Any]) -> None:
        manifest["metadata"]["dbt_version"] = "1.11.99"
        for name in ("default__string_literal", "default__test_unique"):
            manifest["macros"][f"macro.dbt.{name}"]["macro_sql"] += "{# newer #}"

    change_published(project, newer)


def main_that_moved_on(project: Project) -> None:
    """Merged, and built by production, after the branch began."""
    project.append("models/limited.sql", "offset 0\n")
    project.commit("ours")
    project.git("checkout", "--quiet", "main")
    project.append("models/one.sql", "-- theirs\n")
    project.write("models/theirs.sql", "select 1 as id\n")
    project.commit("theirs")
    assert project.run("daily").code == 0
    project.git("checkout", "--quiet", "change")


def main_that_did_the_same(project: Project) -> None:
    """The same change was merged and built meanwhile: only ours is still to be tested here."""
    for branch in ("main", "change"):
        project.git("checkout", "--quiet", branch)
        project.append("models/limited.sql", "offset 0\n")
        project.commit(branch)
        if branch == "main":
            assert project.run("daily").code == 0


CASES = [
    (nothing, set(), ALWAYS, set()),
    (a_var, {"limited", "counted", "tested", "accepted_values_tested_id___var_level_"},
     ALWAYS, {"limited", "counted", "tested", "accepted_values_tested_id___var_level_"}),
    (a_var_in_a_tests_arguments, {"accepted_values_tested_id___var_level_"},
     ALWAYS, {"accepted_values_tested_id___var_level_"}),
    (a_macro, {"shouted", "shouted_too"}, ALWAYS, set()),
    (a_package_on_main, set(), ALWAYS | {"literal"}, set()),
    (a_local_package, {"halved", "part"}, ALWAYS, set()),
    (a_newer_dbt_in_production, set(), ALWAYS | {"nullsafe", "unique_two_id"}, set()),
    (main_that_moved_on, {"limited"}, ALWAYS | {"one", "shouted_too", "two", "unique_two_id"}, set()),
    (main_that_did_the_same, {"limited"}, ALWAYS, {"limited"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "changed", "false", "missed"), CASES, ids=[case[0].__name__ for case in CASES]
)
def test_exactly_what_the_branch_changed(
    project: Project,
    dbt: Path,
    change: Callable[[Project], None],
    changed: set[str],
    false: set[str],
    missed: set[str],
) -> None:
    project.git("checkout", "--quiet", "-b", "change")
    change(project)
    project.commit()
    ours = {name_of(node) for node in why(ci(project))}
    plain = plain_dbt(project, dbt)
    shown = [", ".join(sorted(names)) or "–" for names in (ours, plain - changed, changed - plain)]
    print(TABLE.format(change.__name__.replace("_", " "), *shown))
    assert ours == changed
    assert plain - changed == false
    assert changed - plain == missed


def plain_dbt(project: Project, dbt: Path) -> set[str]:
    """What `state:modified+` selects by production's manifest, as most pipelines have it."""
    got = project.cli("state", "get", "production", "--into", "state")
    assert got.code == 0, got.err
    listing = ["--output", "json", "--output-keys", "unique_id", "--quiet"]
    argv = [str(dbt), "ls", "--select", "state:modified+", "--state", "state", "--target", "ci"]
    done = subprocess.run(
        [*argv, *listing],
        cwd=project.path,
        env={**clean_environ(os.environ), "REGION": "EU"},
        check=True,
        capture_output=True,
        text=True,
    )
    ids = [json.loads(line)["unique_id"] for line in done.stdout.splitlines()]
    return {name_of(unique_id.split(".", 2)[2]) for unique_id in ids}


def name_of(node: str) -> str:
    """Without the hash of a generic test."""
    return node.split(".")[0]


def replace(project: Project, name: str, before: str, after: str) -> None:
    text = (project.path / name).read_text()
    assert before in text
    project.write(name, text.replace(before, after))


def change_published(project: Project, change: Callable[[dict[str, Any]], None]) -> None:
    """Production's state as if another run had published it: the pointer agrees with the manifest."""
    published = project.path / ".dbt-gitops" / "state" / "state" / "production"
    [path] = published.glob("daily/*/manifest.json")
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    pointer = json.loads((published / "daily.json").read_text())
    pointer["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    pointer["size"] = path.stat().st_size
    pointer["dbt_version"] = manifest["metadata"]["dbt_version"]
    (published / "daily.json").write_text(json.dumps(pointer))
