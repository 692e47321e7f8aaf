"""GitHub, as this command reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from runner.git import origin

if TYPE_CHECKING:
    from runner.github.client import GitHub


def connect(folder: Path, environ: Mapping[str, str]) -> GitHub:
    """``folder`` is in the checkout. Imported late: PyGithub takes its time. Raises NotConnected."""
    from runner.github.client import GitHub
    from runner.github.connection import connection_of

    return GitHub(connection_of(environ, origin(folder, environ)))
