"""What an import would change in a jobs file that is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runner.config.difference import Difference, difference
from runner.importing.draft import Draft
from runner.importing.writing import config_of, drafted
from runner.model import Config


@dataclass(frozen=True, kw_only=True)
class Drift:
    """``besides`` are jobs that the file has alone: they are no drift."""

    difference: Difference
    besides: tuple[str, ...]


def drift(draft: Draft, path: Path, there: str, now: datetime) -> Drift:
    """From the file to what the source says; what only the file says doesn't count."""
    config = config_of(path, there)
    wanted = config_of(path, drafted(draft, there))
    return Drift(
        difference=difference(config, wanted, now),
        besides=besides(draft, config),
    )


def besides(draft: Draft, config: Config) -> tuple[str, ...]:
    """The jobs that the file has and the source has not."""
    return tuple(name for name in config.jobs if name not in draft.jobs)
