"""Nodes that use a var whose value changed: `state:modified` doesn't see them, for it compares text.

So the manifest that dbt compares with is told: such a node's `fqn` there ends in a mark that no other
`fqn` has, and to dbt a node whose `fqn` changed is modified. :mod:`runner.dbt.changes` reads the mark.

``python -m runner.dbt.changed_vars MANIFEST`` marks a manifest in place for the vars on standard input.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.dbt.changes import MARK, macros_reached

# `var('name')`; a name that is put together in Jinja can't be seen.
USE = re.compile(r"""\bvar\s*\(\s*["']([^"']+)["']""")


def changed_vars(
    base: Mapping[str, Any], head: Mapping[str, Any], given: Mapping[str, Any]
) -> list[list[str]]:
    """[package, name] of each var of dbt_project.yml with another value; the package is "" for all.

    ``given`` are the vars of the command line, which stand before those of the project.
    """
    before, after = dict(_values(base)), dict(_values(head))
    unset = object()
    changed = {
        each for each in {*before, *after} if before.get(each, unset) != after.get(each, unset)
    }
    return sorted([package, name] for package, name in changed if name not in given)


def marked(manifest: dict[str, Any], changed: list[list[str]]) -> dict[str, Any]:
    """The manifest, with the nodes that use one of these vars marked; it is changed in place."""
    uses = {name: _used(macro["macro_sql"]) for name, macro in manifest["macros"].items()}
    for node in manifest["nodes"].values():
        parts = (node.get(part) for part in ("raw_code", "unrendered_config", "test_metadata"))
        used = set().union(*(_used(part) for part in parts))
        for macro in macros_reached(node, manifest["macros"]):
            used |= uses.get(macro, set())
        names = {n for package, n in changed if package in ("", node["package_name"])}
        if names & used:
            node["fqn"] = [*node["fqn"], MARK + " ".join(sorted(names & used))]
    return manifest


def _values(project: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    for name, value in (project.get("vars") or {}).items():
        yield ("", name), value
        if isinstance(value, dict):  # those of a package, as far as one can see
            yield from (((name, inner), each) for inner, each in value.items())


def _used(part: object) -> set[str]:
    text = part if isinstance(part, str) else json.dumps(part).replace('\\"', '"')
    return set(USE.findall(text))


def main(path: str) -> None:
    manifest = marked(json.loads(Path(path).read_bytes()), json.load(sys.stdin))
    with Path(path).open("w", encoding="utf-8") as file:
        json.dump(manifest, file)
    json.dump(None, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
