"""What the jobs file says, as types: frozen, and without any reading or writing.

``config`` builds these from text; everything inwards takes them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from runner.steps import Step

OnMissing = Literal["fail", "full", "skip"]
Concurrency = Literal["replace", "queue", "cancel"]
Ending = Literal["success", "error", "cancelled"]
NotifyOn = Literal["started", "success", "failure", "cancelled", "sla"]
Override = Literal[
    "steps",
    "schema",
    "dbt",
    "threads",
    "target",
    "timeout",
    "generate_docs",
    "git_ref",
    "vars",
    "env",
    "defer_to",
    "full",
]
OVERRIDES: tuple[Override, ...] = get_args(Override)
Severity = Literal["error", "warning"]
RuleSetting = Literal["off", "warning", "error"]

# How late a fire time may be made good where the file doesn't say: GitHub has been five hours late.
GRACE = timedelta(hours=6)

# What a value of `vars` may be: anything that YAML can say.
VarValue = Any


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with a jobs file, and where.

    ``line``, ``column`` and ``end_column`` count from 1; ``end_column`` is the first column after
    the offending text, on the same line. ``line`` is 0 where the file as a whole is meant.
    """

    file: Path
    line: int
    column: int
    end_column: int
    code: str
    what: str
    why: str = ""
    hint: str = ""
    source: str = ""
    severity: Severity = "error"


@dataclass(frozen=True, kw_only=True)
class PinnedDbt:
    """dbt that the runner installs: requirements such as ``dbt-core==1.11.*``."""

    core: str
    adapter: str


@dataclass(frozen=True, kw_only=True)
class DbtExecutable:
    """A dbt that is there already: a name on PATH or a path. One process runs each step."""

    executable: str


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where a job runs. ``schema`` is a template; ``secrets`` are names of variables, never values."""

    name: str
    target: str | None = None
    schema: str | None = None
    dbt: PinnedDbt | DbtExecutable | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    vars: Mapping[str, VarValue] = field(default_factory=dict)
    profiles_dir: Path | None = None
    runs_on: tuple[str, ...] = ("ubuntu-latest",)
    github_environment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A cron expression of five fields, in an IANA time zone."""

    cron: str
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class PullRequestTrigger:
    """``branches`` are patterns of base branches; ``paths`` of changed files."""

    branches: tuple[str, ...] = ()
    types: tuple[str, ...] = ("opened", "synchronize", "reopened")
    drafts: bool = False
    paths: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MergeTrigger:
    """A push to one of these branches; none named: the default branch."""

    branches: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JobTrigger:
    """After the job of this name, or each job of these names, has ended in one of these ways."""

    names: tuple[str, ...]
    on: tuple[Ending, ...] = ("success",)


@dataclass(frozen=True, kw_only=True)
class DispatchTrigger:
    """By workflow_dispatch or repository_dispatch, which may say this differently from the file."""

    overrides: tuple[Override, ...] = OVERRIDES


@dataclass(frozen=True, kw_only=True)
class Triggers:
    """Everything that starts a job."""

    schedule: tuple[Schedule, ...] = ()
    pull_request: PullRequestTrigger | None = None
    merge: MergeTrigger | None = None
    job: tuple[JobTrigger, ...] = ()
    dispatch: DispatchTrigger | None = None


@dataclass(frozen=True, kw_only=True)
class Deferral:
    """Where unbuilt refs point. Exactly one of ``environment`` and ``job`` is a name.

    ``to: self`` arrives as the job's own name.
    """

    environment: str | None = None
    job: str | None = None
    on_missing: OnMissing = "fail"

    @property
    def to(self) -> str:
        return f"environment {self.environment}" if self.environment else f"job {self.job}"


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How often what failed is run again within a run, and the pause before each."""

    attempts: int = 0
    delay: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """A job of another repository, which starts after this one has ended in one of these ways.

    ``token`` names the variable that holds a token for that repository, as ``$NAME``.
    """

    repository: str
    job: str
    token: str
    on: tuple[Ending, ...] = ("success",)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job, with the file's defaults and its environment's target, vars and env already in it."""

    name: str
    environment: str
    steps: tuple[Step, ...]
    description: str = ""
    triggers: Triggers = Triggers()
    defer: Deferral | None = None
    generate_docs: bool = False
    source_freshness: bool = False
    timeout: timedelta | None = None
    threads: int | None = None
    target: str | None = None
    vars: Mapping[str, VarValue] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    retries: Retries = Retries()
    sla: timedelta | None = None
    notify: Mapping[str, tuple[NotifyOn, ...]] = field(default_factory=dict)
    concurrency: Concurrency = "replace"
    grace: timedelta = GRACE
    disable_after: int | None = None
    dispatches: tuple[Elsewhere, ...] = ()
    enabled: bool = True

    @property
    def deploys(self) -> bool:
        """Whether it is a deployment job, and so may publish state: no pull request starts it."""
        return self.triggers.pull_request is None


@dataclass(frozen=True, kw_only=True)
class Channel:
    """Where notifications go: ``kind`` is slack, teams, pagerduty, email or webhook.

    ``address`` is a plain value or the name of a variable, written ``$NAME``.
    """

    name: str
    kind: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Config:
    """A whole jobs file. ``project`` is the absolute folder of dbt_project.yml.

    ``action`` is what the compiled workflow calls, "" for the release that compiles it. ``rules`` sets
    codes of what `validate` finds.
    """

    path: Path
    project: Path
    state: str
    environments: Mapping[str, Environment]
    jobs: Mapping[str, Job]
    notifications: Mapping[str, Channel] = field(default_factory=dict)
    action: str = ""
    run_slots: int | None = None
    watch: Schedule | None = None
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The folder of the jobs file; relative paths in the file start here."""
        return self.path.parent

    def environment_of(self, job: Job) -> Environment:
        return self.environments[job.environment]
