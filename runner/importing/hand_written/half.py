"""A job of a workflow as far as one job of the jobs file has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.importing.draft import name_of
from runner.importing.hand_written.conditions import Condition, condition_of
from runner.importing.hand_written.pieces import Piece
from runner.importing.hand_written.starts import ALL_ENDINGS, Start, starts_of
from runner.importing.reading import text_of, texts_of
from runner.importing.references import Known


@dataclass(frozen=True, kw_only=True)
class Half:
    """A job for the pull requests of a workflow, or for the rest of what starts it.

    ``events`` start it; ``left_out`` are those that the job's ``if`` excludes, and that no other half
    tells. ``off`` is a job that is switched off by its ``if``. ``file`` and ``line`` say where it stands.
    """

    title: str
    workflow: str
    file: str
    line: int
    id: str
    root: Mapping[str, Any]
    body: Mapping[str, Any]
    events: Mapping[str, Any]
    left_out: Mapping[str, Any]
    condition: Condition
    off: bool
    pull_request: bool
    pieces: tuple[Piece, ...]

    @property
    def starts(self) -> list[Start]:
        """What starts it, as far as its ``if`` is known to hold; otherwise what may start it."""
        found = {
            each: self.condition.admits(each, ALL_ENDINGS)
            for event, given in self.events.items()
            for each in starts_of(event, given, self.condition.branches)
        }
        sure = [each for each, admitted in found.items() if admitted]
        return sure or [each for each, admitted in found.items() if admitted is None]

    def holds(self, piece: Piece) -> bool | None:
        """Whether a piece is run for what starts this half; None where that can't be said."""
        starts = self.starts or [Start(event="workflow_dispatch")]
        checks = [each for each in starts if each.event == "pull_request"]
        return condition_of(piece.data.get("if")).of_step(checks or starts)

    @property
    def kept(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.runs and self.holds(piece)]

    @property
    def flags(self) -> dict[str, bool]:
        """What a job says instead of a step."""
        return {piece.flag: True for piece in self.kept if self.is_flag(piece)}

    def is_flag(self, piece: Piece) -> bool:
        """Whether a flag says it: a job has a step at least, and the target that its steps agree on."""
        steps = [step for each in self.kept if not each.flag for step in each.steps]
        targets = {step.settings.get("target") for step in steps if step.step != "dbt deps"}
        own = piece.steps[0].settings.get("target") if piece.flag else None
        return bool(piece.flag and targets) and (own is None or targets == {own})

    @property
    def lost(self) -> list[Piece]:
        """What builds or tests something for this half, and isn't among the steps of its job."""
        return [
            piece
            for piece in self.pieces
            if (held := self.holds(piece)) is not False
            and (piece.lost or (piece.builds and held is None and not _after_failure(piece)))
        ]

    @property
    def runs(self) -> bool:
        return bool(self.kept) and not (self.left_out and not self.events)

    @property
    def environment(self) -> str:
        given = self.body.get("environment")
        named = text_of(given.get("name") if isinstance(given, Mapping) else given)
        plain = named if named and "${{" not in named else ""
        if not self.pull_request:
            return name_of(plain or "production", ())
        return f"{name_of(plain, ())}-ci" if plain and plain != "ci" else "ci"


def _after_failure(piece: Piece) -> bool:
    """Whether a step is for runs alone that have gone wrong."""
    return condition_of(piece.data.get("if")).text in ("failure()", "cancelled()")


@dataclass(kw_only=True)
class Halves:
    """All of them, with the names that they have in the jobs file; ``others`` run nothing of dbt."""

    all: list[Half] = field(default_factory=list)
    others: list[Half] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _starts: dict[str, list[Start]] = field(default_factory=dict)

    def add(self, half: Half) -> None:
        if not half.runs:
            self.others.append(half)
            return
        name = name_of(half.title, self.known)
        self.all.append(half)
        self._names.append(name)
        self.known[name] = Known(
            name=name,
            environment=half.environment,
            deploys=not half.pull_request,
            only_pull_requests=half.pull_request,
        )

    def name(self, half: Half) -> str:
        return next(n for each, n in zip(self.all, self._names, strict=True) if each is half)

    def known_as(self, half: Half) -> Known:
        return self.known[self.name(half)]

    def sibling(self, half: Half) -> str:
        """The name of the other half of a job; "" where it is no job here."""
        return next(
            (
                name
                for each, name in zip(self.all, self._names, strict=True)
                if each is not half and (each.file, each.id) == (half.file, half.id)
            ),
            "",
        )

    def needed(self, half: Half) -> list[Half]:
        """The jobs that a job needs, as far as they are jobs here; a pull request's all start at once."""
        ids = [] if half.pull_request else texts_of(half.body.get("needs"))
        return [
            each
            for job_id in dict.fromkeys(ids)
            for each in self.all
            if (each.file, each.id) == (half.file, job_id) and not each.pull_request
        ]

    def starts(self, half: Half) -> list[Start]:
        """What starts a job, be it by what it needs."""
        name = self.name(half)
        if name not in self._starts:
            self._starts[name] = []  # what needs itself never starts
            needed = self.needed(half)
            above = dict.fromkeys(start for each in needed for start in self.starts(each))
            admitted = [each for each in above if half.condition.admits(each, ALL_ENDINGS)]
            self._starts[name] = admitted if needed else half.starts
        return self._starts[name]

    def called(self, workflow: str) -> list[Known]:
        """What a workflow's jobs are for other events than pull requests."""
        return [
            self.known[name]
            for half, name in zip(self.all, self._names, strict=True)
            if half.workflow == workflow and not half.pull_request
        ]
