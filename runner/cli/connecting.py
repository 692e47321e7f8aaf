"""GitHub, as this command reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from runner.git import origin
from runner.model import Config

if TYPE_CHECKING:
    from runner.github.client import GitHub


def connect(config: Config, environ: Mapping[str, str]) -> GitHub:
    """Imported late: PyGithub takes its time. Raises NotConnected."""
    from runner.github.client import GitHub
    from runner.github.connection import connection_of

    return GitHub(connection_of(environ, origin(config.root, environ)))
