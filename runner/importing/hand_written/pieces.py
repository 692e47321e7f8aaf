"""The jobs of a workflow, in the pieces that become jobs of the jobs file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from runner.config.nodes import Mapping as Node
from runner.config.nodes import Scalar, Sequence, plain
from runner.importing.commands import FLAGS, StepOf, builds, steps_of
from runner.importing.hand_written.literals import literals_of, resolved
from runner.importing.hand_written.masks import MASK, script_without_values, without_values
from runner.importing.hand_written.script import Command, commands, relative
from runner.importing.reading import text_of
from runner.secrecy import looks_secret

PROFILES = "DBT_PROFILES_DIR"
PROJECT = "DBT_PROJECT_DIR"
_OR_TRUE = re.compile(r"\s*\|\|\s*(true|:)\s*$")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One step of a workflow's job, or one line of its script.

    ``index`` is the step's place in its job; ``place`` is the piece's file and line; ``folder`` is where
    it runs, from the repository; ``exports`` are the variables of the lines above it, ``variables`` all
    that it sees. ``lost`` is a dbt command that builds or tests something and that can't be read.
    ``may_fail`` is what doesn't end the job when it fails.
    """

    index: int
    place: str
    data: Mapping[str, Any]
    command: Command | None
    folder: str
    exports: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    lost: bool = False
    may_fail: bool = False

    @property
    def builds(self) -> bool:
        """Whether its text has a dbt command that builds or tests something."""
        return bool(self.command and builds(self.command.text))

    @property
    def steps(self) -> tuple[StepOf, ...]:
        return self.command.steps if self.command else ()

    @property
    def flag(self) -> str:
        """The flag of a job that says the same as a command which may fail; "" of others."""
        return (
            FLAGS.get(self.steps[0].step or "", "")
            if self.may_fail and len(self.steps) == 1
            else ""
        )

    @property
    def runs(self) -> bool:
        return any(step.step is not None for step in self.steps)


def pieces(body: Node, file: str, folder: str, variables: Mapping[str, Any]) -> Iterator[Piece]:
    """Every step of a job in order; of a script each line that says something.

    ``variables`` are the job's and the workflow's.
    """
    exports: dict[str, str] = {}
    given = body.get("steps")
    nodes = given.items if isinstance(given, Sequence) else ()
    scripts = [node.scalar("run") for node in nodes if isinstance(node, Node)]
    assigned = "\n".join(str(script.text) for script in scripts if script)
    for index, node in enumerate(nodes):
        if isinstance(node, Node):
            data = without_values({key: plain(entry.node) for key, entry in node.entries.items()})
            yield from _step(index, node, data, file, folder, variables, exports, assigned)


def _step(
    index: int,
    node: Node,
    data: Mapping[str, Any],
    file: str,
    folder: str,
    variables: Mapping[str, Any],
    exports: dict[str, str],
    assigned: str,
) -> Iterator[Piece]:
    where = joined(
        folder if "working-directory" not in data else ".", data.get("working-directory")
    )
    script = node.scalar("run")
    found = list(commands(script_without_values(str(script.text)))) if script else []
    if script is None or not found:
        place = f"{file}:{node.span.line}"
        yield Piece(index=index, place=place, data=data, command=None, folder=where)
        return
    first = script.span.line + _is_block(script)
    own = data.get("env") if isinstance(data.get("env"), Mapping) else {}
    literals = literals_of({**variables, **(own or {})}, assigned)
    for command in found:
        command = _resolved(command, literals)
        if command.kind == "folder":
            where = joined(where, command.folder)
        exports.update(command.exports)
        place = f"{file}:{first + command.line}"
        seen = {**variables, **(own or {}), **exports}
        steps = tuple(_placed(step, where, seen) for step in command.steps)
        own_env = {k: v for step in command.steps for k, v in step.settings.get("env", {}).items()}
        hidden = {name: value for name, value in own_env.items() if value == MASK}
        piece = Piece(
            index=index,
            place=place,
            data=data,
            command=replace(command, steps=steps, exports={**command.exports, **hidden}),
            folder=where,
            exports=dict(exports),
            variables={**seen, **own_env},
        )
        may_fail = data.get("continue-on-error") is True or bool(_OR_TRUE.search(command.text))
        yield replace(piece, lost=_is_lost(piece), may_fail=may_fail)


def _resolved(command: Command, literals: Mapping[str, str]) -> Command:
    """A dbt command with the values that ``env`` gives to its variables.

    ``|| true`` is taken off where a flag of the job says the same.
    """
    text, names = resolved(command.text, literals)
    bare = _OR_TRUE.sub("", text)
    if bare != text and [each.step for each in steps_of(bare) if each.step in FLAGS]:
        text = bare
    if command.kind != "dbt" or text == command.text:
        return command
    said = f"`env` says {', '.join(names)}" if names else ""
    steps = [replace(s, why="; ".join(filter(None, (said, s.why)))) for s in steps_of(text)]
    return replace(command, steps=tuple(steps))


def _is_lost(piece: Piece) -> bool:
    unread = piece.command and piece.command.kind in ("block", "unread")
    return piece.builds and bool(unread or any(step.step is None for step in piece.steps))


def joined(folder: str, there: Any) -> str:
    """A folder in another, both from the repository."""
    named, from_checkout = relative(text_of(there) or ".")
    return posixpath.normpath(named if from_checkout else posixpath.join(folder, named))


def is_folder(value: Any) -> bool:
    """Whether a folder can be known from this text."""
    return bool(text_of(value)) and "$" not in relative(text_of(value))[0]


def _placed(step: StepOf, folder: str, variables: Mapping[str, Any]) -> StepOf:
    """The step with its folders from the repository."""
    settings = dict(step.settings)
    own = {**variables, **settings.get("env", {})}
    for name, setting in ((PROFILES, "profiles_dir"), (PROJECT, "project")):
        if is_folder(own.get(name)):
            settings.setdefault(setting, text_of(own[name]))
    settings["project"] = joined(folder, settings.get("project", "."))
    if "profiles_dir" in settings and not settings["profiles_dir"].startswith("~"):
        settings["profiles_dir"] = joined(folder, settings["profiles_dir"])
    return without_variables(
        replace(step, settings=settings),
        [k for k in settings.get("env", {}) if looks_secret(k) or k in (PROFILES, PROJECT)],
    )


def without_variables(step: StepOf, names: Collection[str]) -> StepOf:
    """The step without some variables of its own, each told elsewhere."""
    given = step.settings.get("env", {})
    kept = {name: value for name, value in given.items() if name not in names}
    settings = {key: value for key, value in step.settings.items() if key != "env"}
    settings |= {"env": kept} if kept else {}
    gone = [name for name in sorted(given) if name not in kept]
    told = tuple(f"{name} stands in " for name in gone)
    why = [part for part in step.why.split("; ") if part and not part.startswith(told)]
    if gone:
        why.insert(0, f"{', '.join(gone)} is left out of the command")
    return replace(step, settings=settings, why="; ".join(why))


def _is_block(script: Scalar) -> int:
    """1 where the text starts below its ``|``, as that of several lines does."""
    return int(not script.plain and "\n" in script.text)
