"""The packages of the base commit: the pull request's, where they must be the same, or its own.

Installing them takes longest of all that a comparison needs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from runner.dbt.project import (
    PACKAGE_FILES,
    has_packages,
    local_packages,
    packages_path,
    read_project,
)
from runner.execution.project import Project

FILES = (*PACKAGE_FILES, "package-lock.yml")
# "shared": nothing to do. "own": to be installed. "in turn": to be installed where the head's may
# stand too, so that these have to be installed again before the head is parsed.
Packages = Literal["shared", "own", "in turn"]


def packages_of(base: Path, head: Project) -> Packages:
    """How the base, which is the project's folder there, gets its packages.

    A `local:` package is a part of the commit itself, unless it lies outside of the repository. What
    stands in the base where packages are installed is committed, and not the head's.
    """
    if not has_packages(base):
        return "shared"
    ours, theirs = packages_path(read_project(base)), head.packages_path
    if "{{" in ours:
        return "in turn"
    if not _ask_for_the_same(base, head.folder) or "{{" in theirs:
        return "in turn" if Path(ours).is_absolute() else "own"
    if base / ours == head.folder / theirs:
        return "shared"
    if os.path.lexists(base / ours):
        return "own"
    (base / ours).parent.mkdir(parents=True, exist_ok=True)
    (base / ours).symlink_to(head.folder / theirs)
    return "shared"


def _ask_for_the_same(base: Path, head: Path) -> bool:
    alike = all(_content(base / name) == _content(head / name) for name in FILES)
    return alike and not any(_in_the_commit(base, path) for path in local_packages(base))


def _in_the_commit(base: Path, package: str) -> bool:
    return "{{" in package or (base / package).exists()


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
