"""Why nodes were selected: what differs between two manifests, by dbt's own rules of `state:modified`.

Pure, over manifests as JSON. Source of the rules: `same_…` in dbt's contracts/graph/nodes.py and
StateSelectorMethod in graph/selector_methods.py, 1.11; a test holds them against the real dbt.

``python -m runner.dbt.changes BASE HEAD`` prints :func:`explained` for the unique ids on standard input, a mapping or null.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

KINDS = (
    "nodes",
    "sources",
    "exposures",
    "metrics",
    "semantic_models",
    "saved_queries",
    "unit_tests",
    "functions",
)
# Configs that dbt leaves out of a comparison, by type; of a test it compares a few alone.
NOT_COMPARED = frozenset({"alias", "database", "group", "schema", "tags"})
NOTHING_LEFT_OUT = ("source", "exposure")
TEST_CONFIGS = frozenset(
    {
        "error_if", "fail_calc", "limit", "severity", "store_failures", "store_failures_as",
        "warn_if", "where",
    }
)  # fmt: skip
RELATION_CONFIGS = ("database", "schema", "alias")
# What else is a change of a node, where no sub-selector of dbt's tells of it.
OTHER_FIELDS = {
    "model": ("fqn", "latest_version", "access", "deprecation_date"),
    "function": ("fqn", "arguments", "returns"),
    "source": ("fqn", "quoting", "freshness", "loaded_at_field", "external"),
    "exposure": ("fqn", "type", "owner", "maturity", "url", "description", "label"),
    "metric": ("type", "description", "label"),
    "semantic_model": (
        "model", "description", "defaults", "entities", "dimensions", "measures", "config",
        "primary_entity", "group",
    ),
    "saved_query": ("query_params", "description", "label", "config", "group", "exports", "tags"),
    "unit_test": ("checksum",),
}  # fmt: skip
# What :mod:`runner.dbt.unseen` puts at the end of the base's `fqn` of a node.
MARK = "changed vars: "
# What a pull request's readers miss when it is gone; tests go with their models.
NAMED = ("model", "seed", "snapshot", "function")

# A reason as :class:`runner.record.Selection` has it, and what it is about.
Reason = tuple[str, tuple[str, ...]]


class Difference:
    """Two manifests; nodes are found by their unique ids, whatever they are."""

    def __init__(self, base: dict[str, Any], head: dict[str, Any]) -> None:
        self.base = nodes(base)
        self.head = nodes(head)
        self._parents = head.get("parent_map", {})
        self._macros = head["macros"]
        self._changed_macros = changed_macros(base["macros"], self._macros)
        self.reasons = lru_cache(maxsize=None)(self._reasons)

    def selections(self, unique_ids: Mapping[str, bool] | None) -> Iterator[dict[str, Any]]:
        """A mapping for each reason of each node, as :class:`runner.record.Selection`.

        A node that neither changed nor descends from one that did has none: something else than
        state chose it. Where that can't be, which each unique id says, dbt saw what isn't seen here.
        None stands for all nodes of the head: those that changed and those that descend from them.
        """
        if unique_ids is None:
            unique_ids = dict.fromkeys(self.head, False)
        for unique_id, by_state_alone in unique_ids.items():
            if unique_id not in self.head or unique_id.startswith("operation."):
                continue
            reasons = self.reasons(unique_id)
            if not reasons and (nearest := self._nearest_changed(unique_id)):
                reasons = (("downstream", nearest),)
            if not reasons and by_state_alone:
                reasons = (("changed", ()),)
            parents = self._parents.get(unique_id, [])
            for reason, of in reasons:
                yield {"unique_id": unique_id, "reason": reason, "of": of, "parents": parents}

    def renamed(self) -> Iterator[dict[str, str]]:
        """A node that went and one that came with the same body, where no others have that body."""
        gone, new = self._by_body(self.base, self.head), self._by_body(self.head, self.base)
        for body, old in gone.items():
            if len(old) == 1 and len(new.get(body, ())) == 1:
                yield {"old": old[0], "new": new[body][0]}

    def deleted(self) -> list[str]:
        """The nodes that went and weren't renamed."""
        renamed = {each["old"] for each in self.renamed()}
        gone = (name for name, node in self.base.items() if node["resource_type"] in NAMED)
        return sorted(name for name in gone if name not in self.head and name not in renamed)

    def _reasons(self, unique_id: str) -> tuple[Reason, ...]:
        """Those of a node that is other than in the base; nothing where it is the same."""
        new, old = self.head[unique_id], self.base.get(unique_id)
        if old is None:
            return (("new", ()),)
        parts: list[Reason] = [(part, ()) for part, same in PARTS.items() if not same(old, new)]
        parts += [each for each in self._named(old, new) if each[1]]
        if not parts and not same_otherwise(old, new):
            return (("changed", ()),)
        return tuple(parts)

    def _named(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Reason]:
        """What else a node is made of and has changed, by its name."""
        if self._changed_macros:
            reached = macros_reached(new, self._macros)
            yield "macro", tuple(sorted(reached & self._changed_macros))
        yield "var", tuple(f"var.{new['package_name']}.{name}" for name in _mark(old))

    def _nearest_changed(self, unique_id: str) -> tuple[str, ...]:
        """The changed nodes that it descends from, those behind another changed one apart."""
        waiting, seen, found = [*self._parents.get(unique_id, [])], set(), set()
        while waiting:
            parent = waiting.pop()
            if parent in seen or parent not in self.head:
                continue
            seen.add(parent)
            if self.reasons(parent):
                found.add(parent)
            else:
                waiting += self._parents.get(parent, [])
        return tuple(sorted(found))

    def _by_body(self, there: dict[str, Any], elsewhere: dict[str, Any]) -> dict[Any, list[str]]:
        """The nodes that are there alone, by type and body."""
        found: dict[Any, list[str]] = {}
        for unique_id, node in there.items():
            if node["resource_type"] in NAMED and unique_id not in elsewhere:
                found.setdefault((node["resource_type"], body(node)), []).append(unique_id)
        return found


def explained(
    base: dict[str, Any], head: dict[str, Any], unique_ids: Mapping[str, bool] | None
) -> dict[str, list[Any]]:
    """As :class:`runner.dbt.explaining.Changes`."""
    difference = Difference(base, head)
    return {
        "selection": list(difference.selections(unique_ids)),
        "renamed": list(difference.renamed()),
        "deleted": difference.deleted(),
    }


def nodes(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: node for kind in KINDS for name, node in manifest.get(kind, {}).items()}


def changed_macros(base: dict[str, Any], head: dict[str, Any]) -> frozenset[str]:
    """Those that are new or say something else. One that went is no longer anybody's."""
    sql = {name: macro["macro_sql"] for name, macro in base.items()}
    return frozenset(name for name, macro in head.items() if macro["macro_sql"] != sql.get(name))


def macros_reached(node: dict[str, Any], macros: Mapping[str, Any]) -> set[str]:
    """The macros that a node depends on, however far away."""
    waiting: list[str] = [*_macros_that(node)]
    seen: set[str] = set()
    while waiting:
        macro = waiting.pop()
        if macro not in seen:
            seen.add(macro)
            waiting += _macros_that(macros.get(macro, {}))
    return seen


def body(node: dict[str, Any]) -> str:
    """What the node is made of: its code, or of a seed the checksum of its file."""
    if node["resource_type"] == "seed":
        return json.dumps(node["checksum"])
    return str(node.get("raw_code", ""))


def same_body(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return body(old) == body(new)


def same_config(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """As configured, not as rendered: what depends on the target doesn't differ by it."""
    return _compared(old) == _compared(new)


def same_relation(old: dict[str, Any], new: dict[str, Any]) -> bool:
    if new["resource_type"] == "source":
        keys = ("database", "schema", "identifier")
        return all(old.get(key) == new.get(key) for key in keys)
    if not _parsed(new):
        return True
    before, after = old.get("unrendered_config", {}), new.get("unrendered_config", {})
    return all(before.get(key) == after.get(key) for key in RELATION_CONFIGS)


def same_contract(old: dict[str, Any], new: dict[str, Any]) -> bool:
    if new["resource_type"] != "model":
        return True
    before, after = old["contract"], new["contract"]
    if not before["enforced"] and not after["enforced"]:
        return True
    same: bool = before["enforced"] == after["enforced"]
    return same and before.get("checksum") == after.get("checksum")


def same_description(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Only what is written into the warehouse counts."""
    persisted = (new.get("config") or {}).get("persist_docs") or {} if _parsed(new) else {}
    if persisted.get("relation") and old["description"] != new["description"]:
        return False
    return not persisted.get("columns") or _columns(old) == _columns(new)


PARTS = {
    "body": same_body,
    "config": same_config,
    "relation": same_relation,
    "contract": same_contract,
    "description": same_description,
}


def same_otherwise(old: dict[str, Any], new: dict[str, Any]) -> bool:
    kind = new["resource_type"]
    if kind == "exposure" and set(_parents_of(old)) != set(_parents_of(new)):
        return False
    fields = OTHER_FIELDS.get(kind, ("fqn",))
    return all(old.get(field) == new.get(field) for field in fields)


def _mark(node: dict[str, Any]) -> list[str]:
    last = (node.get("fqn") or [""])[-1]
    return last[len(MARK) :].split() if last.startswith(MARK) else []


def _parsed(node: dict[str, Any]) -> bool:
    """Whether it is one of the manifest's `nodes`, or a function, which dbt treats alike."""
    return "raw_code" in node


def _compared(node: dict[str, Any]) -> dict[str, Any]:
    kind, config = node["resource_type"], node.get("unrendered_config") or {}
    if kind == "test":
        return {key: value for key, value in config.items() if key in TEST_CONFIGS}
    if kind in NOTHING_LEFT_OUT:
        return dict(config)
    if kind in ("semantic_model", "saved_query", "unit_test"):
        return {}
    left_out = {"group"} if kind == "metric" else NOT_COMPARED
    return {key: value for key, value in config.items() if key not in left_out}


def _columns(node: dict[str, Any]) -> dict[str, str]:
    return {name: column["description"] for name, column in node["columns"].items()}


def _macros_that(node: dict[str, Any]) -> list[str]:
    macros: list[str] = (node.get("depends_on") or {}).get("macros") or []
    return macros


def _parents_of(node: dict[str, Any]) -> list[str]:
    parents: list[str] = (node.get("depends_on") or {}).get("nodes") or []
    return parents


def main(base: str, head: str) -> None:
    before, after = (json.loads(Path(each).read_bytes()) for each in (base, head))
    json.dump(explained(before, after, json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
