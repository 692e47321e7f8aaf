"""Whether an adapter can clone tables, and which models are incremental.

``python -m runner.dbt.clonable MANIFEST`` prints both, as :class:`runner.dbt.explaining.Clonable`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

# It says that it can, and then refuses every table that isn't in Delta's format.
SAYS_TOO_MUCH = frozenset({"spark"})


def can_clone(manifest: dict[str, Any]) -> bool:
    """What `can_clone_table` of the adapter returns; the project's own stands before the adapter's."""
    metadata = manifest["metadata"]
    if metadata.get("adapter_type") in SAYS_TOO_MUCH:
        return False
    names = [f"{kind}__can_clone_table" for kind in (metadata.get("adapter_type"), "default")]
    macros = [each for each in manifest["macros"].values() if each["name"] in names]
    if not macros:
        return False

    def place(macro: dict[str, Any]) -> tuple[int, bool]:
        return names.index(macro["name"]), macro["package_name"] != metadata.get("project_name")

    return bool(re.search(r"return\(\s*true", min(macros, key=place)["macro_sql"], re.IGNORECASE))


def incremental(manifest: dict[str, Any]) -> list[str]:
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return [
        each["unique_id"] for each in models if each["config"].get("materialized") == "incremental"
    ]


def main(path: str) -> None:
    manifest = json.loads(Path(path).read_bytes())
    adapter = manifest["metadata"].get("adapter_type") or ""
    found = {"can_clone": can_clone(manifest), "incremental": incremental(manifest)}
    json.dump({**found, "adapter": adapter}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
