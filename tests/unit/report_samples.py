"""Reports of real runs, kept in tests/records, and of runs made up for what the real ones don't show."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

from runner.record import NodeResult, Run, Selection, StepResult
from runner.record_json import run_from_json
from runner.reports.report import DifferenceLine, History, Place, Report

RECORDS = Path(__file__).parents[1] / "records"
NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
PAGE = "https://github.com/acme/jaffle/actions/runs/7"
SHA = "e9b1c6f39f79b4d923181a70b359ee9e9d623335"
PLACE = Place(
    repository="acme/jaffle", head_sha=SHA, folder="jaffle", workflow_run=7, summary_url=PAGE
)
# As `history_of` has it for ci_failed, of a real run of the example's `daily`.
HISTORY = History(same_nodes=0.398, project=18.843)
DIFFERENCE = (
    DifferenceLine(kind="warning", text="`hourly` runs in another environment: `production`"),
    DifferenceLine(kind="unchanged", text="hourly:"),
    DifferenceLine(kind="removed", text='  schedule: { cron: "23 * * * *" }'),
    DifferenceLine(kind="added", text='  schedule: { cron: "53 * * * *" }'),
)


def real(name: str, **changes: Any) -> Report:
    """The record of that name: ``ci_failed``, ``ci_passed`` or ``ci_errored``."""
    run = run_from_json((RECORDS / f"{name}.json").read_text())
    plain = Report(run=run, place=PLACE, history=HISTORY)
    return dataclasses.replace(plain, **changes)


def node(unique_id: str = "model.shop.orders", status: str = "success", **more: Any) -> NodeResult:
    kind, _, name = unique_id.split(".")[:3]
    plain = NodeResult(
        unique_id=unique_id,
        status=status,
        resource_type=kind,
        name=name,
        file=f"{kind}s/{name}.sql",
        started_at=NOON,
        seconds=1.5,
    )
    return dataclasses.replace(plain, **more)


def step(*nodes: NodeResult, **more: Any) -> StepResult:
    plain = StepResult(
        index=1,
        kind="step",
        text="dbt build",
        argv=("dbt", "build"),
        status="error" if any(each.failed for each in nodes) else "success",
        exit_code=1 if any(each.failed for each in nodes) else 0,
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=4),
        nodes=nodes,
    )
    return dataclasses.replace(plain, **more)


def made(*steps: StepResult, place: Place = PLACE, **more: Any) -> Report:
    """A report of a run of these steps; ``more`` are fields of the run."""
    failed = any(each.status == "error" and not each.advisory for each in steps)
    plain = Run(
        run_id="20261120T120000Z-ci-3f2a9c",
        job="ci",
        environment="ci",
        status="error" if failed else "success",
        reason="`dbt build` failed" if failed else "",
        trigger="pull_request",
        cause="pull request 42",
        actor="jo",
        commit=SHA,
        branch="change",
        queued_at=NOON,
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=42),
        preparation_seconds=1.0,
        execution_seconds=41.0,
        steps=steps,
        exit_code=1 if failed else 0,
    )
    return Report(run=dataclasses.replace(plain, **more), place=place)


def chosen(unique_id: str, reason: Any, *of: str, parents: tuple[str, ...] = ()) -> Selection:
    return Selection(unique_id=unique_id, reason=reason, of=of, parents=parents)


def crowd(nodes: int, message: str) -> Report:
    """A run in which that many nodes failed with the message, each downstream of the one before."""
    names = [f"model.shop.{'m' * 60}{number}" for number in range(nodes)]
    selection = [chosen(names[0], "body")]
    for before, name in pairwise(names):
        selection.append(chosen(name, "downstream", names[0], parents=(before,)))
    failing = [node(name, "error", message=message) for name in names]
    report = made(step(*failing), selection=tuple(selection), notes=(message,) * 50)
    lines = (DifferenceLine(kind="added", text=message),) * 2000
    return dataclasses.replace(report, difference=lines)
