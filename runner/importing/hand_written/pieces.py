"""The jobs of a workflow, in the pieces that become jobs of the jobs file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runner.config.nodes import Mapping as Node
from runner.config.nodes import Scalar, plain
from runner.importing.commands import StepOf
from runner.importing.hand_written.script import Command, commands
from runner.importing.reading import text_of

# Which events a step runs for: any, those of pull requests, or the others.
Part = Literal["any", "pull_request", "others"]

_EVENT = re.compile(r"github\.event_name\s*(==|!=)\s*['\"](\w+)['\"]")
_NO_CONDITION = ("", "success()", "true")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One step of a workflow's job, or one line of its script. ``place`` is its file and line.

    ``part`` is None where its condition isn't understood; ``folder`` is where it runs.
    """

    place: str
    data: Mapping[str, Any]
    command: Command | None
    part: Part | None
    folder: str

    @property
    def steps(self) -> tuple[StepOf, ...]:
        return self.command.steps if self.command and self.part else ()

    def belongs(self, pull_request: bool) -> bool:
        return self.part in ("any", "pull_request" if pull_request else "others")


def pieces(body: Node, file: str, folder: str) -> Iterator[Piece]:
    """Every step of a job in order; of a script each line that says something."""
    for node in body.mappings("steps"):
        data = {key: plain(entry.node) for key, entry in node.entries.items()}
        part = part_of(data.get("if"))
        where = text_of(data.get("working-directory")) or folder
        script = node.scalar("run")
        if script is None:
            place = f"{file}:{node.span.line}"
            yield Piece(place=place, data=data, command=None, part=part, folder=where)
            continue
        first = script.span.line + _is_block(script)
        for command in commands(str(script.text)):
            if command.kind == "folder":
                where = f"{where}/{command.folder}"
            place = f"{file}:{first + command.line}"
            yield Piece(place=place, data=data, command=command, part=part, folder=where)


def part_of(condition: Any) -> Part | None:
    """For which events a condition holds; None where that isn't understood."""
    text = re.sub(r"^\$\{\{\s*(.*?)\s*\}\}$", r"\1", "" if condition is None else str(condition))
    if text.lower() in _NO_CONDITION:
        return "any"
    event = _EVENT.fullmatch(text.strip())
    if not event:
        return None
    pull_request = event[2] == "pull_request"
    if event[1] == "==":
        return "pull_request" if pull_request else None
    return "others" if pull_request else None


def _is_block(script: Scalar) -> int:
    """1 where the text starts below its ``|``, as that of several lines does."""
    return int(not script.plain and "\n" in script.text)
