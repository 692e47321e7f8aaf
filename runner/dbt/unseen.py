"""Changes that `state:modified` doesn't see: the value of a var, and a seed over 1 MiB.

It compares the text of a node, and such a seed's path. So the manifest that dbt compares with is told:
the `fqn` there of a node that uses a changed var ends in a mark that no other `fqn` has, and to dbt a node
whose `fqn` changed is modified (:mod:`runner.dbt.changes` reads the mark); the seed gets another checksum.

``python -m runner.dbt.unseen MANIFEST`` marks a manifest in place for an :class:`Unseen` on standard input.
"""

from __future__ import annotations

import filecmp
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.dbt.changes import MARK, macros_reached

# `var('name')`; a name that is put together in Jinja can't be seen.
USE = re.compile(r"""\bvar\s*\(\s*["']([^"']+)["']""")


# From dbt/constants.py: what is larger isn't read to compare it.
MAXIMUM_SEED_SIZE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """``vars`` are [package, name], the package "" for all; ``seeds`` are paths in the project."""

    vars: list[list[str]]
    seeds: list[str]


def changed_seeds(base: Path, head: Path) -> list[str]:
    """The large seeds of two folders that differ, by their paths in both."""
    large = (each for each in base.rglob("*.csv") if each.stat().st_size > MAXIMUM_SEED_SIZE)
    paths = sorted(each.relative_to(base) for each in large)
    return [
        path.as_posix()
        for path in paths
        if (head / path).is_file() and not filecmp.cmp(base / path, head / path, shallow=False)
    ]


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


def marked(manifest: dict[str, Any], unseen: Unseen) -> dict[str, Any]:
    """The manifest, with the nodes marked that an unseen change is about; it is changed in place."""
    _mark_seeds(manifest, unseen.seeds)
    uses = {name: _used(macro["macro_sql"]) for name, macro in manifest["macros"].items()}
    for node in manifest["nodes"].values():
        parts = (node.get(part) for part in ("raw_code", "unrendered_config", "test_metadata"))
        used = set().union(*(_used(part) for part in parts))
        for macro in macros_reached(node, manifest["macros"]):
            used |= uses.get(macro, set())
        names = {n for package, n in unseen.vars if package in ("", node["package_name"])}
        if names & used:
            node["fqn"] = [*node["fqn"], MARK + " ".join(sorted(names & used))]
    return manifest


def _mark_seeds(manifest: dict[str, Any], paths: list[str]) -> None:
    project = manifest["metadata"]["project_name"]
    for node in manifest["nodes"].values():
        own = node["resource_type"] == "seed" and node["package_name"] == project
        if own and node["original_file_path"] in paths:
            node["checksum"] = {"name": "path", "checksum": "another file at the same path"}


def _values(project: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    for name, value in (project.get("vars") or {}).items():
        yield ("", name), value
        if isinstance(value, dict):  # those of a package, as far as one can see
            yield from (((name, inner), each) for inner, each in value.items())


def _used(part: object) -> set[str]:
    text = part if isinstance(part, str) else json.dumps(part).replace('\\"', '"')
    return set(USE.findall(text))


def main(path: str) -> None:
    manifest = marked(json.loads(Path(path).read_bytes()), Unseen(**json.load(sys.stdin)))
    with Path(path).open("w", encoding="utf-8") as file:
        json.dump(manifest, file)
    json.dump(None, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
