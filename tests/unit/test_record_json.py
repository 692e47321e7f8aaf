"""A record survives its way through JSON, and what isn't one is refused with the place."""

import dataclasses
import json
import tracemalloc
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.record import NodeResult, PublishedState, Renamed, Run, Schema, Selection, StepResult
from runner.record_json import (
    RecordInvalid,
    published_from_json,
    published_to_json,
    run_from_json,
    run_to_json,
)

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/v1/run.schema.json").read_text())
# What every record says, but for those of older versions.
SAID_LATER = {"target", "target_schema"}
NOON = datetime(2025, 1, 31, 12, tzinfo=timezone.utc)

# Lone surrogates too: logs hold what a terminal can't decode.
texts = st.text(st.characters(), max_size=20)
seconds = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | seconds | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=5,
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(0),
    float: seconds,
    bool: st.booleans(),
    datetime: st.datetimes(timezones=st.just(timezone.utc)),
    type(None): st.none(),
    Any: values,
}


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type, made from its annotation: a field that is added is tested from then on."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return st.builds(kind, **{name: of(hint) for name, hint in get_type_hints(kind).items()})
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin is tuple:
        return st.lists(of(arguments[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(texts, of(arguments[1]), max_size=2)
    if origin is Literal:
        return st.sampled_from(arguments)
    return (
        st.one_of([of(argument) for argument in arguments])
        if origin in (Union, UnionType)
        else PLAIN[kind]
    )


def run(**changes: Any) -> Run:
    plain = Run(
        run_id="17-1",
        job="daily",
        environment="production",
        status="success",
        reason="",
        trigger="schedule",
        cause="cron 0 4 * * *",
        actor="octocat",
        commit="0" * 40,
        branch="main",
        queued_at=NOON,
        started_at=NOON,
        finished_at=NOON + timedelta(minutes=4),
        preparation_seconds=1.5,
        execution_seconds=238.5,
    )
    return dataclasses.replace(plain, **changes)


@given(of(Run))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_a_run_comes_back_as_it_went_and_keeps_to_the_schema(original: Run) -> None:
    text = run_to_json(original)
    assert run_from_json(text) == original
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))
    text.encode()


@given(of(PublishedState))
@settings(deadline=None)
def test_a_published_state_comes_back_as_it_went(original: PublishedState) -> None:
    assert published_from_json(published_to_json(original)) == original


def test_the_schema_says_itself_what_it_is() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("kind", "schema", "besides"),
    [
        (Run, SCHEMA, {"schema"}),
        (StepResult, SCHEMA["$defs"]["step"], set()),
        (NodeResult, SCHEMA["$defs"]["node"], set()),
        (PublishedState, SCHEMA["$defs"]["state"], set()),
        (Selection, SCHEMA["$defs"]["selection"], set()),
        (Renamed, SCHEMA["$defs"]["renamed"], set()),
        (Schema, SCHEMA["$defs"]["own_schema"], set()),
    ],
)
def test_the_schema_has_the_dataclasses_fields(
    kind: type, schema: dict[str, Any], besides: set[str]
) -> None:
    fields = {field.name for field in dataclasses.fields(kind)} | besides
    assert set(schema["properties"]) == fields
    assert set(schema["required"]) == fields - (SAID_LATER if kind is Run else set())
    assert schema["additionalProperties"] is False


def test_every_key_has_a_title_and_a_description() -> None:
    objects = [SCHEMA, *SCHEMA["$defs"].values()]
    keys = [*objects, *(key for one in objects for key in one["properties"].values())]
    assert all(key["title"] and key["description"] for key in keys)


def test_times_are_utc_with_a_z() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    written = json.loads(run_to_json(run(queued_at=east)))
    assert written["schema"] == "dbt-gitops/run/v1"
    assert written["queued_at"] == "2025-01-31T12:00:00Z"


def test_what_json_has_no_form_of_is_written_plainly() -> None:
    vars_ = MappingProxyType({"from": date(2025, 1, 31), "regions": ("US", "EU")})
    read = run_from_json(run_to_json(run(overrides={"vars": vars_})))
    assert read.overrides == {"vars": {"from": "2025-01-31", "regions": ["US", "EU"]}}


def test_a_later_versions_key_is_passed_over_and_a_default_fills_in() -> None:
    members = json.loads(run_to_json(run()))
    del members["exit_code"]
    assert run_from_json(json.dumps({**members, "of_tomorrow": 1})) == run()


def test_a_record_of_before_targets_were_recorded_is_read_and_keeps_to_the_schema() -> None:
    members = json.loads(run_to_json(run(target="prod", target_schema="live")))
    for name in SAID_LATER:
        del members[name]
    jsonschema.Draft202012Validator(SCHEMA).validate(members)
    older = run_from_json(json.dumps(members))
    assert (older.target, older.target_schema) == (None, None)


def altered(**changes: Any) -> str:
    return json.dumps({**json.loads(run_to_json(run())), **changes})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it isn't JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[" * 100_000, "it isn't JSON: "),
        ("[]", "its schema is null, not 'dbt-gitops/run/v1'"),
        (altered(schema="\x1b[31m"), r'its schema is "\u001b[31m", not'),
        (altered(schema="dbt-gitops/run/v2"), 'its schema is "dbt-gitops/run/v2", not'),
        ('{"schema": "dbt-gitops/run/v1"}', "run_id is missing"),
        (altered(run_id=17), "run_id is 17, not text"),
        (altered(target=["prod"]), "target is a list, not text"),
        (altered(run_id="x", job=None), "job is null, not text"),
        (altered(status="fine"), 'status is "fine", not one of success, error'),
        (altered(queued_at="yesterday"), 'queued_at is "yesterday", not a time such as'),
        (altered(queued_at="2025-01-31T12:00:00"), "queued_at is"),
        (altered(exit_code=True), "exit_code is true, not a whole number"),
        (altered(execution_seconds="9"), 'execution_seconds is "9", not a number'),
        (altered(execution_seconds=float("inf")), "execution_seconds is inf, not a number"),
        (altered(execution_seconds=10**400), "execution_seconds is inf, not a number"),
        (altered(steps={}), "steps is an object, not a list"),
        (altered(steps=[{"index": 1}]), "steps[0].kind is missing"),
        (altered(versions={"dbt": 1}), "versions.dbt is 1, not text"),
        (altered(deferred_to=[]), "deferred_to is a list, not an object"),
        (altered(notes="a" * 100), f'notes is "{"a" * 56}…, not a list'),
    ],
)
def test_what_is_no_record_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(RecordInvalid) as caught:
        run_from_json(text)
    assert str(caught.value).startswith(message)
    assert isinstance(caught.value, ValueError)


def test_two_thousand_nodes_cost_little_more_than_their_text() -> None:
    many = tuple(
        NodeResult(unique_id=f"model.shop.m{n}", status="success", message="x" * 200)
        for n in range(2000)
    )
    step = StepResult(index=1, kind="step", text="", argv=(), status="success", nodes=many)
    record = run(steps=(step,))
    tracemalloc.start()
    text = run_to_json(record)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The buffer, the text itself, and the buffer's growth: no third form of the nodes.
    assert peak < 6 * len(text)
    assert len(run_from_json(text).nodes) == 2000
