"""Which vars changed, and which nodes of a manifest use them."""

from __future__ import annotations

from typing import Any

import pytest

from runner.dbt.changed_vars import changed_vars, marked


@pytest.mark.parametrize(
    ("base", "head", "given", "changed"),
    [
        ({}, {}, {}, []),
        ({"vars": None}, {"vars": {}}, {}, []),
        ({"vars": {"a": 1, "b": 2}}, {"vars": {"a": 1, "b": 3}}, {}, [["", "b"]]),
        ({"vars": {"a": 1}}, {}, {}, [["", "a"]]),
        ({}, {"vars": {"a": None}}, {}, [["", "a"]]),
        ({"vars": {"a": 1}}, {"vars": {"a": 2}}, {"a": 3}, []),
        ({"vars": {"a": [1, 2]}}, {"vars": {"a": [2, 1]}}, {}, [["", "a"]]),
        (
            {"vars": {"shop": {"a": 1, "b": 1}}},
            {"vars": {"shop": {"a": 2, "b": 1}}},
            {},
            [["", "shop"], ["shop", "a"]],
        ),
    ],
)
def test_changed_vars(base: Any, head: Any, given: Any, changed: list[list[str]]) -> None:
    assert changed_vars(base, head, given) == changed


def node(code: str, package: str = "shop", macros: tuple[str, ...] = (), **more: Any) -> Any:
    depends_on = {"macros": list(macros)}
    return {
        "package_name": package,
        "fqn": [package, "a"],
        "raw_code": code,
        "depends_on": depends_on,
        **more,
    }


@pytest.mark.parametrize(
    ("used", "by"),
    [
        ("most", node("select {{ var('most') }}")),
        ("most", node('select {{ var( "most", 1) }}')),
        ("most", node("{% if var(\n 'most' ) %}")),
        ("most", node("", unrendered_config={"enabled": "{{ var('most') }}"})),
        ("most", node("", unrendered_config={"enabled": '{{ var("most") }}'})),
        ("most", node("", test_metadata={"kwargs": {"values": ["{{ var('most') }}"]}})),
        ("most", node("", macros=("macro.shop.near",))),
        ("most level", node("{{ var('most') }} {{ var('level') }}")),
        ("", node("select {{ var('other') }}, most")),
        ("", node("select {{ env_var('most') }}, my_var('most')")),
        ("", node("select {{ var('scoped') }}")),
        ("scoped", node("select {{ var('scoped') }}", package="parts")),
    ],
)
def test_a_node_that_uses_a_changed_var_is_marked(used: str, by: dict[str, Any]) -> None:
    macros = {
        "macro.shop.near": {"macro_sql": "", "depends_on": {"macros": ["macro.shop.far"]}},
        "macro.shop.far": {"macro_sql": "{{ var('most') }}", "depends_on": {"macros": []}},
    }
    changed = [["", "most"], ["", "level"], ["parts", "scoped"]]
    before = list(by["fqn"])
    after = marked({"nodes": {"a": by}, "macros": macros}, changed)["nodes"]["a"]["fqn"]
    assert after == (before if not used else [*before, f"changed vars: {_sorted(used)}"])


def _sorted(names: str) -> str:
    return " ".join(sorted(names.split()))
