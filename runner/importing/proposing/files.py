"""Files of a repository, without what tools have put there; and YAML that dbt has yet to render."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from runner.dbt.profiles import not_yaml
from runner.errors import ConfigInvalid

# What is in these is made or installed, and is nobody's own word.
_PASSED_OVER = frozenset(
    {
        "__pycache__",
        "dbt_packages",
        "env",
        "logs",
        "node_modules",
        "site-packages",
        "target",
        "venv",
    }
)
_HIDDEN_BUT_READ = frozenset({".bolt", ".github"})
DEEPEST = 8
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def walked(root: Path) -> Iterator[Path]:
    """The files of a folder and of those below it, in the order of their names."""
    for folder, folders, names in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        kept = [name for name in folders if _is_read(name)] if depth < DEEPEST else []
        folders[:] = sorted(kept)
        yield from (Path(folder) / name for name in sorted(names))


def projects_below(folder: Path) -> list[Path]:
    """The folders with a dbt_project.yml: the folder itself, else those below it."""
    if (folder / "dbt_project.yml").is_file():
        return [folder]
    found = [path.parent for path in walked(folder) if path.name == "dbt_project.yml"]
    # A package's own tests are a project in the project.
    return [each for each in found if not any(other in each.parents for other in found)]


def read_mapping(path: Path) -> dict[str, Any]:
    """A YAML file of dbt's, its Jinja as it stands. Raises ConfigInvalid.

    The message has the place and no line of the file: one of profiles.yml may be a password.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe one
    except yaml.MarkedYAMLError as error:
        raise not_yaml(path, error) from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigInvalid(f"{path} can't be read", why=why or "") from None
    if not isinstance(content, dict):
        raise ConfigInvalid(
            f"{path} is not a mapping", hint="`dbt debug` says what dbt expects there"
        )
    return content


def _is_read(name: str) -> bool:
    return name in _HIDDEN_BUT_READ or not (name.startswith(".") or name in _PASSED_OVER)
