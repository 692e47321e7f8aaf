"""From what the jobs file says under ``state:`` to the store that it means."""

from __future__ import annotations

from pathlib import Path

from runner.errors import ConfigInvalid, StateUnresolved
from runner.state.file_store import FileStore
from runner.state.files import Files
from runner.state.folder import Folder
from runner.state.objects import EXTRAS, Objects
from runner.state.store import StateStore

# This location's store is built from a whole Config: runner.state.github_store.
GITHUB = "github"


def open_store(location: str, root: Path) -> StateStore:
    """The store at the place of :func:`open_files`."""
    return FileStore(open_files(location, root))


def open_files(location: str, root: Path) -> Files:
    """The files of a folder, relative to ``root``, or at the URL of an object store.

    Raises :class:`ConfigInvalid` where the location can't be one, and :class:`StateUnresolved`
    where the package for it is missing or its settings don't suffice to reach it.
    """
    if location == GITHUB:
        raise StateUnresolved(
            "the state store 'github' can't be opened by its name alone",
            why="the artifacts of each job have a name of their own, and the jobs file names the jobs",
            hint="leave --state out, and set `state: github` in the jobs file",
        )
    scheme, separator, rest = location.partition("://")
    if not separator:
        return Folder(root / Path(location).expanduser())
    _refuse_credentials(scheme, rest)
    if scheme not in EXTRAS:
        known = ", ".join(f"{name}://" for name in EXTRAS)
        raise ConfigInvalid(
            f"state can't live at {location}: {scheme}:// is not a scheme of an object store",
            hint=f"use a folder or one of {known}",
        )
    if not rest.strip("/"):
        raise ConfigInvalid(f"{location} names no bucket", hint=f"write {scheme}://bucket/prefix")
    return Objects(location)


def _refuse_credentials(scheme: str, rest: str) -> None:
    """A jobs file is versioned: a secret in it is everybody's.

    Azure's ``container@account`` is no secret; a query may hold a signature.
    """
    bucket = rest.split("/", 1)[0]
    user, at, _ = bucket.rpartition("@")
    azure = scheme in ("az", "abfs", "abfss")
    if (at and (":" in user or not azure)) or "?" in rest or "#" in rest:
        raise ConfigInvalid(
            f"the location of state, {scheme}://…, holds a user, a password or a query",
            why="a jobs file is versioned, and everybody who reads it would have them",
            hint="leave scheme://bucket/prefix alone, and log in through the environment",
        )
