"""Which vars and large seeds changed, and which nodes of a manifest that is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.dbt.unseen import MAXIMUM_SEED_SIZE, Unseen, changed_seeds, changed_vars, marked


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
        "resource_type": "model",
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
    unseen = Unseen(vars=[["", "most"], ["", "level"], ["parts", "scoped"]], seeds=[])
    before = list(by["fqn"])
    manifest = {"metadata": {"project_name": "shop"}, "nodes": {"a": by}, "macros": macros}
    after = marked(manifest, unseen)["nodes"]["a"]["fqn"]
    assert after == (before if not used else [*before, f"changed vars: {_sorted(used)}"])


def _sorted(names: str) -> str:
    return " ".join(sorted(names.split()))


def test_large_seeds_that_differ(tmp_path: Path) -> None:
    large = "x" * (MAXIMUM_SEED_SIZE + 1)
    contents = {
        "seeds/same.csv": (large, large),
        "seeds/deep/other.csv": (large, large[:-1] + "y"),
        "seeds/small.csv": ("a", "b"),
        "seeds/went.csv": (large, None),
    }
    for side, folder in enumerate(("base", "head")):
        for name, content in contents.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content[side] is not None:
                path.write_text(str(content[side]))
    assert changed_seeds(tmp_path / "base", tmp_path / "head") == ["seeds/deep/other.csv"]
