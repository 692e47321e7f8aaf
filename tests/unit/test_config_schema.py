"""The JSON Schema itself: valid, explained throughout, and true to its own examples."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runner.config.schema import inlined, schema_text
from runner.durations import PATTERN
from tests.configs import VALID

SCHEMA: dict[str, Any] = json.loads(schema_text("dbt_jobs.schema.json"))
WHOLE: dict[str, Any] = inlined(SCHEMA, SCHEMA["$defs"])


def keys(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each key that a jobs file can have, with its schema."""
    for name, below in schema.get("properties", {}).items():
        yield f"{path}.{name}", below
        yield from keys(below, f"{path}.{name}")
    for part in ("then", "else", "items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            yield from keys(schema[part], f"{path}.{part}" if part == "items" else path)


KEYS = dict(keys(WHOLE))


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].endswith("/schemas/v1/dbt_jobs.schema.json")


def test_every_reference_is_used() -> None:
    text = json.dumps(SCHEMA)
    assert [name for name in SCHEMA["$defs"] if f'"#/$defs/{name}"' not in text] == []


@pytest.mark.parametrize("path", KEYS)
def test_every_key_is_explained(path: str) -> None:
    schema = KEYS[path]
    assert schema["title"]
    assert schema["description"].endswith(".")
    assert schema["examples"]
    if "pattern" in schema:
        assert schema["patternErrorMessage"]


@pytest.mark.parametrize("path", KEYS)
def test_examples_and_defaults_are_valid(path: str) -> None:
    validator = Draft202012Validator(KEYS[path])
    for example in KEYS[path]["examples"]:
        validator.validate(example)
    if "default" in KEYS[path]:
        validator.validate(KEYS[path]["default"])


def test_the_whole_example_is_valid() -> None:
    for example in SCHEMA["examples"]:
        Draft202012Validator(SCHEMA).validate(example)


def test_jobs_and_defaults_say_the_same() -> None:
    properties = SCHEMA["properties"]
    job = dict(SCHEMA["$defs"]["job"]["properties"])
    del job["triggers"]
    assert properties["defaults"]["properties"] == job


def test_durations_are_the_programs_own() -> None:
    assert SCHEMA["$defs"]["duration"]["pattern"] == PATTERN


def test_the_example_says_every_key_of_a_job() -> None:
    text = "".join(case.read_text() for case in VALID)
    assert [key for key in SCHEMA["$defs"]["job"]["properties"] if f"{key}:" not in text] == []
