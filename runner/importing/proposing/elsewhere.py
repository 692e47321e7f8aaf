"""Other schedulers that the repository has files of, and the command that imports each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from runner.workflow import PATH

# More bytes than these are no file that a person has written.
MOST_BYTES = 1 << 20
_RUNS_DBT = re.compile(
    r"^\s*(?:-\s*)?(?:run:\s*)?[^#\n]*\bdbt (?:build|run|test|seed|snapshot)\b", re.MULTILINE
)
_CLOUD_JOB = re.compile(r"""resource\s+"dbtcloud_job\"""")
_AS_CODE = re.compile(r"^jobs:", re.MULTILINE), re.compile(r"^\s+account_id:", re.MULTILINE)


def imports(root: Path, files: Iterable[Path]) -> dict[str, list[str]]:
    """The files of each source of ``dbt-gitops import``, from the root of the repository."""
    found: dict[str, list[str]] = {}
    for path in files:
        source = _source(path, path.relative_to(root))
        if source:
            found.setdefault(source, []).append(path.relative_to(root).as_posix())
    return found


def import_command(source: str, names: list[str]) -> str:
    return f"dbt-gitops import {source} {' '.join(map(quote, names))}"


def _source(path: Path, name: Path) -> str:
    if name.parts[0] == ".bolt" or name.stem == "paradime_schedules":
        return "bolt" if path.suffix in (".yml", ".yaml") else ""
    if path.suffix == ".tf":
        return "terraform" if _CLOUD_JOB.search(_text(path)) else ""
    if path.suffix not in (".yml", ".yaml"):
        return ""
    if name.parts[:2] == (".github", "workflows"):
        ours = name.as_posix() == PATH
        return "workflow" if not ours and _RUNS_DBT.search(_text(path)) else ""
    text = _text(path)
    return "jobs-as-code" if all(sign.search(text) for sign in _AS_CODE) else ""


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
