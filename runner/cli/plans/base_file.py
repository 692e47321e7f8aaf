"""The jobs file of a pull request's base: it decides what the pull request may reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.config import from_bytes
from runner.config.load import DEFAULT_FILES
from runner.errors import ConfigInvalid
from runner.git import file_at
from runner.model import Config


@dataclass(frozen=True, kw_only=True)
class BaseFile:
    """``config`` is None where the base has no jobs file or an invalid one; ``note`` says which."""

    config: Config | None
    note: str = ""


def load_base(path: Path, root: Path, ref: str, environ: Mapping[str, str]) -> BaseFile:
    """The jobs file ``path`` of the checkout ``root``, both resolved, as it is in another commit.

    Raises ConfigInvalid where that commit isn't here: nothing takes the base's place in silence.
    """
    for name in dict.fromkeys([path.name, *(file.name for file in DEFAULT_FILES)]):
        raw = file_at(root, ref, _below(path.with_name(name), root), environ)
        if raw is not None:
            return _loaded(path.with_name(name), raw)
    return BaseFile(config=None, note="the base has no jobs file, so no job of it runs")


def _loaded(path: Path, raw: bytes) -> BaseFile:
    loaded = from_bytes(path, raw)
    if loaded.config:
        return BaseFile(config=loaded.config)
    first = loaded.errors[0]
    note = (
        f"the base's jobs file is invalid, so no job of it runs: {first.what} (line {first.line})"
    )
    return BaseFile(config=None, note=note)


def _below(path: Path, root: Path) -> str:
    if not path.is_relative_to(root):
        raise ConfigInvalid(f"{path} is not in the checkout {root}")
    return path.relative_to(root).as_posix()
