"""Starting what comes after a run: each job once, and never at the cost of the run's verdict.

Before a job is asked for, a line in the run folder says so, and a last one that all have been. Whoever
ends a run that died finds there what is left to do: nothing is started twice, and what nobody can tell
of isn't tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, get_args

from runner.chain import Dependent, dependents, inputs, payload
from runner.delivery.delivery import in_one_line
from runner.errors import DbtGitopsError
from runner.events import MAX_DEPTH, Upstream
from runner.events.dispatch import EVENT_TYPE
from runner.model import Config, Ending
from runner.record import RunStatus
from runner.triggers.dispatches import incomplete

if TYPE_CHECKING:
    from runner.github.client import GitHub

# In the run folder.
STARTED = "started.txt"
END = "end"


@dataclass(frozen=True, kw_only=True)
class Here:
    """Where this runs: ``owner/name``, the workflow's file, and the branch or tag that it runs on."""

    repository: str
    server: str
    workflow: str
    ref: str

    def page(self, repository: str, number: int | None = None) -> str:
        """Of a workflow run, or of all of a repository's."""
        run = "" if number is None else f"/runs/{number}"
        return f"{self.server}/{repository}/actions{run}"


class HasEnded(Protocol):
    """As much of a run as counts here; one that left no record has no more."""

    @property
    def run_id(self) -> str: ...
    @property
    def job(self) -> str: ...
    @property
    def status(self) -> RunStatus: ...


@dataclass(kw_only=True)
class Chaining:
    """What may be started after a run of a job of ``config``.

    ``depth`` counts the jobs that have started each other until this one: 0 where none has. ``idle``
    says why nothing is started, "" where it may be. ``off_default``: no history of this branch says which
    of several jobs have ended, so what starts after all of them isn't started. ``connect`` gives a dependent's repository and
    raises DbtGitopsError. ``problems`` say what wasn't started, for people.
    """

    config: Config
    here: Here
    depth: int
    connect: Callable[[Dependent], GitHub]
    idle: str = ""
    off_default: bool = False
    problems: list[str] = field(default_factory=list)

    def after(self, run: HasEnded, folder: Path) -> tuple[str, ...]:
        """Start what the run's ending starts; what was done and what wasn't, for its record."""
        try:
            done = _lines(folder)
            if END in done:
                return ()
            said = self._after(run, folder, done)
            _append(folder, END)
        except OSError as error:
            self.problems.append(f"what was started after `{run.job}` can't be noted: {error}")
            return tuple(self.problems)
        return said

    def _after(self, run: HasEnded, folder: Path, done: frozenset[str]) -> tuple[str, ...]:
        idle = self.idle or ("it was skipped" if run.status == "skipped" else "")
        if idle or run.status == "skipped":
            return self._idle(run.job, idle)
        ending = run.status
        found = [e for e in dependents(self.config, run.job, ending) if str(e) not in done]
        never = [each for each in found if each.all_of and self.off_default]
        waiting = [each for each in found if each not in never]
        upstream = Upstream(job=run.job, ending=ending, run_id=run.run_id, depth=self.depth + 1)
        if waiting and upstream.too_deep:
            self.problems.append(_loop(run.job, waiting))
            return tuple(self.problems)
        return (
            *(self._start(each, upstream, folder) for each in waiting),
            *(f"{each} isn't started: {incomplete(each.all_of)}" for each in never),
        )

    def _idle(self, job: str, why: str) -> tuple[str, ...]:
        """A word where another run would have started something."""
        endings: tuple[Ending, ...] = get_args(Ending)
        any_at_all = any(dependents(self.config, job, ending) for ending in endings)
        return (f"nothing is started after `{job}`: {why}",) if any_at_all else ()

    def _start(self, dependent: Dependent, upstream: Upstream, folder: Path) -> str:
        from runner.github.rest import Unsure

        _append(folder, str(dependent))
        try:
            return self._dispatched(dependent, upstream)
        except Unsure as error:
            problem = f"whether {dependent} is started isn't known: {in_one_line(error)}"
        except DbtGitopsError as error:
            problem = f"{dependent} isn't started: {in_one_line(error)}"
        self.problems.append(problem)
        return problem

    def _dispatched(self, dependent: Dependent, upstream: Upstream) -> str:
        with closing(self.connect(dependent)) as github:
            if dependent.repository:
                far = replace(upstream, repository=self.here.repository)
                github.repository_dispatch(EVENT_TYPE, payload(dependent.job, far))
                return f"{dependent} is dispatched: {self.here.page(dependent.repository)}"
            asked = inputs(dependent.job, upstream)
            number = github.dispatch(self.here.workflow, self.here.ref, asked)
        return f"{dependent} is started: {self.here.page(self.here.repository, number)}"


def _loop(job: str, waiting: list[Dependent]) -> str:
    return (
        f"after `{job}` nothing more is started: {MAX_DEPTH} jobs have started each other, which must"
        f" be a loop; next would be {', '.join(map(str, waiting))}. Look at `triggers.job` and"
        " `dispatches` of each repository"
    )


def _lines(folder: Path) -> frozenset[str]:
    file = folder / STARTED
    return frozenset(file.read_text(encoding="utf-8").splitlines() if file.exists() else ())


def _append(folder: Path, line: str) -> None:
    with (folder / STARTED).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
