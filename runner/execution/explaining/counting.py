"""How many nodes a job's steps select, by dbt's own answers, or what would tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runner.builds.facts import BUILT, NEVER_RUN, Builds, Node, Selected
from runner.dbt.project import ManifestMetadata, NotAManifest, manifest_metadata
from runner.durations import spell_age
from runner.model import Job
from runner.reports.explanation import Fact
from runner.reports.text import counted, listed, one_line
from runner.steps import Step


@dataclass(frozen=True, kw_only=True)
class Counting:
    """dbt's answers; ``manifest`` is the file that it has read, None where it has parsed the project."""

    builds: Builds
    manifest: Path | None


def counts(job: Job, counting: Counting, now: datetime) -> Iterator[Fact]:
    if not _selecting(job):
        return
    manifest = counting.manifest
    source = f"the manifest {_short(manifest, now)}" if manifest else "the project as it is here"
    yield Fact(text=f"how many nodes that is, dbt says by {source}:")
    for step in _selecting(job):
        answer = counting.builds.of(step)
        assert answer is not None, "it is asked of each step that selects"
        yield from _of_step(step, answer, counting.builds)


def how_to_count(job: Job, manifest: Path, now: datetime) -> Iterator[Fact]:
    """``manifest`` is the project's own as dbt has left it, or where it would be."""
    if not _selecting(job):
        return
    text = f"how many nodes that is, `dbt-gitops explain {job.name} --manifest` asks of dbt"
    if manifest.is_file():
        text += f"; `--manifest {_relative(manifest)}` by the manifest {_short(manifest, now)}"
    yield Fact(text=text)


def _selecting(job: Job) -> list[Step]:
    return [step for step in job.steps if step.selection]


def _of_step(step: Step, answer: Selected, builds: Builds) -> Iterator[Fact]:
    if answer.error:
        yield Fact(text=f"`{step.text}`: dbt refuses it: {one_line(answer.error)}")
    else:
        yield from _counted(step, answer, builds)
    for criterion in answer.unmatched:
        yield Fact(text=f"nothing in the project matches `{criterion}`")


def _counted(step: Step, answer: Selected, builds: Builds) -> Iterator[Fact]:
    nodes = [builds.nodes[each] for each in answer.unique_ids or ()]
    said = _kinds(nodes)
    if answer.by_state:
        more = f"{said}, and as many more" if said else "as many"
        most = _kinds(builds.nodes[each] for each in answer.at_most)
        said = f"{more} as differ from the state that it compares with, {most} at most"
    yield Fact(text=f"`{step.text}`: {said or 'nothing'}")
    layers = _numbers(node.folder for node in nodes if node.resource_type == "model")
    tags = _numbers(tag for node in nodes if node.resource_type in BUILT for tag in set(node.tags))
    for title, numbers in (("by folder", layers), ("by tag", tags)):
        if numbers:
            each = ", ".join(f"{name} {number:,}" for name, number in numbers.items())
            yield Fact(text=f"{title}: {each}")


def _kinds(nodes: Iterable[Node]) -> str:
    run = (node.resource_type for node in nodes if node.resource_type != NEVER_RUN)
    kinds = _numbers(kind.replace("_", " ") for kind in run)
    return listed(counted(number, kind) for kind, number in kinds.items())


def _numbers(names: Iterable[str]) -> dict[str, int]:
    """The largest first; what has no name isn't counted."""
    found = Counter(name for name in names if name)
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


def _short(manifest: Path, now: datetime) -> str:
    """``of 3h ago, dbt 1.11.2``; what isn't a manifest is said to be none."""
    try:
        metadata = manifest_metadata(manifest)
    except NotAManifest:
        return f"`{_relative(manifest)}`, which can't be read"
    return f"of {_age(metadata, now)}, dbt {metadata.dbt_version}"


def _age(metadata: ManifestMetadata, now: datetime) -> str:
    return f"{spell_age(now - metadata.generated_at)} ago" if metadata.generated_at else "some time"


def _relative(manifest: Path) -> str:
    here = Path.cwd()
    return str(manifest.relative_to(here) if manifest.is_relative_to(here) else manifest)
