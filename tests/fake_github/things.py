"""What the fake holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone

START = datetime(2026, 1, 31, 4, tzinfo=timezone.utc)


@dataclass(frozen=True, kw_only=True)
class Repo:
    id: int
    full_name: str
    default_branch: str = "main"
    fork: bool = False


OWN = Repo(id=1001, full_name="octo-org/shop")
FORK = Repo(id=2002, full_name="mallory/shop", fork=True)
WORKFLOW = ".github/workflows/dbt-jobs.yml"


@dataclass(kw_only=True)
class Step:
    name: str
    status: str = "completed"
    conclusion: str | None = "success"


@dataclass(kw_only=True)
class Job:
    """A job of a workflow run, by default one that has ended well. ``began``: a machine took it."""

    name: str
    status: str = "completed"
    conclusion: str | None = "success"
    steps: list[Step] = field(default_factory=list)
    began: bool = True
    started_at: datetime = START
    completed_at: datetime = START


@dataclass(kw_only=True)
class Run:
    """``tag``: its ``head_branch`` is a tag, which GitHub names in the same place.

    ``status`` is what GitHub says of a run without a conclusion; ``jobs`` are of each attempt, and
    ``cancelled`` says how it was asked to end.
    """

    id: int
    tag: bool = False
    event: str = "schedule"
    path: str = WORKFLOW
    head_branch: str | None = "main"
    head_sha: str = "a" * 40
    head_repository: Repo = OWN
    conclusion: str | None = "success"
    created_at: datetime = START
    started_at: datetime = START
    status: str = "in_progress"
    attempt: int = 1
    jobs: dict[int, list[Job]] = field(default_factory=dict)
    cancelled: str = ""


@dataclass(kw_only=True)
class Artifact:
    id: int
    name: str
    run: Run
    content: bytes = field(repr=False)
    digest: str | None = None
    expired: bool = False
    created_at: datetime = START
    gone: bool = False


@dataclass(kw_only=True)
class Comment:
    id: int
    number: int
    body: str
    login: str
    created_at: datetime = START


@dataclass(kw_only=True)
class Status:
    id: int
    sha: str
    state: str
    context: str
    description: str | None = None
    target_url: str | None = None


@dataclass(kw_only=True)
class Pull:
    """``head_repository`` is None where the fork is gone."""

    number: int
    state: str = "open"
    head_ref: str = "change"
    head_sha: str = "b" * 40
    head_repository: Repo | None = OWN
    base_ref: str = "main"
    base_sha: str = "c" * 40
    draft: bool = False
    merged_at: datetime | None = None


@dataclass(kw_only=True)
class Issue:
    number: int
    title: str
    body: str
    login: str
    state: str = "open"
