"""What became of each step of a workflow, key by key, with its file and line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from runner.importing.draft import Draft
from runner.importing.fields import Fields, shown
from runner.importing.flags import tell_flags
from runner.importing.hand_written.half import Half
from runner.importing.hand_written.pieces import Piece
from runner.importing.hand_written.variables import Variables
from runner.importing.lost import by_hand
from runner.importing.reading import text_of
from runner.importing.rows import Fate, Row

_COMES_BY_ITSELF = re.compile(r"actions/(checkout|setup-python|cache)@|astral-sh/setup-uv@")
_ARTIFACT = re.compile(
    r"/(\w+-)*(download|upload)(-\w+)*-?artifact|actions/(download|upload)-artifact"
)
_MESSAGES = re.compile(r"slack|teams|pagerduty|mail|discord|webhook", re.IGNORECASE)
GETS = ("curl", "wget", "gh ")
_STATE_FILES = re.compile(r"manifest|run_results|state|target", re.IGNORECASE)
NEVER = "its job's `if` holds for nothing that starts the workflow"
_OUTSIDE = "keep it in a workflow that starts this job, or waits for it"
_BY_HAND = "write its dbt commands by hand into `steps`"
_UNKNOWN = "dbt-gitops doesn't know what it is for"


class Told(NamedTuple):
    fate: Fate
    to: str
    why: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Where the steps of a half are told; ``path`` is its job's, "" of one that is left out."""

    draft: Draft
    half: Half
    path: str
    sibling: str
    pinned: bool

    def tell(self, variables: Variables | None) -> None:
        """Tell each step; variables are those of a job that is in the draft."""
        for _, parts in groupby(self.half.pieces, lambda piece: piece.index):
            self._step([*parts], variables)

    def _step(self, parts: Sequence[Piece], variables: Variables | None) -> None:
        first = parts[0]
        path = f"jobs.{self.half.id}.steps[{first.index}]."
        fields = Fields(first.data, self.draft.rows, self.half.title, path)
        holds = self.half.holds(first)
        if holds is False:
            other = f"`jobs.{self.sibling}` has it" if self.sibling else "nothing here has it"
            self._rest(fields, f"its `if` keeps it from this job: {other}")
            return
        told = [self._piece(piece, holds, path) for piece in parts]
        fields.pass_on("uses", "run")
        kept = holds and any(piece.runs for piece in parts) and variables is not None
        self._condition(fields, kept)
        if kept and variables:
            variables.add(fields.inner("env"), "it is one of all steps of the job")
            exports = {name: v for piece in parts for name, v in _exports(piece).items()}
            variables.add(Fields(exports, self.draft.rows, self.half.title, f"{path}run "))
        self._keys(fields, kept, parts)
        why = told[0].why if first.command is None else "its step isn't in the jobs file"
        self._rest(fields, why, told[0].hint if first.command is None else "")

    def _piece(self, piece: Piece, holds: bool | None, path: str) -> Told:
        said = piece.command.text if piece.command else text_of(piece.data.get("uses"))
        told = self._told(piece, holds)
        if any(piece is each for each in self.half.lost):
            told = told._replace(hint=by_hand(self.path, shown("", said)))
        key = "uses" if "uses" in piece.data and piece.command is None else "run"
        field = f"{path}{key} ({piece.place})"
        self.draft.rows.append(
            Row(
                job=self.half.title, field=field, value=shown("", said),
                fate=told.fate, to=told.to, why=told.why, hint=told.hint,
            )
        )  # fmt: skip
        if told.fate != "dropped" and piece.command and piece.runs:
            tell_flags(self.draft, self.half.title, field, piece.steps, self.path)
        return told

    def _told(self, piece: Piece, holds: bool | None) -> Told:
        if piece.command is None:
            return self._action(piece)
        if piece.command.kind == "state":
            # What ends in an address is sent there.
            text = piece.command.text
            return self._state("://" in text.split()[-1] and not text.startswith(GETS))
        if piece.command.kind == "dbt":
            return self._dbt(piece, holds)
        if piece.command.kind == "install" and self.pinned:
            environment = f"environments.{self.half.environment}.dbt"
            return Told("translated", environment, "the runner installs dbt and its adapter")
        return _command(piece, self.path)

    def _dbt(self, piece: Piece, holds: bool | None) -> Told:
        if holds is None and piece.runs:
            condition = text_of(piece.data.get("if"))
            hint = "write it by hand into the job that it belongs to"
            return Told("dropped", "", f"a step has no condition: {condition}", hint)
        if piece.runs and not self.path:
            return Told("dropped", "", NEVER, "write the job by hand, with triggers of its own")
        why = "; ".join(dict.fromkeys(step.why for step in piece.steps if step.why))
        if not piece.runs:
            hint = next((step.hint for step in piece.steps if step.hint), "")
            return Told("dropped", "", why, hint)
        if self.half.is_flag(piece):
            why = f"`{piece.flag}: true` says it, which never fails the job"
            return Told("translated", f"{self.path}.{piece.flag}", why)
        if piece.flag:
            why = "; ".join(filter(None, (why, "here it ends the job when it fails")))
        return Told("translated" if why else "carried", f"{self.path}.steps", why)

    def _action(self, piece: Piece) -> Told:
        uses = text_of(piece.data.get("uses"))
        if _COMES_BY_ITSELF.match(uses):
            return Told("dropped", "", "the compiled workflow and the action do it by themselves")
        if _ARTIFACT.search(uses) and _STATE_FILES.search(str(piece.data.get("with"))):
            return self._state("download" not in uses)
        if uses.startswith("./"):
            why = "it is an action of this repository, which isn't read"
            return Told("dropped", "", why, _BY_HAND)
        if _MESSAGES.search(uses):
            why = "the job's `notify` tells people"
            return Told("dropped", "", why, "name a channel in `notifications` and in `notify`")
        return Told("dropped", "", *((_UNKNOWN, _OUTSIDE) if uses else ("it runs nothing", "")))

    def _state(self, sends: bool) -> Told:
        """A manifest or run results on their way to or from where state lives."""
        job = self.draft.jobs.get(self.path.partition(".")[2], {})
        if sends:
            if self.half.pull_request:
                return Told("dropped", "", "runs of pull requests publish no state")
            return Told("translated", "state", "a run publishes its state where `state` says")
        if "defer" not in job:
            return Told(
                "dropped", "", "no step of this job compares with it, or nothing publishes it"
            )
        return Told("translated", f"{self.path}.defer", "the job's `defer` fetches the state")

    def _condition(self, fields: Fields, kept: bool | None) -> None:
        if kept:
            fields.translated("if", f"{self.path}.triggers", "it holds for what starts this job")
        else:
            fields.dropped("if", "a step has no condition")

    def _keys(self, fields: Fields, kept: bool | None, parts: Sequence[Piece]) -> None:
        fields.dropped("name", "a step is called by its command")
        fields.dropped("id", "a step has no id")
        if not kept:
            return
        flags = [piece.flag for piece in parts if piece.runs and self.half.is_flag(piece)]
        steps = [step.step for piece in parts for step in piece.steps if step.step]
        if fields.get("continue-on-error") and flags and len(flags) == len(steps):
            to = f"{self.path}.{flags[0]}"
            fields.translated("continue-on-error", to, "it never fails the job")
        elif fields.get("continue-on-error"):
            named = ", ".join(f"`{step}`" for step in steps)
            hint = (
                f"move what may fail ({named}) into a job of its own, started by {self.path} (`triggers.job`);"
                " in this job nothing after it runs when it fails"
            )
            fields.dropped("continue-on-error", "a step that fails ends the job", hint)
        else:
            fields.dropped("continue-on-error", "it is off, and so it is here")
        if text_of(fields.get("working-directory")):
            fields.translated("working-directory", "project", "the folder of its commands")
        hint = f"`{self.path}.timeout` is that of all steps"
        fields.dropped("timeout-minutes", "a step has no timeout of its own", hint)
        fields.dropped("shell", "no shell runs a step")

    def _rest(self, fields: Fields, why: str, hint: str = "") -> None:
        fields.inner("env")
        fields.inner("with")
        fields.rest(why, hint)


def _exports(piece: Piece) -> dict[str, str]:
    return piece.command.exports if piece.command else {}


def _command(piece: Piece, path: str) -> Told:
    """A line of a script that is no dbt command."""
    assert piece.command is not None
    kind = piece.command.kind
    if kind == "folder":
        return Told("translated", "project", "the folder of what follows")
    if kind == "export" and path:
        return Told("translated", f"{path}.env", "variables of all steps of the job")
    by_kind = {
        "export": ("its job isn't in the jobs file", ""),
        "shell": ("the runner needs no shell, and ends a job at the first step that fails", ""),
        "install": ("the runner installs dbt and its adapter", "pin them in `dbt` of the environment"),
        "block": ("it stands in a function, a loop or an `if` of the shell", _BY_HAND),
        "unread": ("the shell does more with it than to run dbt", _BY_HAND),
        "profiles": (
            "it writes a profiles.yml",
            "commit one that reads `env_var(…)`, and name its folder in `profiles_dir`",
        ),
    }  # fmt: skip
    return Told("dropped", "", *by_kind.get(kind, (_UNKNOWN, _OUTSIDE)))
