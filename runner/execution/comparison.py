"""The exact comparison of a pull request: the project as it was in the commit that it starts from.

Parsed by the same dbt with the same target, schema, vars and environment as the pull request itself,
so that a config which depends on any of these differs only where its code does.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.base_commit import BaseCommit, base_commit
from runner.dbt.argv import own_vars, parse_options
from runner.dbt.explaining import NotExplained, mark
from runner.dbt.project import read_project
from runner.dbt.unseen import Unseen, changed_seeds, changed_vars
from runner.errors import StateUnresolved
from runner.execution.cloning import Cloning
from runner.execution.deferral import Decision
from runner.execution.packages import Packages, packages_of
from runner.execution.project import MANIFEST, Project
from runner.execution.request import Request
from runner.execution.sequence import Planned
from runner.execution.surroundings import Surroundings
from runner.git import worktree
from runner.record import ComparedWith
from runner.steps import Step, parse_step

PARTIAL_PARSE = "partial_parse.msgpack"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """``folder`` is the project in a worktree of the base commit, ``target`` dbt's folder for it.

    ``target`` is never the head's, wherever the project or DBT_TARGET_PATH puts that one. ``cloning`` is
    of production. ``unseen`` are the changes that dbt would miss. ``steps`` are those that compare; the
    first decides with which options, such as `--vars`, the base is parsed.
    """

    base: BaseCommit
    folder: Path
    target: Path
    packages: Packages
    cloning: Cloning
    unseen: Unseen
    steps: tuple[Step, ...]

    def notes(self) -> Iterator[str]:
        """What it is compared with, and the steps for which that isn't exact."""
        yield f"comparing with {self.base.how}, {self.base.commit[:7]}"
        first, *others = self.steps
        for step in others:
            if sorted(parse_options(step.words)) != sorted(parse_options(first.words)):
                yield (
                    f"the base commit is parsed with the options of `{first.text}` alone:"
                    f" `{step.text}` has others, so what depends on them (`--vars` or `--target`)"
                    " may be selected there although this pull request doesn't change it, or be missed"
                )

    def failed(self, instead: ComparedWith | None) -> str:
        """What it means that the base commit can't be parsed."""
        said = f"the base commit {self.base.commit[:7]} can't be parsed, as its step says"
        if instead is None:
            return f"{said}: nothing is compared"
        return (
            f"{said}: comparing with {instead.how} instead, run {instead.run_id} of commit"
            f" {instead.commit[:7]}, so more may be selected than this pull request changes"
        )

    def planned(self, target: Path) -> tuple[Planned, ...]:
        """Its commands, before the job's; the parse of ``target``, the head's, starts from this one."""

        def parsed() -> None:
            self.share_parse(target)
            self.mark_unseen()

        into = ("--target-path", str(self.target))
        step = self._step("dbt parse", *parse_options(self.steps[0].words), *into)
        parse = Planned(kind="compare", step=step, after=parsed)
        deps = Planned(kind="compare", step=self._step("dbt deps"))
        again = Planned(kind="deps", step=parse_step("dbt deps"))
        before = () if self.packages == "shared" else (deps,)
        after = (again,) if self.packages == "in turn" else ()
        return (*before, parse, *after, *self.cloning.planned)

    def _step(self, command: str, *options: str) -> Step:
        words = (*command.split(), *options, "--project-dir", str(self.folder))
        return replace(parse_step(shlex.join(words)), text=f"{command} of the base commit")

    def mark_unseen(self) -> None:
        """Let dbt see as modified what it would miss."""
        if not self.unseen.vars and not self.unseen.seeds:
            return
        try:
            mark(self.target / MANIFEST, self.unseen)
        except NotExplained as error:
            raise StateUnresolved(
                "the base commit's manifest can't be written", why=str(error)
            ) from error

    def share_parse(self, target: Path) -> None:
        """Let the head's parse start from the base's: only what differs is parsed again."""
        parsed = self.target / PARTIAL_PARSE
        if parsed.is_file():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(parsed, target / PARTIAL_PARSE)


def compares(request: Request, decision: Decision) -> bool:
    """Whether the run is a pull request's that asks what has changed."""
    if request.parse_only:
        return True
    deferring = decision.action == "defer"
    return deferring and not request.job.deploys and asks_for_changes(request)


def of_deferral(request: Request, decision: Decision) -> ComparedWith | None:
    """What a run compares with that has no base commit: the manifest that it defers to."""
    if decision.state is None or not asks_for_changes(request):
        return None
    how = "the manifest that it defers to"
    return ComparedWith(commit=decision.state.commit, how=how, run_id=decision.state.run_id)


def asks_for_changes(request: Request) -> bool:
    return any(step.needs_state for step in request.job.steps)


def open_comparison(
    request: Request, around: Surroundings, project: Project, cloning: Cloning, stack: ExitStack
) -> Comparison:
    """Check the base commit out beside the head; it goes when ``stack`` closes."""
    base = base_commit(project.folder, around.environ, around.checkout.default_branch, around.base)
    folder = stack.enter_context(worktree(project.folder, base.commit, around.environ))
    # What a fork's run does instead of the job's steps asks for nothing by itself.
    steps = tuple(s for s in request.job.steps if s.needs_state or request.parse_only)
    given = {**request.job.vars, **own_vars(steps[0])}
    return Comparison(
        base=base,
        folder=folder,
        target=Path(stack.enter_context(TemporaryDirectory(prefix="dbt-gitops-base-"))),
        packages=packages_of(folder, project),
        cloning=cloning,
        unseen=Unseen(
            vars=changed_vars(read_project(folder), read_project(project.folder), given),
            seeds=changed_seeds(folder, project.folder),
        ),
        steps=steps,
    )
