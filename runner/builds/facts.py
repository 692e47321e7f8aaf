"""Which nodes each step of a jobs file selects, and what these nodes are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from runner.model import Job
from runner.steps import Selection, Step

# Commands that make or test what is in the warehouse, and those that make it.
RUNNING = frozenset({"build", "run", "seed", "snapshot", "test"})
BUILDING = RUNNING - {"test"}
# Selected by `dbt build`, and then left as it is.
NEVER_RUN = "exposure"
# What lies in the warehouse once it is built.
BUILT = frozenset({"model", "seed", "snapshot", "function"})


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node of a manifest. ``path`` starts in the project, ``fqn`` with the package.

    ``source`` is the name of a source table's source, ``materialized`` "" of what isn't.
    """

    unique_id: str
    resource_type: str
    name: str
    package: str = ""
    path: str = ""
    fqn: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    source: str = ""
    materialized: str = ""
    enabled: bool = True

    @property
    def folder(self) -> str:
        """The layer that it lies in: the first folder below `models`, "" where there is none."""
        return self.fqn[1] if len(self.fqn) > 2 else ""


@dataclass(frozen=True, kw_only=True)
class Selected:
    """What dbt answered for one selection.

    ``unique_ids`` is None where it gave an ``error``. ``by_state`` are those that it may select besides,
    as it compares with state. ``unmatched`` are the criteria that match nothing, as they are written.
    """

    unique_ids: frozenset[str] | None
    by_state: frozenset[str] = frozenset()
    error: str = ""
    unmatched: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return self.unique_ids is not None and not self.by_state

    @property
    def at_most(self) -> frozenset[str]:
        return (self.unique_ids or frozenset()) | self.by_state


@dataclass(frozen=True, kw_only=True)
class Builds:
    """A manifest's nodes by unique id, the names in selectors.yml, and an answer a selection.

    ``otherwise`` names the jobs that give other vars, another target or other variables than what the
    manifest was parsed with: theirs are the answers of that parse.
    """

    nodes: Mapping[str, Node]
    answers: Mapping[Selection, Selected]
    selectors: tuple[str, ...] = ()
    otherwise: frozenset[str] = field(default=frozenset())
    # Of a thousand jobs many select the same.
    _built: dict[tuple[Selection | None, ...], tuple[frozenset[str], frozenset[str]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of(self, step: Step) -> Selected | None:
        """None of a step that selects nothing by its nature, such as `dbt deps`."""
        selection = step.selection
        return self.answers[selection] if selection else None

    def run_by(self, job: Job) -> frozenset[str]:
        """Everything that the job runs, its tests too, as far as it is known."""
        answers = self._answers(job, RUNNING)
        return frozenset().union(*(each.unique_ids or () for each in answers))

    def built_by(self, job: Job) -> frozenset[str]:
        """What the job makes in the warehouse, whatever the state; no ephemeral model."""
        return self._bounds(job)[0]

    def may_be_built_by(self, job: Job) -> frozenset[str]:
        """The same, and what it makes besides where the state that it compares with is such."""
        return self._bounds(job)[1]

    def is_known(self, job: Job) -> bool:
        """Whether each of its steps that builds has an answer: no error, and no need of state."""
        return all(answer.is_known for answer in self._answers(job, BUILDING))

    def _bounds(self, job: Job) -> tuple[frozenset[str], frozenset[str]]:
        alike = tuple(step.selection for step in job.steps if step.command in BUILDING)
        if alike not in self._built:
            answers = [*self._answers(job, BUILDING)]
            least = frozenset().union(*(each.unique_ids or () for each in answers))
            more = frozenset().union(*(each.by_state for each in answers))
            built = frozenset(filter(self._lasts, least))
            self._built[alike] = built, built.union(filter(self._lasts, more))
        return self._built[alike]

    def _lasts(self, unique_id: str) -> bool:
        node = self.nodes[unique_id]
        return node.resource_type in BUILT and node.materialized != "ephemeral"

    def _answers(self, job: Job, commands: frozenset[str]) -> Iterator[Selected]:
        answers = (self.of(step) for step in job.steps if step.command in commands)
        return (answer for answer in answers if answer)


def nothing_selected(builds: Builds, jobs: Iterable[Job]) -> Iterator[tuple[Job, int]]:
    """Each step, as job and index, that dbt would run on nothing at all."""
    for job in jobs:
        for index, step in enumerate(job.steps):
            answer = builds.of(step)
            if answer and answer.is_known and not answer.unique_ids:
                yield job, index


def sizes(builds: Builds, jobs: Iterable[Job]) -> dict[str, dict[str, int]]:
    """How many nodes of each resource type a job runs; of a job that isn't known, as far as it is."""
    found: dict[tuple[Selection | None, ...], dict[str, int]] = {}
    counted: dict[str, dict[str, int]] = {}
    for job in jobs:
        alike = tuple(step.selection for step in job.steps)
        if alike not in found:
            found[alike] = _by_type(builds, builds.run_by(job))
        counted[job.name] = found[alike]
    return counted


def never_built(builds: Builds, jobs: Iterable[Job]) -> tuple[Node, ...]:
    """The models that no enabled deployment job builds, in their order in the manifest.

    What compares with state is unknown: what it may build isn't named. Where a deployment job's
    selection is an error, nothing is sure, and none is named.
    """
    deploying = [job for job in jobs if job.enabled and job.deploys]
    if any(_fails(builds, job) for job in deploying):
        return ()
    alike = {tuple(step.selection for step in job.steps): job for job in deploying}
    built = frozenset().union(*(builds.may_be_built_by(job) for job in alike.values()))
    return tuple(node for node in builds.nodes.values() if _is_to_build(node, built))


def _is_to_build(node: Node, built: frozenset[str]) -> bool:
    lasting = node.resource_type == "model" and node.materialized != "ephemeral"
    return lasting and node.enabled and node.unique_id not in built


def _fails(builds: Builds, job: Job) -> bool:
    return any(answer.error for step in job.steps if (answer := builds.of(step)))


def _by_type(builds: Builds, unique_ids: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for unique_id in unique_ids:
        kind = builds.nodes[unique_id].resource_type
        if kind != NEVER_RUN:
            counts[kind] = counts.get(kind, 0) + 1
    return dict(sorted(counts.items()))
