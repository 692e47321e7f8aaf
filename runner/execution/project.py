"""The dbt project of a run, and what dbt leaves in its target folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.dbt.project import packages_path, read_project, target_path

MANIFEST = "manifest.json"
DOCS = ("catalog.json", "index.html")


@dataclass(frozen=True, kw_only=True)
class Project:
    """``name`` is dbt's; ``target_path`` is as dbt is told it, ``target`` the folder it means.

    ``manifest_before`` tells a manifest that this run wrote from one that was there.
    """

    folder: Path
    name: str
    target_path: str
    packages_path: str
    manifest_before: tuple[int, int] | None

    @property
    def target(self) -> Path:
        return self.folder / self.target_path

    def artifacts(self, docs: bool) -> list[Path]:
        """Those of dbt's artifacts of a whole run that this run has written."""
        if _stamp(self.target / MANIFEST) == self.manifest_before:
            return []
        return [self.target / name for name in (MANIFEST, *(DOCS if docs else ()))]


def open_project(folder: Path, environ: Mapping[str, str]) -> Project:
    """Raises ConfigInvalid where it isn't a dbt project."""
    content = read_project(folder)
    target = target_path(content, environ)
    return Project(
        folder=folder,
        name=str(content.get("name", "")),
        target_path=target,
        packages_path=packages_path(content),
        manifest_before=_stamp(folder / target / MANIFEST),
    )


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino
