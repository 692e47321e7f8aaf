"""The history: its way through JSON, what changes it and what it says."""

from __future__ import annotations

import dataclasses
import json
import time
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from runner.history import REPLACED, Entry, History, Missed, Outcome
from runner.history_changes import ended, handled, noticed, started, trimmed
from runner.history_json import (
    entry_from_json,
    entry_to_json,
    history_from_json,
    history_to_json,
)
from runner.history_readings import (
    failures_in_a_row,
    newer,
    takes_over,
    unfinished,
    usual_seconds,
)
from runner.record import RunStatus
from runner.record_json import RecordInvalid
from tests.unit.test_record_json import of

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/v1/history.schema.json").read_text())
NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def outcome(status: RunStatus = "success", seconds: float = 60) -> Outcome:
    return Outcome(status=status, started_at=NOON, finished_at=NOON + timedelta(seconds=seconds))


def entry(run_id: str = "1", planned_at: datetime = NOON, **changes: Any) -> Entry:
    plain = Entry(
        run_id=run_id, job="daily", environment="production", trigger="schedule", cause="cron",
        planned_at=planned_at,
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def history_of(*statuses: RunStatus | None) -> History:
    """Runs that ended so, newest first; None is one that hasn't ended."""
    entries = [
        entry(str(n), NOON - n * MINUTE, outcome=outcome(status) if status else None)
        for n, status in enumerate(statuses)
    ]
    return History(entries=tuple(entries))


@given(of(History))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_a_history_comes_back_as_it_went_and_keeps_to_the_schema(original: History) -> None:
    text = history_to_json(original)
    assert history_from_json(text) == original
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))
    assert "##[" not in text


@given(of(Entry))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_entry_comes_back_as_it_went_on_one_line(original: Entry) -> None:
    text = entry_to_json(original)
    assert entry_from_json(text) == original
    assert "\n" not in text


def test_the_schema_says_itself_what_it_is() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("kind", "schema", "besides"),
    [
        (History, SCHEMA, {"schema"}),
        (Entry, SCHEMA["$defs"]["entry"], set()),
        (Outcome, SCHEMA["$defs"]["outcome"], set()),
        (Missed, SCHEMA["$defs"]["missed"], set()),
    ],
)
def test_the_schema_has_the_dataclasses_fields(
    kind: type, schema: dict[str, Any], besides: set[str]
) -> None:
    fields = dataclasses.fields(kind)
    missing = dataclasses.MISSING
    needed = {f.name for f in fields if f.default is missing and f.default_factory is missing}
    assert set(schema["properties"]) == {field.name for field in fields} | besides
    assert set(schema["required"]) == needed | besides
    assert schema["additionalProperties"] is False
    assert all(key["title"] and key["description"] for key in schema["properties"].values())


def test_what_is_a_default_is_not_written() -> None:
    assert json.loads(history_to_json(History())) == {"schema": "dbt-gitops/history/v1"}
    assert list(json.loads(entry_to_json(entry()))) == [
        "run_id", "job", "environment", "trigger", "cause", "planned_at",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "it isn't JSON: Expecting property name"),
        ("[" * 100_000, "it isn't JSON"),
        ("[]", "its schema is null, not 'dbt-gitops/history/v1'"),
        ('{"schema": "dbt-gitops/run/v1"}', 'its schema is "dbt-gitops/run/v1", not'),
        ('{"entries": {}}', "entries is an object, not a list"),
        ('{"entries": [{"run_id": "1"}]}', "entries[0].job is missing"),
        ('{"handled_until": "soon"}', 'handled_until is "soon", not a time such as'),
        ('{"handled_until": "2026-01-01T00:00:00"}', "handled_until is"),
        ('{"schedules": {"daily": 5}}', "schedules.daily is 5, not text"),
        ('{"waiting": {"daily": {"a": null}}}', "waiting.daily.a is null, not text"),
    ],
)
def test_what_is_no_history_is_refused_with_the_place(text: str, what: str) -> None:
    if text.startswith('{"') and "schema" not in text:
        text = text.replace("{", '{"schema": "dbt-gitops/history/v1", ', 1)
    with pytest.raises(RecordInvalid) as refused:
        history_from_json(text)
    assert str(refused.value).startswith(what)


@pytest.mark.parametrize("text", ["", "null", '{"run_id": 1}', '"x"'])
def test_what_is_no_entry_is_refused(text: str) -> None:
    with pytest.raises(RecordInvalid):
        entry_from_json(text)


def test_started_runs_stand_before_older_ones_and_each_once() -> None:
    before = history_of("success", "error")
    new = entry("new", NOON + MINUTE)
    after = started(started(before, [new]), [new])
    assert [each.run_id for each in after.entries] == ["new", "0", "1"]
    assert [each.run_id for each in before.entries] == ["0", "1"]


def test_an_outcome_finds_its_run() -> None:
    before = history_of(None, None)
    after = ended(before, "1", outcome())
    assert [each.outcome for each in after.entries] == [None, outcome()]
    assert ended(before, "x", outcome()) == before
    added = ended(before, "1-2", outcome(), entry("1-2", NOON - MINUTE / 2))
    assert [each.run_id for each in added.entries] == ["0", "1-2", "1"]
    assert added.entries[1].outcome == outcome()


def test_a_missed_time_is_noticed_once() -> None:
    late = Missed(job="daily", scheduled_for=NOON, noticed_at=NOON + DAY, why="late")
    again = dataclasses.replace(late, noticed_at=NOON + 2 * DAY)
    newest = Missed(job="daily", scheduled_for=NOON + DAY, noticed_at=NOON + 2 * DAY, why="late")
    assert noticed(noticed(History(), [late]), [again, newest]).missed == (newest, late)


def test_handled_never_goes_back() -> None:
    first = handled(History(), NOON, {"a": "x"})
    second = handled(first, NOON - MINUTE, {"b": "y"})
    assert (second.handled_until, second.schedules) == (NOON, {"b": "y"})


def test_old_entries_go() -> None:
    many = [entry(str(n), NOON - n * MINUTE, outcome=outcome()) for n in range(40)]
    waiting = entry("waiting", NOON - 6 * DAY)
    forgotten = entry("forgotten", NOON - 8 * DAY)
    rare = entry("rare", NOON - 89 * DAY, job="rare", outcome=outcome())
    old = entry("old", NOON - 91 * DAY, job="rare", outcome=outcome())
    kept = trimmed(started(History(), [*many, waiting, forgotten, rare, old]), NOON)
    assert [e.run_id for e in kept.entries] == [*map(str, range(30)), "waiting", "rare"]


def test_the_newest_missed_stay() -> None:
    missed = [
        Missed(job="a", scheduled_for=NOON + n * MINUTE, noticed_at=NOON + n * MINUTE, why="late")
        for n in range(250)
    ]
    kept = trimmed(noticed(History(), missed), NOON).missed
    assert kept == tuple(reversed(missed))[:200]


def test_usual_seconds_are_the_median_of_the_last_ten_successes() -> None:
    took = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 9999]
    entries = [
        entry(str(n), NOON - n * MINUTE, outcome=outcome(seconds=s)) for n, s in enumerate(took)
    ]
    assert usual_seconds(History(entries=tuple(entries)), "daily") == 55
    assert usual_seconds(history_of("success", "error", "success", None), "daily") is None
    assert usual_seconds(history_of("success", "success", "success"), "daily") == 60
    assert usual_seconds(history_of("success", "success", "success"), "another") is None


@pytest.mark.parametrize(
    ("statuses", "count"),
    [
        ((), 0),
        (("success", "error"), 0),
        (("error", "error", "success", "error"), 2),
        ((None, "error", "cancelled", "skipped", "error"), 2),
    ],
)
def test_failures_in_a_row(statuses: tuple[RunStatus | None, ...], count: int) -> None:
    assert failures_in_a_row(history_of(*statuses), "daily") == count


def test_runs_of_ones_own_machine_do_not_count_beside_githubs() -> None:
    here = history_of("error", "error", "success", "success", "success")
    assert failures_in_a_row(here, "daily") == 2
    assert usual_seconds(here, "daily") == 60
    there = entry("there", NOON - 9 * MINUTE, workflow_run=77, outcome=outcome("error"))
    both = History(entries=(*here.entries, there))
    assert failures_in_a_row(both, "daily") == 1
    assert usual_seconds(both, "daily") is None
    of_another_job = dataclasses.replace(there, job="weekly")
    assert failures_in_a_row(History(entries=(*here.entries, of_another_job)), "daily") == 0


def test_unfinished_runs() -> None:
    runs = unfinished(history_of(None, "success", None), "daily")
    assert [run.run_id for run in runs] == ["0", "2"]


def test_only_what_starts_by_itself_replaces() -> None:
    first, merged, dispatched = (
        entry("first", workflow_run=1),
        entry("merged", NOON + MINUTE, trigger="merge", workflow_run=2),
        entry("dispatched", NOON + 2 * MINUTE, trigger="dispatch", workflow_run=3),
    )
    other = entry("other", NOON + 3 * MINUTE, job="another", workflow_run=4)
    history = started(History(), [first, merged, dispatched, other])
    assert newer(history, first) == merged
    assert newer(history, merged) is None


@pytest.mark.parametrize(
    ("changes", "replaces"),
    [
        ({}, True),
        ({"outcome": outcome()}, True),
        # It ended before it began, or did only half of the work.
        ({"outcome": Outcome(status="cancelled", reason="cancelled before it began")}, False),
        ({"outcome": outcome("error")}, False),
        ({"outcome": outcome("skipped")}, False),
        # "Re-run all jobs" of an older merge: planned now, at the older commit.
        ({"workflow_run": 76, "attempt": 2, "trigger": "merge"}, False),
        # Two plans of one workflow run, so of one commit.
        ({"workflow_run": 77, "attempt": 2}, False),
        ({"branch": "release", "trigger": "merge"}, False),
    ],
)
def test_what_does_the_work_of_another_replaces_it(changes: dict[str, Any], replaces: bool) -> None:
    waits = entry("waits", branch="main", trigger="merge", workflow_run=77)
    plain: dict[str, Any] = {"branch": "main", "workflow_run": 78}
    later = entry("later", NOON + MINUTE, **{**plain, **changes})
    assert newer(started(History(), [waits, later]), waits) == (later if replaces else None)


def test_the_newest_that_does_the_work_replaces() -> None:
    waits, works, failed = (
        entry("waits", workflow_run=1),
        entry("works", NOON + MINUTE, workflow_run=2),
        entry("failed", NOON + 2 * MINUTE, workflow_run=3, outcome=outcome("error")),
    )
    assert newer(started(History(), [waits, works, failed]), waits) == works


GAVE_WAY = Outcome(status="cancelled", reason=f"{REPLACED} another: slow the schedule down")


def lived(slot: int | None, told_after: timedelta) -> list[bool]:
    """Which of 24 hourly runs ran, each after 90 minutes in the queue; their ends are told later."""
    planned = [
        entry(str(n), NOON + n * 60 * MINUTE, branch="main", workflow_run=n + 1, slot=slot)
        for n in range(24)
    ]
    ends: dict[str, Outcome] = {}
    for run in planned:
        begins = run.planned_at + 90 * MINUTE
        there = [
            dataclasses.replace(
                other,
                outcome=ends.get(other.run_id)
                if other.planned_at + 90 * MINUTE + told_after <= begins
                else None,
            )
            for other in planned
            if other.planned_at <= begins
        ]
        history = started(History(), there)
        later = takes_over(history, run, lambda other: ends[other.run_id].replaced)
        ends[run.run_id] = GAVE_WAY if later else outcome()
    return [not ends[run.run_id].replaced for run in planned]


@pytest.mark.parametrize("told_after", [MINUTE, 2 * 60 * MINUTE])
def test_in_a_slot_at_least_every_second_run_runs(told_after: timedelta) -> None:
    ran = lived(1, told_after)
    assert all(one or other for one, other in pairwise(ran))
    assert sum(ran) < 15  # and no more than it has to
    alone = lived(None, told_after)  # it would wait for its own runs alone, which come to an end
    assert sum(alone) == 1


@pytest.mark.parametrize(
    ("before", "runs"),
    [
        ({"outcome": GAVE_WAY}, True),
        ({"outcome": Outcome(status="cancelled", reason="cancelled on GitHub")}, False),
        ({"outcome": GAVE_WAY, "branch": "release"}, False),
        ({"outcome": GAVE_WAY, "job": "another"}, False),
        ({"outcome": outcome()}, False),
    ],
)
def test_who_has_left_its_work_before(before: dict[str, Any], runs: bool) -> None:
    first = entry("first", NOON - MINUTE, **{"branch": "main", "workflow_run": 1, **before})
    waits = entry("waits", branch="main", workflow_run=2, slot=1)
    later = entry("later", NOON + MINUTE, branch="main", workflow_run=3, slot=1)
    history = started(History(), [first, waits, later])
    assert takes_over(history, waits, lambda _: False) == (None if runs else later)
    apart = dataclasses.replace(waits, slot=None)
    assert takes_over(history, apart, lambda _: True) == later


def test_a_thousand_jobs_are_read_and_asked_for_within_two_seconds() -> None:
    """Several times what it takes: a plan does this at every tick."""
    entries = [
        entry(f"{n}-{job}", NOON - n * MINUTE, job=f"job_{job}", outcome=outcome())
        for n in range(20)
        for job in range(1000)
    ]
    text = history_to_json(History(entries=tuple(entries)))
    begun = time.process_time()
    history = history_from_json(text)
    for job in range(1000):
        assert usual_seconds(history, f"job_{job}") == 60
    assert time.process_time() - begun < 2
