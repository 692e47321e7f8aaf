"""The blocks of the compiled workflow: the jobs of one environment that GitHub runs in the same way.

``sync`` makes one job of the workflow of each, and ``plan`` fills in its matrix.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from runner.model import Config, Environment, Job

# checks: for pull requests and merge queues. cancel: what is in progress gives way to what is newer.
Kind = Literal["checks", "deploy", "cancel"]

# GitHub's limit for a matrix.
MOST_LEGS = 256
# The compiled workflow's other jobs.
RESERVED = frozenset({"plan", "clean", "report"})
# GitHub takes 100 characters; a number may follow.
_MOST_CHARACTERS = 90


@dataclass(frozen=True, kw_only=True)
class Block:
    """``name`` is the id of its job in the workflow; ``jobs`` are at most 256, all of ``config``."""

    name: str
    environment: Environment
    kind: Kind
    jobs: tuple[Job, ...]
    config: Config


def checks_changes(job: Job) -> bool:
    """Whether pull requests, and so merge queues, start it."""
    return job.enabled and job.triggers.pull_request is not None


def runs_apart(job: Job) -> bool:
    """Whether anything but a pull request may start it: a rerun may start every deployment job."""
    triggers = job.triggers
    others = triggers.schedule or triggers.merge or triggers.job or triggers.dispatch
    return job.enabled and (job.deploys or bool(others))


def blocks(files: Sequence[Config]) -> tuple[Block, ...]:
    """In the order of the files and their environments. Without jobs that are disabled.

    A job is in one block of pull requests' checks at most, and in one other at most.
    """
    taken = set(RESERVED)
    found: list[Block] = []
    for config, label in zip(files, _labels(files), strict=True):
        for environment, kind, jobs in _groups(config):
            name = _name(label, environment, kind, taken)
            taken.add(name)
            found.append(
                Block(name=name, environment=environment, kind=kind, jobs=jobs, config=config)
            )
    return tuple(found)


def by_job(found: Sequence[Block]) -> dict[tuple[str, bool], Block]:
    """Where a job runs, by its name and whether a pull request or a merge queue starts it."""
    return {(job.name, block.kind == "checks"): block for block in found for job in block.jobs}


def runs_job(name: str, job: str) -> bool:
    """Whether a job of the workflow is, by its name, a leg that runs this job of the jobs file.

    The compiled workflow calls it by its block: ``production daily``. One that gives it no name has
    it from GitHub, with the values of its matrix: ``production (daily, …)``. A workflow that calls
    another puts that one's name before it.
    """
    own = re.escape(job)
    alone = "(?!)" if job in RESERVED else own
    return bool(re.fullmatch(rf"(?:.* / )?(?:{alone}|[\w-]+ {own}|[^(]*\({own}[,)].*)", name))


def runs_none(name: str) -> bool:
    """Whether it is one that only decides, cleans up or reports."""
    return name.rpartition(" / ")[2] in RESERVED


def _groups(config: Config) -> Iterator[tuple[Environment, Kind, tuple[Job, ...]]]:
    by_place: dict[tuple[str, Kind], list[Job]] = {}
    for job in config.jobs.values():
        if runs_apart(job):
            kind: Kind = "cancel" if job.concurrency == "cancel" else "deploy"
            by_place.setdefault((job.environment, kind), []).append(job)
        if checks_changes(job):
            by_place.setdefault((job.environment, "checks"), []).append(job)
    kinds: tuple[Kind, ...] = ("deploy", "cancel", "checks")
    for name, environment in config.environments.items():
        for kind in kinds:
            jobs = iter(by_place.get((name, kind), ()))
            while some := tuple(islice(jobs, MOST_LEGS)):
                yield environment, kind, some


def _labels(files: Sequence[Config]) -> list[str]:
    """What tells the files apart: their folders below the one that all are in, "" for one file."""
    if len(files) == 1:
        return [""]
    folders = [os.path.normpath(config.root) for config in files]
    above = os.path.commonpath(folders) if folders else ""
    return [
        "-".join(
            (
                *Path(os.path.relpath(folder, above)).parts,
                *([config.path.stem] if folders.count(folder) > 1 else ()),
            )
        )
        for config, folder in zip(files, folders, strict=True)
    ]


def _name(label: str, environment: Environment, kind: Kind, taken: set[str]) -> str:
    parts = (label, environment.name, "" if kind == "deploy" else kind)
    name = re.sub("[^a-z0-9_-]+", "-", "-".join(filter(None, parts)).lower())[:_MOST_CHARACTERS]
    if name in RESERVED or not re.match("[a-z_]", name):
        name = f"env-{name}"
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (name, *numbered) if each not in taken)
