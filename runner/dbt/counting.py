"""How many nodes a step selects, by a manifest at hand: only of selections that leave no doubt.

What dbt alone can resolve, such as ``state:``, selectors.yml or wildcards, isn't guessed. Tests aren't
counted: which of them a selection takes along is dbt's own matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.dbt.project import NotAManifest
from runner.steps import EXCLUDE_OPTIONS, SELECT_OPTIONS, Step

# Which kinds of nodes a command is about.
KINDS = {
    "build": ("model", "seed", "snapshot"),
    "run": ("model",),
    "seed": ("seed",),
    "snapshot": ("snapshot",),
}
Node = Mapping[str, Any]
Nodes = Mapping[str, Node]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Numbers by kind, by the first folder of a model, and by tag; the largest first."""

    kinds: Mapping[str, int]
    layers: Mapping[str, int]
    tags: Mapping[str, int]


def read_nodes(manifest: Path) -> Nodes:
    """Raises FileNotFoundError without one, and NotAManifest."""
    import orjson  # late: a manifest is seldom asked for

    try:
        nodes = orjson.loads(manifest.read_bytes())["nodes"]
        return {name: node for name, node in nodes.items() if node["fqn"] and "tags" in node}
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAManifest(f"{manifest.name} is not a manifest of dbt: {error}") from error


def counted_nodes(nodes: Nodes, step: Step) -> Counted | None:
    """None where dbt alone knows."""
    if step.command not in KINDS or step.option("--selector", "--resource-type") is not None:
        return None
    kinds = KINDS[step.command]
    about = {name: node for name, node in nodes.items() if node.get("resource_type") in kinds}
    criteria = list(step.criteria())
    chosen = _union(about, [value for option, value in criteria if option in SELECT_OPTIONS])
    left = _union(about, [value for option, value in criteria if option in EXCLUDE_OPTIONS])
    if chosen is None or left is None:
        return None
    everything = not any(option in SELECT_OPTIONS for option, _ in criteria)
    names = (set(about) if everything else chosen) - left
    return _counted([about[name] for name in names])


def _union(nodes: Nodes, criteria: Iterable[str]) -> set[str] | None:
    found: set[str] = set()
    for criterion in criteria:
        parts = [_matching(nodes, part) for part in criterion.split(",")]
        if None in parts:
            return None
        found |= set.intersection(*(part for part in parts if part is not None))
    return found


def _matching(nodes: Nodes, part: str) -> set[str] | None:
    """None where it isn't the plain name, tag, package, kind or folder of something."""
    method, colon, value = part.rpartition(":")
    if not value or set(value) & set("+@*?[]") or set(method) & set("+@"):
        return None
    if colon:
        return _by_method(nodes, method, value)
    if "/" in value or "." in value:
        return None
    by_name = {
        name for name, node in nodes.items() if value in (node.get("name"), *node["fqn"][:-1])
    }
    return by_name or None


def _by_method(nodes: Nodes, method: str, value: str) -> set[str] | None:
    if method == "tag":
        return {name for name, node in nodes.items() if value in node["tags"]}
    if method == "package" and value != "this":
        return {name for name, node in nodes.items() if node["fqn"][0] == value}
    if method == "resource_type":
        return {name for name, node in nodes.items() if node["resource_type"] == value}
    if method == "path":
        below = f"{value.rstrip('/')}/"
        return {
            name
            for name, node in nodes.items()
            if f"{node.get('original_file_path', '')}/".startswith(below)
        }
    return None


def _counted(nodes: Iterable[Node]) -> Counted:
    nodes = list(nodes)
    models = [node for node in nodes if node["resource_type"] == "model"]
    layers = [str(node["fqn"][1]) for node in models if len(node["fqn"]) > 2]
    return Counted(
        kinds=_numbers(node["resource_type"] for node in nodes),
        layers=_numbers(layers),
        tags=_numbers(str(tag) for node in nodes for tag in set(node["tags"])),
    )


def _numbers(names: Iterable[str]) -> dict[str, int]:
    ordered = sorted(Counter(names).items(), key=lambda each: (-each[1], each[0]))
    return dict(ordered)
