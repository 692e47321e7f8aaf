"""What Bolt decides of a job, and by which fields."""

from __future__ import annotations

from collections.abc import Sequence

from runner.importing.bolt.known import Bolt
from runner.importing.draft import Draft
from runner.importing.owning import speaks_of
from runner.importing.reading import text_of
from runner.importing.rows import Row

WORDS = {
    "triggers.schedule": ("schedule",),
    "triggers.merge": ("trigger_on_merge",),
    "triggers.job": ("schedule_trigger",),
    "triggers.pull_request": ("turbo_ci",),
    "defer": ("turbo_ci", "deferred_schedule"),
    "generate_docs": (),
    "source_freshness": (),
    "target": (),
    "threads": (),
    "sla": ("sla_minutes",),
    "enabled": ("suspended",),
}


def decided(draft: Draft, name: str, bolt: Bolt, rows: Sequence[Row]) -> None:
    """Note what the job has none of; ``rows`` tell its fields."""
    speaks_of(draft, name, WORDS, rows)
    if not text_of(bolt.data.get("description")):
        draft.proposed.add(("jobs", name, "description"))
