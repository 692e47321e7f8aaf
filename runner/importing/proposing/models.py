"""What a project builds: from its manifest where there is one, else lightly from its files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from runner.dbt.project import target_path
from runner.errors import ConfigInvalid
from runner.importing.proposing.files import read_mapping

_CONFIG = re.compile(r"\bconfig\s*\((.*?)\)\s*(?:\}\}|$)", re.DOTALL | re.MULTILINE)
_MATERIALIZED = re.compile(r"""materialized\s*=\s*["'](\w+)["']""")
_TAGS = re.compile(r"""tags\s*=\s*(\[[^\]]*\]|["'][^"']*["'])""")
_QUOTED = re.compile(r"""["']([^"']+)["']""")


@dataclass(kw_only=True)
class Contents:
    """Counts of what is the project's own; ``tags`` and ``materialized`` those of its models.

    ``by`` names where they come from; ``unread`` are files that are no YAML.
    """

    by: str = "its files"
    models: int = 0
    seeds: int = 0
    snapshots: int = 0
    sources_with_freshness: int = 0
    adapter: str = ""
    dbt_version: str = ""
    materialized: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    unread: list[Path] = field(default_factory=list)

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """The materializations, the most frequent first."""
        return _ranked(self.materialized)

    @property
    def ranked_tags(self) -> list[tuple[str, int]]:
        return _ranked(self.tags)

    @property
    def incremental(self) -> int:
        return self.materialized["incremental"]


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """The same on every machine, in whatever order files come."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def contents(folder: Path, project: Mapping[str, Any], environ: Mapping[str, str]) -> Contents:
    manifest = folder / target_path(project, environ) / "manifest.json"
    if manifest.is_file():
        found = _of_manifest(manifest, str(project.get("name")))
        if found:
            return found
    return _of_files(folder, project)


def _of_manifest(path: Path, name: str) -> Contents | None:
    """None where it isn't one of this project: it is only a help."""
    try:
        manifest = orjson.loads(path.read_bytes())
        metadata = manifest["metadata"]
        if metadata.get("project_name") != name:
            return None
        found = Contents(
            by="target/manifest.json",
            adapter=metadata.get("adapter_type") or "",
            dbt_version=metadata.get("dbt_version") or "",
        )
        for node in manifest["nodes"].values():
            if node["package_name"] == name:
                _add_node(found, node)
        for source in manifest["sources"].values():
            fresh = source.get("freshness") or {}
            limits = [fresh.get("warn_after") or {}, fresh.get("error_after") or {}]
            found.sources_with_freshness += any(limit.get("count") for limit in limits)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return found


def _add_node(found: Contents, node: Mapping[str, Any]) -> None:
    kind = node["resource_type"]
    found.seeds += kind == "seed"
    found.snapshots += kind == "snapshot"
    if kind == "model":
        _add_model(found, node["config"].get("materialized"), node.get("tags") or [])


def _add_model(found: Contents, materialized: object, tags: object) -> None:
    found.models += 1
    found.materialized[str(materialized or "view")] += 1
    named = [tags] if isinstance(tags, str) else tags if isinstance(tags, list) else []
    found.tags.update({str(tag) for tag in named if "{" not in str(tag)})


def _of_files(folder: Path, project: Mapping[str, Any]) -> Contents:
    found = Contents()
    described: dict[str, dict[str, Any]] = {}
    for content in _schema_files(folder, project, found):
        for model in _mappings(content.get("models")):
            described[str(model.get("name"))] = model
        found.snapshots += len(_mappings(content.get("snapshots")))
        found.sources_with_freshness += sum(map(_fresh_tables, _mappings(content.get("sources"))))
    for base, path in _below(folder, project, "model-paths", "models", ("*.sql", "*.py")):
        model = described.get(path.stem, {})
        settings = [*_of_project(project, path.relative_to(base)), model, _mapping(model, "config")]
        _add_settings(found, [*settings, _of_text(path.read_text("utf-8", "replace"))])
    found.seeds = len([*_below(folder, project, "seed-paths", "seeds", ("*.csv",))])
    found.snapshots += sum(
        path.read_text("utf-8", "replace").count("{% snapshot ")
        for _, path in _below(folder, project, "snapshot-paths", "snapshots", ("*.sql",))
    )
    return found


def _below(
    folder: Path, project: Mapping[str, Any], key: str, otherwise: str, patterns: tuple[str, ...]
) -> Iterator[tuple[Path, Path]]:
    """Each (base, file) of a list of folders of dbt_project.yml."""
    named = project.get(key)
    for name in named if isinstance(named, list) else [otherwise]:
        for pattern in patterns:
            yield from ((folder / str(name), path) for path in (folder / str(name)).rglob(pattern))


def _schema_files(
    folder: Path, project: Mapping[str, Any], found: Contents
) -> Iterator[dict[str, Any]]:
    places = (("model-paths", "models"), ("snapshot-paths", "snapshots"))
    for key, otherwise in places:
        for _, path in _below(folder, project, key, otherwise, ("*.yml", "*.yaml")):
            yield from _schema_file(path, found)


def _schema_file(path: Path, found: Contents) -> Iterator[dict[str, Any]]:
    try:
        yield read_mapping(path)
    except ConfigInvalid:
        found.unread.append(path)


def _of_project(project: Mapping[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """The settings of dbt_project.yml for a model, the outermost first."""
    level = _mapping(project, "models")
    yield level
    for part in (str(project.get("name")), *path.parent.parts, path.stem):
        level = _mapping(level, part)
        yield level


def _of_text(text: str) -> dict[str, Any]:
    """What `config(…)` in a model says in plain words."""
    words = " ".join(_CONFIG.findall(text))
    materialized, tags = _MATERIALIZED.search(words), _TAGS.search(words)
    return {
        "materialized": materialized[1] if materialized else None,
        "tags": _QUOTED.findall(tags[1]) if tags else None,
    }


def _add_settings(found: Contents, settings: list[dict[str, Any]]) -> None:
    """The last word on the materialization counts, and all tags do."""
    materialized, tags = None, []
    for each in settings:
        materialized = _setting(each, "materialized") or materialized
        more = _setting(each, "tags") or []
        tags += more if isinstance(more, list) else [more]
    _add_model(found, materialized, tags)


def _setting(settings: Mapping[str, Any], key: str) -> Any:
    """`materialized` may be the name of a folder too; `+materialized` isn't."""
    value = settings.get(f"+{key}", settings.get(key))
    return None if isinstance(value, dict) else value


def _fresh_tables(source: Mapping[str, Any]) -> int:
    own = _freshness(source)
    return sum(bool(_freshness(table, own)) for table in _mappings(source.get("tables")))


def _freshness(of: Mapping[str, Any], otherwise: Any = None) -> Any:
    within = _mapping(of, "config")
    return of.get("freshness", within.get("freshness", otherwise))


def _mapping(of: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
