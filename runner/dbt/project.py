"""What the runner itself reads of a dbt project: a few words of dbt_project.yml and of artifacts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from runner.errors import ConfigInvalid

PACKAGE_FILES = ("packages.yml", "dependencies.yml")
LOCAL = re.compile(r"""\blocal["']?\s*:\s*["']?([^"',}#\n]+)""")
# dbt writes a manifest's metadata first; what is beyond this can be tens of megabytes.
HEAD_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class ManifestMetadata:
    """Who wrote a manifest, and when, None where that can't be read.

    ``schema_version`` is dbt's URL of the schema.
    """

    project: str
    dbt_version: str
    schema_version: str
    generated_at: datetime | None = None


class NotAManifest(ValueError):
    """The file isn't a manifest of dbt."""


def read_project(folder: Path) -> dict[str, Any]:
    """dbt_project.yml as a mapping, its Jinja as it stands."""
    path = folder / "dbt_project.yml"
    try:
        project = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigInvalid(
            f"{folder} is not a dbt project",
            why="it has no dbt_project.yml",
            hint="name the project's folder in the jobs file: `project: path/to/project`",
        ) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigInvalid(f"{path} can't be read", why=str(error)) from error
    if not isinstance(project, dict):
        raise ConfigInvalid(f"{path} is not a mapping")
    return project


def target_path(project: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """dbt's target folder, relative to the project.

    The job sets DBT_TARGET_PATH to it, so that dbt uses the same one where Jinja stands there.
    """
    configured = str(project.get("target-path", "target"))
    default = "target" if "{{" in configured else configured
    return environ.get("DBT_TARGET_PATH") or default


def has_packages(folder: Path) -> bool:
    """Whether ``dbt deps`` has anything to do."""
    for name in PACKAGE_FILES:
        path = folder / name
        if path.is_file() and re.search(
            r"^\s*packages\s*:", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            return True
    return False


def local_packages(folder: Path) -> list[str]:
    """The folders of `local:` packages, as they stand there, even if in a comment; Jinja is cut off."""
    files = [folder / name for name in PACKAGE_FILES if (folder / name).is_file()]
    found = [LOCAL.findall(file.read_text(encoding="utf-8")) for file in files]
    return [path.strip() for paths in found for path in paths]


def packages_path(project: Mapping[str, Any]) -> str:
    """Where dbt installs packages, relative to the project, its Jinja as it stands."""
    return str(project.get("packages-install-path", "dbt_packages"))


def manifest_metadata(path: Path) -> ManifestMetadata:
    """The metadata of a manifest.json; raises :class:`NotAManifest`."""
    try:
        metadata = _metadata(path)
        return ManifestMetadata(
            project=str(metadata.get("project_name") or ""),
            dbt_version=str(metadata["dbt_version"]),
            schema_version=str(metadata["dbt_schema_version"]),
            generated_at=_moment(str(metadata.get("generated_at"))),
        )
    except (OSError, UnicodeDecodeError, ValueError, LookupError, TypeError) as error:
        raise NotAManifest(f"{path} is not a manifest of dbt: {error}") from error


def _moment(text: str) -> datetime | None:
    """dbt writes UTC, some versions without saying so."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _metadata(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as file:
        head = file.read(HEAD_BYTES)
    start = re.match(r'\s*\{\s*"metadata"\s*:\s*', head)
    if start:
        metadata, _ = json.JSONDecoder().raw_decode(head, start.end())
    else:
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    if not isinstance(metadata, dict):
        raise TypeError("its metadata is not an object")
    return metadata
