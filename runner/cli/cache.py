"""Where this machine keeps what it would otherwise fetch or install again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where installed dbts are kept: DBT_GITOPS_CACHE, or the user's cache folder."""
    if environ.get("DBT_GITOPS_CACHE"):
        return Path(environ["DBT_GITOPS_CACHE"]).expanduser().absolute()
    home = environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "dbt-gitops"
