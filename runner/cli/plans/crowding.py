"""Slots that more jobs wait for than GitHub lets wait, as `validate` says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from runner.blocks import runs_apart
from runner.config import Loaded
from runner.model import Problem
from runner.triggers.starting import slots_of

# GitHub's limit for what waits in one concurrency group with `queue: max`.
MOST_WAITING = 100


def with_crowding(checked: Sequence[Loaded]) -> list[Loaded]:
    """With a warning in each file whose `run_slots` leave too many jobs for a slot, of all files."""
    configs = [loaded.config for loaded in checked if loaded.config]
    jobs = {name: job for config in configs for name, job in config.jobs.items()}
    slots = slots_of(configs)
    counts = Counter(slot for name, slot in slots.items() if slot and runs_apart(jobs[name]))
    most = max(counts.values(), default=0)
    if most <= MOST_WAITING:
        return list(checked)
    return [replace(each, problems=(*each.problems, *_problems(each, most))) for each in checked]


def _problems(loaded: Loaded, most: int) -> Iterator[Problem]:
    if loaded.config is None or loaded.config.run_slots is None:
        return
    yield loaded.problem(
        "crowded-slot",
        f"`run_slots: {loaded.config.run_slots}` leaves {most} deployment jobs for one slot",
        why=f"GitHub lets {MOST_WAITING} runs wait for a slot, and cancels what comes beyond",
        hint="more `run_slots`, so that each has fewer jobs",
        at=loaded.where("run_slots"),
    )
