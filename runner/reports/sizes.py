"""How many nodes each job builds, by dbt's own answers: as a table for a terminal, and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.builds.facts import Builds, sizes
from runner.config.text import printable
from runner.github.fence import defused
from runner.model import Job

# Of more jobs than these the JSON tells.
MOST_ROWS = 50
# What people look for first; other kinds follow where a job has any.
FIRST = ("model", "test", "seed", "snapshot")
PLURALS = {"analysis": "analyses", "saved_query": "saved queries"}


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many nodes of each resource type a job runs; not all of them are ``known``."""

    job: str
    nodes: Mapping[str, int]
    known: bool


def sizes_of(builds: Builds, jobs: Iterable[Job]) -> tuple[Size, ...]:
    jobs = list(jobs)
    counted = sizes(builds, jobs)
    return tuple(
        Size(job=job.name, nodes=counted[job.name], known=builds.is_known(job)) for job in jobs
    )


def sizes_as_json(found: Sequence[Size]) -> dict[str, dict[str, object]]:
    """``{job: {"nodes": {resource type: number}, "known"}}``."""
    return {each.job: {"nodes": dict(each.nodes), "known": each.known} for each in found}


def sizes_as_text(found: Sequence[Size]) -> str:
    """A row a job; `?` marks one of which not all is known."""
    kinds = _kinds(each.nodes for each in found)
    rows = [["job", *(_plural(kind) for kind in kinds)]]
    for each in found[:MOST_ROWS]:
        numbers = [f"{each.nodes.get(kind, 0):,}" for kind in kinds]
        rows.append([printable(each.job), *(numbers if each.known else _unknown(numbers))])
    lines = list(_aligned(rows))
    if len(found) > MOST_ROWS:
        lines.append(f"and {len(found) - MOST_ROWS:,} jobs more: --format json has all")
    if not all(each.known for each in found[:MOST_ROWS]):
        lines.append("?: what else it builds depends on what has changed, or dbt refuses it")
    return defused("\n".join(lines))


def _kinds(counted: Iterable[Mapping[str, int]]) -> list[str]:
    found = {kind for each in counted for kind in each}
    return [*(kind for kind in FIRST if kind in found), *sorted(found - {*FIRST})]


def _unknown(numbers: list[str]) -> list[str]:
    return [f"{number}?" if number != "0" else "?" for number in numbers]


def _plural(kind: str) -> str:
    return PLURALS.get(kind, f"{kind.replace('_', ' ')}s")


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *numbers in rows:
        cells = [f"{number:>{width}}" for number, width in zip(numbers, widths[1:], strict=True)]
        yield "  ".join([f"{name:<{widths[0]}}", *cells]).rstrip()
