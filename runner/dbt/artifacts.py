"""What a dbt command did with each node, from the JSON files that it left in the target folder.

Used inside the worker, which runs under dbt's own interpreter, and as a process of its own, because
a large manifest would stay in the runner's memory:

``artifacts.py results FOLDER FILE…``    prints a JSON object a node of these files
``artifacts.py without SOURCE TARGET``   copies a manifest without the nodes named on standard input
``artifacts.py mask SOURCE TARGET``      copies JSON without the secrets given on standard input
``artifacts.py schemas MANIFEST``        prints a JSON list: each database and schema that it names

So it needs the standard library alone; Python 3.9 is enough.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:  # as `typing` has it, without the import
    from collections.abc import Iterator
    from typing import Any

RESULT_FILES = ("run_results.json", "sources.json")
# dbt says "runtime error" of a source whose freshness it couldn't ask for.
FRESHNESS_STATUS = {"runtime error": "error"}
RELATION_KEYS = frozenset({"alias", "database", "identifier", "relation_name", "schema"})
MASK = "***"
# The parts of a manifest that hold what a command may have a result for.
KINDS = ("sources", "exposures", "saved_queries", "functions", "unit_tests", "nodes")
LONGEST_MESSAGE = 64_000


class Artifacts:
    """The JSON files that one command wrote into dbt's target folder."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._before = {name: self._stamp(name) for name in RESULT_FILES}

    def written(self) -> list[str]:
        """The files with results that are new or have changed since this was made."""
        return [name for name, stamp in self._before.items() if self._stamp(name) != stamp]

    def read(self, written: list[str]) -> Iterator[dict[str, Any]]:
        """Each node's result in these files."""
        found = [result for name in written for result in self._read(name).get("results", [])]
        nodes = self._nodes() if found else {}
        for result in found:
            yield node_result(result, nodes.get(result["unique_id"], {}))

    def _nodes(self) -> dict[str, dict[str, Any]]:
        manifest = self._read("manifest.json")
        return {name: node for kind in KINDS for name, node in manifest.get(kind, {}).items()}

    def _read(self, name: str) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads((self._folder / name).read_bytes())
        except (OSError, ValueError):
            return {}  # dbt may die before or while it writes; what it printed says why
        return content

    def _stamp(self, name: str) -> tuple[int, int, int] | None:
        try:
            stat = (self._folder / name).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def node_result(result: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """A result of run_results.json or sources.json and its node of manifest.json, as one."""
    unique_id = result["unique_id"]
    message = (result.get("message") or result.get("error") or "")[:LONGEST_MESSAGE]
    return {
        "unique_id": unique_id,
        "status": FRESHNESS_STATUS.get(result["status"], result["status"]),
        "message": message,
        "started_at": _started_at(result),
        "seconds": result.get("execution_time") or 0.0,
        "rows_affected": (result.get("adapter_response") or {}).get("rows_affected"),
        "failures": result.get("failures"),
        "resource_type": node.get("resource_type") or unique_id.split(".")[0],
        "name": node.get("name") or unique_id.split(".")[-1],
        "fqn": node.get("fqn") or [],
        "file": node.get("original_file_path") or "",
        "attached_node": node.get("attached_node") or "",
        "column_name": node.get("column_name") or "",
        "compiled_path": node.get("compiled_path") or "",
        "relation": result.get("relation_name") or node.get("relation_name") or "",
        "database": node.get("database") or "",
        "schema": node.get("schema") or "",
    }


def _started_at(result: dict[str, Any]) -> str | None:
    """When dbt began with a node: its first timing; None where it skipped it."""
    timings = result.get("timing") or []
    started: str | None = timings[0].get("started_at") if timings else None
    return started


def without_nodes(manifest: dict[str, Any], unique_ids: list[str]) -> dict[str, Any]:
    nodes = {name: node for name, node in manifest["nodes"].items() if name not in set(unique_ids)}
    return {**manifest, "nodes": nodes}


def masked(value: Any, secrets: list[str]) -> Any:
    """The same structure, with each secret in its texts replaced; relations keep their names."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, list):
        return [masked(each, secrets) for each in value]
    if isinstance(value, dict):
        return {k: v if k in RELATION_KEYS else masked(v, secrets) for k, v in value.items()}
    return value


def rewrite(verb: str, source: str, target: str, words: list[str]) -> None:
    content = json.loads(Path(source).read_bytes())
    change = {"without": without_nodes, "mask": masked}[verb]
    with Path(target).open("w", encoding="utf-8") as file:
        json.dump(change(content, words), file)


def schemas(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    """Where the nodes and the sources of a manifest lie."""
    kinds = [manifest.get(kind, {}).values() for kind in ("nodes", "sources")]
    found = {(node.get("database"), node.get("schema")) for nodes in kinds for node in nodes}
    return sorted((database or "", schema) for database, schema in found if schema)


def main(verb: str, *arguments: str) -> None:
    if verb == "schemas":
        print(json.dumps(schemas(json.loads(Path(arguments[0]).read_bytes()))))
        return
    if verb != "results":
        rewrite(verb, arguments[0], arguments[1], json.load(sys.stdin))
        return
    for node in Artifacts(arguments[0]).read(list(arguments[1:])):
        print(json.dumps(node))


if __name__ == "__main__":
    main(*sys.argv[1:])
