"""What can happen on GitHub, as types. Names are those of GitHub's payloads.

A SHA is 40 hexadecimal digits, a repository ``owner/name``, a branch is without ``refs/heads/``.
Refs, labels and logins are what strangers chose: one line of text, and no more is known of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from runner.model import OVERRIDES, Ending, Override, VarValue

_NOTHING: tuple[object, ...] = (None, (), {}, "")
DEPENDABOT = "dependabot[bot]"  # nobody can be called so: brackets aren't allowed in a login


@dataclass(frozen=True, kw_only=True)
class _OnRepository:
    """``default_branch`` and ``actor``, the login of who caused the event, are "" where not said."""

    repository: str
    default_branch: str = ""
    actor: str = ""

    @property
    def dependabot(self) -> bool:
        """Whether Dependabot caused it: then GitHub gives a read-only token and no Actions secrets."""
        return self.actor == DEPENDABOT


@dataclass(frozen=True, kw_only=True)
class _OfPullRequest(_OnRepository):
    """``head_repository`` is None where the fork has been deleted. ``label`` was added or removed."""

    action: str
    number: int
    head_sha: str
    head_ref: str
    head_repository: str | None
    base_sha: str
    base_ref: str
    draft: bool = False
    labels: tuple[str, ...] = ()
    label: str = ""
    author: str

    @property
    def fork(self) -> bool:
        """Whether its code comes from another repository, or from one that is gone."""
        return (self.head_repository or "").lower() != self.repository.lower()


@dataclass(frozen=True, kw_only=True)
class PullRequest(_OfPullRequest):
    """Any activity of an open pull request."""


@dataclass(frozen=True, kw_only=True)
class PullRequestClosed(_OfPullRequest):
    """Closed, merged or not."""

    merged: bool


@dataclass(frozen=True, kw_only=True)
class Merge(_OnRepository):
    """A push. ``branch`` is None for a tag; ``before`` and ``after`` are zeros where there is none.

    ``changed_paths`` is None where the payload doesn't have them all: in Actions it never has.
    """

    ref: str
    branch: str | None
    before: str
    after: str
    created: bool = False
    deleted: bool = False
    forced: bool = False
    changed_paths: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class MergeGroup(_OnRepository):
    """The merge queue asks for checks (``checks_requested``), or drops a group (``destroyed``)."""

    action: str
    head_sha: str
    head_ref: str
    base_sha: str
    base_ref: str


@dataclass(frozen=True, kw_only=True)
class Tick(_OnRepository):
    """``schedule`` is the cron expression that fired, as the workflow writes it."""

    schedule: str


@dataclass(frozen=True, kw_only=True)
class DispatchOverrides:
    """What a dispatch says differently from the jobs file: typed, and checked against no job yet.

    ``dbt`` is a version of dbt-core. The names are those of :data:`runner.model.OVERRIDES`.
    """

    target: str | None = None
    threads: int | None = None
    vars: Mapping[str, VarValue] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    schema: str | None = None
    defer_to: str | None = None
    full: bool = False
    git_ref: str | None = None
    dbt: str | None = None
    timeout: timedelta | None = None
    generate_docs: bool | None = None

    def given(self) -> tuple[Override, ...]:
        """The names of those that say something."""
        said = {name: getattr(self, name) for name in OVERRIDES}
        said["full"] = self.full or None
        return tuple(name for name, value in said.items() if value not in _NOTHING)


# Jobs that start each other one after the other, across repositories too: beyond it is a loop.
MAX_DEPTH = 16


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """The job that has ended, how, and the id of its run.

    ``repository`` is "" where it is this one. ``depth`` counts the jobs that have started each other
    until here: 1 after the first of a chain.
    """

    job: str
    ending: Ending
    run_id: str = ""
    repository: str = ""
    depth: int = 1

    @property
    def too_deep(self) -> bool:
        """Whether the chain has come so far that it must be a loop."""
        return self.depth > MAX_DEPTH

    @property
    def cause(self) -> str:
        """For people."""
        of = f" of {self.repository}" if self.repository else ""
        return f"`{self.job}`{of} has ended: {self.ending}"


@dataclass(frozen=True, kw_only=True)
class Dispatch(_OnRepository):
    """``workflow_dispatch``, or ``repository_dispatch`` with its ``event_type``.

    ``job`` is "" where none is named; ``rerun`` is the id of the job's run that is to be run again,
    ``from_failure`` only what failed or was skipped; ``unknown`` are the inputs that mean nothing here.
    """

    job: str = ""
    cause: str = ""
    event_type: str = ""
    ref: str = ""
    rerun: str = ""
    from_failure: bool = False
    upstream: Upstream | None = None
    overrides: DispatchOverrides = DispatchOverrides()
    unknown: tuple[str, ...] = ()

    @property
    def off_default(self) -> bool:
        """Whether it is on another branch than the default one, or on a tag, as far as both are known."""
        here = ("", self.default_branch, f"refs/heads/{self.default_branch}")
        return bool(self.default_branch) and self.ref not in here


@dataclass(frozen=True, kw_only=True)
class WorkflowRun(_OnRepository):
    """Another workflow's run was ``requested``, is ``in_progress`` or ``completed``.

    ``event`` is what started that run, ``path`` its workflow's file, ``conclusion`` "" until it ends.
    ``pull_requests`` are numbers; GitHub leaves them out for forks.
    """

    action: str
    run_id: int
    event: str
    path: str
    conclusion: str
    head_sha: str
    head_branch: str
    head_repository: str | None
    pull_requests: tuple[int, ...] = ()

    @property
    def fork(self) -> bool:
        """Whether its code comes from another repository, or from one that is gone."""
        return (self.head_repository or "").lower() != self.repository.lower()


Event: TypeAlias = (
    PullRequest | PullRequestClosed | Merge | MergeGroup | Tick | Dispatch | WorkflowRun
)
