"""What GitHub answers, as far as it is read here. The names are GitHub's.

Where a value may be missing, GitHub's own description says that it may be null.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Repository:
    id: int
    full_name: str = ""
    default_branch: str = ""


@dataclass(frozen=True, kw_only=True)
class User:
    login: str


@dataclass(frozen=True, kw_only=True)
class ArtifactRun:
    """The run that uploaded an artifact: neither its event nor its workflow is named here."""

    id: int
    repository_id: int
    head_repository_id: int | None = None
    head_branch: str | None = None
    head_sha: str = ""


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """``digest`` is ``sha256:`` and 64 digits, of the zip that is downloaded."""

    id: int
    name: str
    size_in_bytes: int
    expired: bool
    created_at: datetime | None = None
    digest: str | None = None
    workflow_run: ArtifactRun | None = None


@dataclass(frozen=True, kw_only=True)
class WorkflowRun:
    """``path`` is the workflow's file, at times with ``@ref`` behind it.

    ``run_started_at`` is when its newest attempt began.
    """

    id: int
    event: str
    path: str
    head_sha: str
    repository: Repository
    created_at: datetime
    html_url: str = ""
    head_branch: str | None = None
    head_repository: Repository | None = None
    status: str | None = None
    conclusion: str | None = None
    run_attempt: int = 1
    run_started_at: datetime | None = None

    @property
    def workflow(self) -> str:
        """The workflow's file alone."""
        return self.path.partition("@")[0]


@dataclass(frozen=True, kw_only=True)
class WorkflowStep:
    """``conclusion`` is None until it has ended."""

    name: str
    status: str
    conclusion: str | None = None


@dataclass(frozen=True, kw_only=True)
class WorkflowJob:
    """A job of a workflow run: a leg of a matrix is one. ``steps`` are empty until it has begun.

    Where no machine took it ``runner_id`` is 0 or None; GitHub gives it times all the same.
    """

    id: int
    name: str
    status: str
    html_url: str | None = None
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    runner_id: int | None = None
    steps: tuple[WorkflowStep, ...] = ()

    @property
    def began(self) -> bool:
        """Whether a machine took it."""
        return bool(self.steps) or bool(self.runner_id)


@dataclass(frozen=True, kw_only=True)
class Comment:
    """``user`` is None where the account is gone."""

    id: int
    html_url: str
    body: str | None = None
    user: User | None = None


@dataclass(frozen=True, kw_only=True)
class Branch:
    """An end of a pull request; ``repo`` is None where the fork is gone."""

    ref: str
    sha: str
    repo: Repository | None = None


@dataclass(frozen=True, kw_only=True)
class Label:
    name: str


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    number: int
    state: str
    html_url: str
    head: Branch
    base: Branch
    draft: bool = False
    labels: tuple[Label, ...] = ()
    merged_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Commit:
    sha: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """One that was set on a commit; a newer one of the same ``context`` takes its place."""

    context: str
    state: str
    target_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Issue:
    """Pull requests are listed among the issues too."""

    number: int
    html_url: str
    body: str | None = None
    user: User | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    merge_base_commit: Commit


@dataclass(frozen=True, kw_only=True)
class Dispatched:
    """The run that a ``workflow_dispatch`` started."""

    workflow_run_id: int
