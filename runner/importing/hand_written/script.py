"""A ``run:`` script: its dbt commands, its manifests from elsewhere, and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from runner.importing.commands import StepOf, steps_of
from runner.importing.shell import lines

Kind = Literal["dbt", "folder", "install", "state", "other"]

_DBT = re.compile(
    r"(\w+=\S*\s+)*((uv|poetry|pipenv|pdm|hatch|rye)\s+run\s+|python3?\s+-m\s+)?dbt(\s|$)"
)
_FOLDER = re.compile(r"cd\s+([\w./-]+)")
_INSTALL = re.compile(
    r"((python3?\s+-m|uv)\s+)?(pip3?|poetry|uv|pipenv|pdm)\s+(install|sync|add)\b"
)
# Copies of a manifest or of run results, from or to where state is kept.
_STATE = re.compile(
    r"(aws\s+s3|gsutil|gcloud\s+storage|az\s+storage|azcopy|curl|wget|gh\s+run\s+download)\b"
)
_FILES = re.compile(r"manifest\.json|run_results\.json|sources\.json|\bstate\b|\btarget/")


@dataclass(frozen=True, kw_only=True)
class Command:
    """A line of a script. ``line`` counts from 0; ``steps`` are those of a dbt command, else none."""

    line: int
    text: str
    kind: Kind
    steps: tuple[StepOf, ...] = ()
    folder: str = ""


def commands(script: str) -> Iterator[Command]:
    """The lines of a script that say something, with continued ones as one."""
    for number, text in _logical_lines(script):
        if text and not text.startswith("#"):
            yield from _commands(number, text)


def _commands(number: int, text: str) -> Iterator[Command]:
    found = list(lines(text))
    if any(line.sign for line in found) and not all(_DBT.match(line.text) for line in found):
        yield _command(number, text)
        return
    for line in found:
        yield _command(number, line.text)


def _command(number: int, text: str) -> Command:
    if _DBT.match(text):
        return Command(line=number, text=text, kind="dbt", steps=steps_of(text))
    if folder := _FOLDER.fullmatch(text):
        return Command(line=number, text=text, kind="folder", folder=folder[1])
    if _INSTALL.match(text):
        return Command(line=number, text=text, kind="install")
    if _STATE.match(text) and _FILES.search(text):
        return Command(line=number, text=text, kind="state")
    return Command(line=number, text=text, kind="other")


def _logical_lines(script: str) -> Iterator[tuple[int, str]]:
    said, start = "", 0
    for number, line in enumerate(script.splitlines()):
        start = start if said else number
        if line.rstrip().endswith("\\"):
            said += f"{line.rstrip()[:-1]} "
            continue
        yield start, f"{said}{line}".strip()
        said = ""
    if said:
        yield start, said.strip()
