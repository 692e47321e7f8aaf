"""What we say of a node's change is what dbt's own selectors say of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from runner.dbt.changes import Difference, explained
from tests.conftest import Project

SUB_SELECTORS = {
    "body": "state:modified.body",
    "config": "state:modified.configs",
    "relation": "state:modified.relation",
    "macro": "state:modified.macros",
    "contract": "state:modified.contract",
    "description": "state:modified.persisted_descriptions",
}
SELECTORS = ("state:new", "state:modified", *SUB_SELECTORS.values())
# One process of dbt for all of it: parses into the folder that is to be compared with, or lists.
PARSE = "import sys; from dbt.cli.main import dbtRunner; assert dbtRunner().invoke(sys.argv[1:]).success"
LIST = """\
import json, sys
from dbt.cli.main import dbtRunner
state, *selectors = sys.argv[1:]
parsed = dbtRunner().invoke(["parse"]).result
found = {}
for selector in selectors:
    options = ["--output", "json", "--output-keys", "unique_id", "--quiet", "--state", state]
    options += ["--indirect-selection", "empty"]
    listed = dbtRunner().invoke(["ls", "--select", selector, *options])
    assert listed.success, listed.exception
    found[selector] = [json.loads(line)["unique_id"] for line in listed.result]
print("FOUND" + json.dumps(found))
"""
BASE = {
    "dbt_project.yml": """\
name: tiny
version: '1.0'
profile: tiny
models:
  tiny:
    by_project: { +materialized: view }
""",
    "packages.yml": "packages:\n  - local: parts\n",
    "parts/dbt_project.yml": "name: parts\nversion: '1.0'\n",
    "parts/macros/same.sql": "{% macro same_name() %} 1 {% endmacro %}\n",
    "parts/models/packaged.sql": "select {{ parts.same_name() }} as id\n",
    "macros/near.sql": "{% macro near(c) %} {{ far(c) }} {% endmacro %}\n",
    "macros/far.sql": "{% macro far(c) %} upper({{ c }}) {% endmacro %}\n",
    "macros/same.sql": "{% macro same_name() %} 2 {% endmacro %}\n",
    "macros/went.sql": "{% macro went() %} 2 {% endmacro %}\n",
    "macros/tests.sql": "{% test positive(model, column_name) %} select 1 where false {% endtest %}\n",
    "models/untouched.sql": "select * from {{ ref('people') }}\n",
    "models/bodied.sql": "select 1 as id\n",
    "models/below_bodied.sql": "select * from {{ ref('bodied') }}\n",
    "models/below_below.sql": "select * from {{ ref('below_bodied') }}\n",
    "models/two_parents.sql": "select a.id from {{ ref('below_below') }} a, {{ ref('configured') }} b\n",
    "models/configured.sql": "{{ config(materialized='view') }} select 1 as id\n",
    "models/configured_in_yml.sql": "select 1 as id\n",
    "models/tagged.sql": "{{ config(tags=['a'], group='people') }} select 1 as id\n",
    "models/aliased.sql": "{{ config(alias='one') }} select 1 as id\n",
    "models/with_near.sql": "select {{ near('name') }} as name from {{ ref('people') }}\n",
    "models/with_same.sql": "select {{ same_name() }} as id\n",
    "models/contracted.sql": "select 1 as id\n",
    "models/no_longer_contracted.sql": "select 1 as id\n",
    "models/described.sql": "select 1 as id\n",
    "models/described_column.sql": "select 1 as id\n",
    "models/described_in_vain.sql": "select 1 as id\n",
    "models/several.sql": "select 1 as id\n",
    "models/public.sql": "select 1 as id\n",
    "models/to_move.sql": "select 'moved' as id\n",
    "models/to_rename.sql": "select 'renamed' as id, 1 as b\n",
    "models/to_delete.sql": "select 'deleted' as id\n",
    "models/same_body_a.sql": "select 'twins' as id\n",
    "models/same_body_b.sql": "select 'twins' as id\n",
    "models/by_project/configured_by_project.sql": "select 1 as id\n",
    "models/from_source.sql": "select * from {{ source('raw', 'identified') }}\n",
    "models/schema.yml": """\
groups: [{ name: people, owner: { name: Jo } }]
models:
  - name: untouched
    columns:
      - name: id
        data_tests:
          - unique
          - not_null: { config: { severity: error } }
          - positive: { config: { tags: [a] } }
  - name: configured_in_yml
    config: { materialized: view }
  - name: contracted
    config: { contract: { enforced: true } }
    columns: [{ name: id, data_type: int }]
  - name: no_longer_contracted
    config: { contract: { enforced: true } }
    columns: [{ name: id, data_type: int }]
  - name: described
    description: one
    config: { persist_docs: { relation: true } }
  - name: described_column
    config: { persist_docs: { columns: true } }
    columns: [{ name: id, description: one }]
  - name: described_in_vain
    description: one
  - name: several
    description: one
    config: { materialized: view, persist_docs: { relation: true } }
  - name: public
    deprecation_date: 2090-01-01
unit_tests:
  - name: counted
    model: bodied
    given: []
    expect: { rows: [{ id: 1 }] }
  - name: same_count
    model: bodied
    given: []
    expect: { rows: [{ id: 1 }] }
""",
    "models/sources.yml": """\
sources:
  - name: raw
    tables:
      - { name: identified, identifier: a }
      - { name: fresh, loaded_at_field: at, config: { freshness: { warn_after: { count: 1, period: day } } } }
      - { name: quoted, quoting: { identifier: false } }
      - { name: same }
""",
    "models/exposures.yml": """\
exposures:
  - { name: owned, type: dashboard, owner: { name: Jo }, depends_on: [ref('untouched')] }
  - { name: reads, type: dashboard, owner: { name: Jo }, depends_on: [ref('untouched')] }
  - { name: same, type: dashboard, owner: { name: Jo }, depends_on: [ref('untouched')] }
""",
    "seeds/people.csv": "id,name\n1,Ada\n",
    "seeds/others.csv": "id,name\n1,Ada\n",
    "snapshots/kept.sql": (
        "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols='all') }}"
        "select * from {{ ref('people') }}{% endsnapshot %}\n"
    ),
    "snapshots/kept_too.yml": (
        "snapshots:\n  - name: kept_too\n    relation: ref('people')\n"
        "    config: { unique_key: id, strategy: check, check_cols: all }\n"
    ),
    "tests/singular.sql": "select 1 from {{ ref('untouched') }} where false\n",
    "tests/singular_same.sql": "select 1 from {{ ref('untouched') }} where false\n",
}
# (file, before, after): "" before is a new file, "" after is one that goes.
CHANGES = (
    ("models/bodied.sql", "1", "1 + 0"),
    ("models/configured.sql", "view", "table"),
    ("models/tagged.sql", "'a'", "'b'"),
    ("models/aliased.sql", "'one'", "'two'"),
    ("models/several.sql", "1 as id", "2 as id"),
    ("macros/far.sql", "upper", "lower"),
    ("parts/macros/same.sql", "1", "11"),
    ("macros/tests.sql", "select 1", "select 2"),
    ("snapshots/kept.sql", "select *", "select id, name"),
    ("snapshots/kept_too.yml", "check_cols: all", "check_cols: [name]"),
    ("tests/singular.sql", "select 1", "select 2"),
    ("seeds/people.csv", "Ada", "Grace"),
    ("dbt_project.yml", "view", "table"),
    ("models/sources.yml", "identifier: a", "identifier: b"),
    ("models/sources.yml", "period: day", "period: hour"),
    ("models/exposures.yml", "owned, type: dashboard", "owned, type: notebook"),
    ("models/exposures.yml", "owner: { name: Jo }, depends_on: [ref('untouched')] }\n  - { name: same",
     "owner: { name: Jo }, depends_on: [ref('bodied')] }\n  - { name: same"),
    ("models/schema.yml", "severity: error", "severity: warn"),
    ("models/schema.yml", "tags: [a]", "tags: [b]"),
    ("models/schema.yml", "configured_in_yml\n    config: { materialized: view",
     "configured_in_yml\n    config: { materialized: table"),
    ("models/schema.yml", "contracted\n    config: { contract: { enforced: true } }\n"
     "    columns: [{ name: id, data_type: int }]\n  - name: no",
     "contracted\n    config: { contract: { enforced: true } }\n"
     "    columns: [{ name: id, data_type: int }, { name: b, data_type: int }]\n  - name: no"),
    ("models/schema.yml", "no_longer_contracted\n    config: { contract: { enforced: true } }",
     "no_longer_contracted\n    config: { contract: { enforced: false } }"),
    ("models/schema.yml", "described\n    description: one", "described\n    description: two"),
    ("models/schema.yml", "id, description: one", "id, description: two"),
    ("models/schema.yml", "vain\n    description: one", "vain\n    description: two"),
    ("models/schema.yml", "several\n    description: one\n    config: { materialized: view",
     "several\n    description: two\n    config: { materialized: table"),
    ("models/schema.yml", "2090", "2091"),
    ("models/sources.yml", "false", "true"),
    ("models/schema.yml", "expect: { rows: [{ id: 1 }] }\n  - name: same_count",
     "expect: { rows: [{ id: 2 }] }\n  - name: same_count"),
    ("models/to_move.sql", "select 'moved' as id\n", ""),
    ("models/moved/to_move.sql", "", "select 'moved' as id\n"),
    ("models/to_rename.sql", "select 'renamed' as id, 1 as b\n", ""),
    ("models/has_been_renamed.sql", "", "select 'renamed' as id, 1 as b\n"),
    ("models/to_delete.sql", "select 'deleted' as id\n", ""),
    ("models/same_body_a.sql", "select 'twins' as id\n", ""),
    ("models/same_body_b.sql", "select 'twins' as id\n", ""),
    ("models/same_body_c.sql", "", "select 'twins' as id\n"),
    ("macros/went.sql", "{% macro went() %} 2 {% endmacro %}\n", ""),
    ("macros/came.sql", "", "{% macro came() %} 2 {% endmacro %}\n"),
    ("models/with_came.sql", "", "select {{ came() }} as id\n"),
    ("models/new_sources.yml", "", "sources: [{ name: late, tables: [{ name: one }] }]\n"),
    ("models/new_exposure.yml", "",
     "exposures: [{ name: late, type: dashboard, owner: { name: Jo } }]\n"),
)  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(path.read_bytes())
    return manifest


def change(project: Project, name: str, before: str, after: str) -> None:
    path = project.path / name
    text = path.read_text() if before else ""
    assert before in text, (name, before)
    if before and not after:
        path.unlink()
    else:
        project.write(name, text.replace(before, after, 1) if before else after)


def dbt_python(dbt: Path, project: Project, script: str, *arguments: str) -> str:
    argv = [str(dbt.with_name("python")), "-c", script, *arguments]
    done = subprocess.run(argv, cwd=project.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def compared(
    tmp_path_factory: pytest.TempPathFactory, dbt: Path
) -> tuple[dict[str, Any], dict[str, Any], dict[str, list[str]]]:
    """Base's manifest, head's, and what each selector of dbt chooses."""
    from tests.conftest import TINY

    project = Project(path=tmp_path_factory.mktemp("compared"))
    for name, text in {"profiles.yml": TINY["profiles.yml"], **BASE}.items():
        project.write(name, text)
    dbt_python(dbt, project, PARSE, "deps")
    dbt_python(dbt, project, PARSE, "parse", "--target-path", "base")
    for name, before, after in CHANGES:
        change(project, name, before, after)
    out = dbt_python(dbt, project, LIST, "base", *SELECTORS)
    found = json.loads(out.rpartition("FOUND")[2])
    base, head = (read(project.path / each / "manifest.json") for each in ("base", "target"))
    return base, head, found


def reasons(base: dict[str, Any], head: dict[str, Any]) -> dict[str, dict[str, tuple[str, ...]]]:
    difference = Difference(base, head)
    return {unique_id: dict(difference.reasons(unique_id)) for unique_id in difference.head}


def test_new_is_what_dbt_says_is_new(compared: Any) -> None:
    base, head, found = compared
    new = {unique_id for unique_id, why in reasons(base, head).items() if "new" in why}
    assert new == set(found["state:new"])
    assert len(new) == 5


@pytest.mark.parametrize("reason", SUB_SELECTORS)
def test_a_part_is_what_the_sub_selector_chooses(compared: Any, reason: str) -> None:
    base, head, found = compared
    ours = {unique_id for unique_id, why in reasons(base, head).items() if reason in why}
    # dbt says of what is new that each of its parts was modified.
    assert ours == set(found[SUB_SELECTORS[reason]]) - set(found["state:new"])
    assert ours


def test_what_changed_is_what_dbt_says_was_modified(compared: Any) -> None:
    base, head, found = compared
    ours = {unique_id for unique_id, why in reasons(base, head).items() if why}
    # A source or an exposure that is new is not modified to dbt.
    assert set(found["state:modified"]) == ours - {"source.tiny.late.one", "exposure.tiny.late"}


def test_what_no_part_tells_of_has_changed_all_the_same(compared: Any) -> None:
    base, head, _ = compared
    changed = {unique_id for unique_id, why in reasons(base, head).items() if "changed" in why}
    assert changed == {
        "model.tiny.public",
        "model.tiny.to_move",
        "source.tiny.raw.quoted",
        "exposure.tiny.owned",
        "exposure.tiny.reads",
        "unit_test.tiny.bodied.counted",
    }


def test_several_reasons_and_the_macros_that_changed(compared: Any) -> None:
    base, head, _ = compared
    found = reasons(base, head)
    assert list(found["model.tiny.several"]) == ["body", "config", "description"]
    assert found["model.tiny.with_near"] == {"macro": ("macro.tiny.far",)}
    assert found["model.parts.packaged"] == {"macro": ("macro.parts.same_name",)}
    assert found["model.tiny.with_same"] == {}
    assert found["model.tiny.tagged"] == {"body": ()}  # its config stands in its code


def test_downstream_names_the_nearest_that_changed(compared: Any) -> None:
    base, head, _ = compared
    of = {
        each["unique_id"]: each["of"]
        for each in explained(base, head, dict.fromkeys(head["nodes"], False))["selection"]
        if each["reason"] == "downstream"
    }
    assert of["model.tiny.below_bodied"] == ("model.tiny.bodied",)
    assert of["model.tiny.two_parents"] == ("model.tiny.bodied", "model.tiny.configured")
    assert of["model.tiny.untouched"] == ("seed.tiny.people",)
    assert of["model.tiny.from_source"] == ("source.tiny.raw.identified",)
    assert "model.tiny.with_same" not in of


def test_renamed_and_deleted(compared: Any) -> None:
    base, head, _ = compared
    found = explained(base, head, {})
    assert found["renamed"] == [
        {"old": "model.tiny.to_rename", "new": "model.tiny.has_been_renamed"}
    ]
    # Two of the same body went and one came: nobody can say which it was.
    assert found["deleted"] == [
        "model.tiny.same_body_a",
        "model.tiny.same_body_b",
        "model.tiny.to_delete",
    ]


def test_the_same_manifest_differs_in_nothing(compared: Any) -> None:
    _, head, _ = compared
    every = dict.fromkeys(Difference(head, head).head, False)
    assert explained(head, head, every) == {"selection": [], "renamed": [], "deleted": []}


def test_what_only_state_can_have_chosen_has_changed(compared: Any) -> None:
    """A later dbt may see changes that aren't known here; they don't go unsaid."""
    _, head, _ = compared
    chosen = {"model.tiny.untouched": False, "model.tiny.tagged": True}
    [only] = explained(head, head, chosen)["selection"]
    assert (only["unique_id"], only["reason"]) == ("model.tiny.tagged", "changed")
