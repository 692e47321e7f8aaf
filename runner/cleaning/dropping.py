"""Drop schemas through dbt, with the target, the profile and the dbt of the job that made them."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from runner.cleaned import Fate
from runner.dbt.engine import Command, Engine
from runner.dbt.project import read_project
from runner.model import Job
from runner.record import Schema
from runner.reports.lines import ANSI

MACRO = "dbt_gitops_drop_schemas"
MACRO_FILE = Path(__file__).with_name("drop_schemas.sql")
# What decides how dbt connects, and how it writes a schema's name.
KEPT = ("profile", "quoting")
FATES: dict[str, Fate] = {"dropped": "dropped", "gone": "gone"}
CLOCK = re.compile(r"^\d\d:\d\d:\d\d\s+")
# dbt-core's words before the error; of a dbt that has others, the last lines are quoted.
FAILED = "Encountered an error while running operation:"
LAST_LINES = 5
LONGEST_REASON = 500


@dataclass(frozen=True, kw_only=True)
class Dropping:
    """How to call dbt: ``project`` is ours, with the macro alone; ``profiles`` the folder of profiles."""

    engine: Engine
    project: Path
    profiles: Path
    job: Job
    line: Callable[[str], None]

    def drop(self, schemas: Sequence[Schema]) -> Iterator[tuple[Schema, Fate, str]]:
        """Each with what became of it, and why it failed. After one that fails comes the next."""
        rest = list(enumerate(schemas))
        while rest:
            heard, reason = self._call(rest)
            for number, schema in rest:
                if number in heard.fates:
                    yield schema, heard.fates[number], ""
            if not reason:
                return
            tried = heard.trying
            failed = [pair for pair in rest if tried in (None, pair[0])]
            yield from ((schema, "failed", reason) for _, schema in failed)
            rest = [pair for pair in rest if tried is not None and pair[0] > tried]

    def _call(self, rest: list[tuple[int, Schema]]) -> tuple[_Heard, str]:
        """What the macro said, and why it ended early: "" where it didn't."""
        token = f"dbt-gitops-{secrets.token_hex(16)}"
        heard = _Heard(token=token, pass_on=self.line)
        outcome = self.engine.run(Command(argv=tuple(self._argv(token, rest))), heard)
        if outcome.exit_code == 0 and all(number in heard.fates for number, _ in rest):
            return heard, ""
        if heard.trying in heard.fates:
            heard.fates.pop(heard.trying or 0)  # dbt failed behind it: it may not have been done
        said = outcome.message or heard.last_words() or "dbt didn't say what it did"
        return heard, said[:LONGEST_REASON]

    def _argv(self, token: str, rest: list[tuple[int, Schema]]) -> Iterator[str]:
        named = [
            {"number": number, "database": each.database, "schema": each.schema}
            for number, each in rest
        ]
        yield from ("run-operation", MACRO, "--args")
        yield json.dumps({"token": token, "schemas": named})
        yield from ("--project-dir", str(self.project), "--profiles-dir", str(self.profiles))
        if self.job.target:
            yield from ("--target", self.job.target)
        if self.job.vars:
            yield from ("--vars", json.dumps(dict(self.job.vars), default=str))
        yield from ("--log-path", str(self.project / "logs"))


@dataclass(kw_only=True)
class _Heard:
    """A watcher that takes the macro's own lines, and passes on all others."""

    token: str
    pass_on: Callable[[str], None]
    fates: dict[int, Fate] = field(default_factory=dict)
    trying: int | None = None
    since: list[str] = field(default_factory=list)

    def line(self, text: str) -> None:
        _, found, words = text.partition(self.token)
        if not found:
            self.since.append(text)
            self.pass_on(text)
            return
        verb, number = words.split()
        self.since.clear()
        self.trying = int(number)
        if verb in FATES:
            self.fates[int(number)] = FATES[verb]

    def last_words(self) -> str:
        """What dbt printed of the error, in one line, without its clock and colours."""
        lines = [CLOCK.sub("", ANSI.sub("", text)).strip() for text in self.since]
        _, failed, error = "\n".join(lines).partition(FAILED)
        return " ".join((error if failed else "\n".join(lines[-LAST_LINES:])).split())

    def total(self, nodes: int) -> None:
        """No node is run."""

    def started(self, unique_id: str) -> None:
        """No node is run."""

    def finished(self, unique_id: str, status: str) -> None:
        """No node is run."""


def write_project(of: Path, into: Path) -> Path:
    """A dbt project with our macro alone, that connects as the project in the folder ``of`` does."""
    theirs = read_project(of)
    ours: dict[str, Any] = {"name": "dbt_gitops_clean", "version": "1.0", "model-paths": ["models"]}
    ours |= {key: theirs[key] for key in KEPT if key in theirs}
    (into / "macros").mkdir(parents=True)
    (into / "dbt_project.yml").write_text(yaml.safe_dump(ours), encoding="utf-8")
    shutil.copyfile(MACRO_FILE, into / "macros" / MACRO_FILE.name)
    return into
