"""Whether tables can be cloned, from the macros of a manifest."""

from __future__ import annotations

import pytest

from runner.dbt.clonable import can_clone


def macro(name: str, package: str, answer: str) -> dict[str, str]:
    sql = f"{{% macro {name}() %}}\n    {{{{ return({answer}) }}}}\n{{% endmacro %}}"
    return {"name": name, "package_name": package, "macro_sql": sql}


DBT = macro("default__can_clone_table", "dbt", "False")
SNOWFLAKE = macro("snowflake__can_clone_table", "dbt_snowflake", "True")


@pytest.mark.parametrize(
    ("adapter", "macros", "can"),
    [
        ("snowflake", [DBT, SNOWFLAKE], True),
        ("duckdb", [DBT], False),
        ("duckdb", [], False),
        ("duckdb", [DBT, SNOWFLAKE], False),
        ("snowflake", [SNOWFLAKE, macro(SNOWFLAKE["name"], "shop", "False"), DBT], False),
        ("duckdb", [DBT, macro("duckdb__can_clone_table", "shop", "true")], True),
        ("duckdb", [DBT, macro(DBT["name"], "shop", "True")], True),
        ("spark", [DBT, macro("spark__can_clone_table", "dbt_spark", "True")], False),
    ],
)
def test_the_adapters_own_word(adapter: str, macros: list[dict[str, str]], can: bool) -> None:
    manifest = {
        "metadata": {"adapter_type": adapter, "project_name": "shop"},
        "macros": {f"macro.{m['package_name']}.{m['name']}": m for m in macros},
    }
    assert can_clone(manifest) is can
