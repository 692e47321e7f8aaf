"""Runs to publish, for the tests of the state store."""

import dataclasses
import hashlib
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from runner.record import PublishedState, Run
from runner.record_json import run_to_json
from runner.state import StateStore

START = datetime(2025, 1, 31, 4, tzinfo=timezone.utc)


def manifest(number: int, size: int = 10_000) -> bytes:
    """JSON of about ``size`` bytes, another one for each number."""
    return json.dumps({"run": number, "nodes": f"{number:08}" * (size // 8)}).encode()


def state(number: int, content: bytes, **changes: Any) -> PublishedState:
    plain = PublishedState(
        run_id=f"{number}-1",
        job="daily",
        environment="production",
        commit=f"{number:040x}",
        sha256=hashlib.sha256(content).hexdigest(),
        published_at=START + timedelta(hours=number),
        dbt_version="1.11.2",
        project="shop",
        dbt_schema_version="https://schemas.getdbt.com/dbt/manifest/v12.json",
        size=len(content),
    )
    return dataclasses.replace(plain, **changes)


def record(published: PublishedState, cause: str = "cron") -> str:
    return run_to_json(
        Run(
            run_id=published.run_id,
            job=published.job,
            environment=published.environment,
            status="success",
            reason="",
            trigger="schedule",
            cause=cause,
            actor="octocat",
            commit=published.commit,
            branch="main",
            queued_at=published.published_at,
            started_at=published.published_at,
            finished_at=published.published_at,
            preparation_seconds=1.0,
            execution_seconds=2.0,
        )
    )


def prepare(
    target: Path, number: int, size: int = 10_000, cause: str = "cron", **changes: Any
) -> tuple[Path, Path, PublishedState]:
    """Run ``number`` in the folder ``target`` as a job leaves it: what ``publish`` takes."""
    target.mkdir(parents=True, exist_ok=True)
    content = manifest(number, size)
    published = state(number, content, **changes)
    (target / "manifest.json").write_bytes(content)
    (target / "run.json").write_text(record(published, cause))
    return target / "manifest.json", target / "run.json", published


def publish(store: StateStore, target: Path, number: int, **changes: Any) -> PublishedState:
    """Publishes run ``number``; what then is there."""
    prepared = prepare(target, number, **changes)
    assert store.publish(*prepared)
    return prepared[2]
