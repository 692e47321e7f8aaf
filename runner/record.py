"""A run as it is recorded: what ``run.json`` holds and what every report renders.

Times are aware datetimes in UTC, durations are seconds. ``schemas/v1/run.schema.json`` is the same
contract for readers outside; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

RunStatus = Literal["success", "error", "cancelled", "skipped"]
StepStatus = Literal["success", "error", "cancelled", "skipped"]
StepKind = Literal["deps", "compare", "clone", "freshness", "step", "docs"]

# Why a run selected a node. "new" and "changed" say the node itself is other than in the state that
# the run compared with; "changed" is one whose part isn't known.
SelectionReason = Literal[
    "new",
    "changed",
    "body",
    "config",
    "relation",
    "macro",
    "var",
    "contract",
    "description",
    "downstream",
]

# Steps beside the job's own: the base commit may not even parse, and the job goes on without it.
ADVISORY = frozenset({"compare", "docs", "freshness"})

# dbt commands that leave something in the warehouse, or test what is there; the results of others,
# such as a compilation, are of nothing that was built.
WRITING_COMMANDS = frozenset({"build", "clone", "retry", "run", "seed", "snapshot", "test"})

# dbt's statuses of a node that mean that it didn't do what it should.
FAILED_STATUSES = frozenset({"error", "fail", "runtime error", "partial success"})


@dataclass(frozen=True, kw_only=True)
class NodeResult:
    """What one command did with one node, in dbt's words.

    ``started_at`` is None where dbt didn't start on it; ``rows_affected`` where the adapter doesn't say. ``file`` and ``compiled_path`` are
    relative to the dbt project; ``line`` is that of ``file`` where it is known. ``attached_node``
    and ``column_name`` say what a generic test is about.
    """

    unique_id: str
    status: str
    message: str = ""
    started_at: datetime | None = None
    seconds: float = 0.0
    rows_affected: int | None = None
    failures: int | None = None
    resource_type: str = ""
    name: str = ""
    fqn: tuple[str, ...] = ()
    file: str = ""
    line: int | None = None
    compiled_path: str = ""
    attached_node: str = ""
    column_name: str = ""
    relation: str = ""
    database: str = ""
    schema: str = ""

    @property
    def failed(self) -> bool:
        return self.status in FAILED_STATUSES


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """One dbt command of a run. ``exit_code`` is None where it didn't run.

    ``from_run`` is the id of the earlier run that ran it, where this run goes on from that one's
    failure: "" otherwise.
    """

    index: int
    kind: StepKind
    text: str
    argv: tuple[str, ...]
    status: StepStatus
    attempt: int = 1
    exit_code: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    log: str = ""
    message: str = ""
    parse: str = ""
    nodes: tuple[NodeResult, ...] = ()
    from_run: str = ""

    @property
    def seconds(self) -> float:
        if self.started_at is None or self.finished_at is None:
            return 0.0
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def advisory(self) -> bool:
        """Whether its failure leaves the job's result alone, as in dbt Cloud."""
        return self.kind in ADVISORY

    @property
    def interrupted(self) -> bool:
        """Whether dbt was stopped, or died, in the middle: not all that it did is told."""
        return bool(self.argv) and (self.status == "cancelled" or self.exit_code is None)

    @property
    def writes(self) -> bool:
        """Whether its results are of what was built or tested, and not of a compilation."""
        return len(self.argv) > 1 and self.argv[1] in WRITING_COMMANDS


@dataclass(frozen=True, kw_only=True)
class PublishedState:
    """One manifest in a state store, and the run that it came from.

    ``size`` counts the manifest's bytes; the store fills it in as it publishes, 0 is unknown.
    """

    run_id: str
    job: str
    environment: str
    commit: str
    sha256: str
    published_at: datetime
    dbt_version: str
    project: str
    dbt_schema_version: str
    size: int = 0

    def age_seconds(self, now: datetime) -> float:
        return (now - self.published_at).total_seconds()


@dataclass(frozen=True, kw_only=True)
class Schema:
    """A schema in the warehouse, as dbt names it; ``database`` is "" where dbt doesn't say."""

    database: str
    schema: str

    def __str__(self) -> str:
        return f"{self.database}.{self.schema}".strip(".")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """One reason why a run's selectors chose a node; a node may have several.

    ``of`` names what the reason is about, as unique ids: the macros that changed; the vars of
    dbt_project.yml, as ``var.<package>.<name>``; for ``downstream`` the modified nodes that it descends from. ``parents`` are the nodes that it refs,
    whether the run built them or not, the same in each of a node's selections.
    """

    unique_id: str
    reason: SelectionReason
    of: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """A node that has another name than in the state that the run compared with; unique ids."""

    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class ComparedWith:
    """What `state:` selectors compared with: a commit that was parsed, or a run's manifest.

    ``how`` says in words which one it is; ``run_id`` is "" for a commit that was parsed.
    """

    commit: str
    how: str
    run_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one job, from the moment that it was asked for to its end.

    ``target`` is dbt's, "" where the profile's default was used, and None where an older version wrote the
    record, which doesn't say. ``target_schema`` is the one that the environment gives it, "" where it is the
    profile's own, and None in such a record or where the run had nothing to fill the template with.
    ``rerun_of`` is the id of the run that was run again, "" without one.

    ``own_schemas`` are those of the schemas that belong to the run's pull request alone: what may be
    dropped when it closes.
    """

    run_id: str
    job: str
    environment: str
    target: str | None = None
    target_schema: str | None = None
    status: RunStatus
    reason: str
    trigger: str
    cause: str
    actor: str
    commit: str
    branch: str
    queued_at: datetime
    started_at: datetime
    finished_at: datetime
    preparation_seconds: float
    execution_seconds: float
    steps: tuple[StepResult, ...] = ()
    deferred_to: PublishedState | None = None
    compared_with: ComparedWith | None = None
    selection: tuple[Selection, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    deleted: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    pr_number: int | None = None
    rerun_of: str = ""
    own_schemas: tuple[Schema, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sla_seconds: float | None = None
    state_published: bool = False
    state_reason: str = ""
    exit_code: int = 0

    @property
    def seconds(self) -> float:
        """From start to end, the wait in a queue apart."""
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def nodes(self) -> tuple[NodeResult, ...]:
        """Each node's last result, over all steps and attempts, in the order they first ran."""
        last: dict[str, NodeResult] = {}
        for step in self.steps:
            for node in step.nodes:
                last[node.unique_id] = node
        return tuple(last.values())
