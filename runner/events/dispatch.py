"""The inputs of a dispatch, which anybody with a token may have written.

``workflow_dispatch`` gives every input as text, ``repository_dispatch`` any JSON: both are read alike,
so that a list may be a JSON list or lines of text, and a mapping a JSON object or its text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import get_args

from runner.durations import parse_duration
from runner.errors import EventMalformed
from runner.events.payload import Payload, is_plain
from runner.events.types import Dispatch, DispatchOverrides, Upstream
from runner.model import OVERRIDES, Ending, VarValue

EVENT_TYPE = "dbt-job"  # of a repository_dispatch that is meant for us
MAX_CHARACTERS = 65_535  # GitHub's own limit for all inputs
KNOWN = frozenset(
    {
        "job", "cause", "rerun", "from_failure", "upstream", *OVERRIDES,
    }
)  # fmt: skip


def workflow_dispatch(
    payload: Payload, *, repository: str, default_branch: str, actor: str
) -> Dispatch:
    """The event of a workflow that was started by hand or by the API."""
    inputs = Payload(payload.object("inputs").values if payload.has("inputs") else {}, "inputs")
    dispatch = _dispatch(inputs, repository, default_branch, actor)
    return _with(dispatch, event_type="", ref=payload.text("ref"))


def repository_dispatch(
    payload: Payload, *, repository: str, default_branch: str, actor: str
) -> Dispatch:
    """The event of another system. One of another type names no job, whatever is in it."""
    event_type = payload.text("action")
    given = payload.object("client_payload").values if payload.has("client_payload") else {}
    inputs = Payload(given if event_type == EVENT_TYPE else {}, "client_payload")
    dispatch = _dispatch(inputs, repository, default_branch, actor)
    return _with(dispatch, event_type=event_type, ref=payload.text_or("branch", ""))


def _with(dispatch: Dispatch, *, event_type: str, ref: str) -> Dispatch:
    return Dispatch(**{**vars(dispatch), "event_type": event_type, "ref": ref})


def _dispatch(inputs: Payload, repository: str, default_branch: str, actor: str) -> Dispatch:
    if len(json.dumps(inputs.values)) > 2 * MAX_CHARACTERS:
        raise EventMalformed(
            "the dispatch's inputs are too long",
            why=f"GitHub takes at most {MAX_CHARACTERS:,} characters",
        )
    return Dispatch(
        repository=repository,
        default_branch=default_branch,
        actor=actor,
        job=inputs.text_or("job", ""),
        cause=inputs.text_or("cause", ""),
        rerun=inputs.text_or("rerun", ""),
        from_failure=_flag(inputs, "from_failure") or False,
        upstream=_upstream(inputs),
        overrides=_overrides(inputs),
        unknown=tuple(sorted(name for name in inputs.values if name not in KNOWN)),
    )


def _upstream(inputs: Payload) -> Upstream | None:
    said = Payload(_mapping(inputs, "upstream"), f"{inputs.path}.upstream")
    if not said.values:
        return None
    ending = next((each for each in get_args(Ending) if each == said.values.get("ending")), None)
    if ending is None:
        said.wrong("ending", f"one of {', '.join(get_args(Ending))}")
    return Upstream(
        job=said.text("job"),
        ending=ending,
        run_id=said.text_or("run_id", ""),
        repository=said.text_or("repository", ""),
        depth=said.number("depth"),
    )


def read_inputs(values: Mapping[str, object]) -> Dispatch:
    """Inputs alone, of no repository; raises EventMalformed."""
    return _dispatch(Payload(values, "inputs"), "", "", "")


def read_overrides(values: Mapping[str, object]) -> DispatchOverrides:
    """Those inputs that say something differently from the jobs file; raises EventMalformed."""
    return _overrides(Payload(values, "overrides"))


def _overrides(inputs: Payload) -> DispatchOverrides:
    return DispatchOverrides(
        target=inputs.text_or("target", None),
        threads=_threads(inputs),
        vars=_mapping(inputs, "vars"),
        env=_env(inputs),
        steps=_steps(inputs),
        schema=inputs.text_or("schema", None),
        defer_to=inputs.text_or("defer_to", None),
        full=_flag(inputs, "full") or False,
        git_ref=inputs.text_or("git_ref", None),
        dbt=inputs.text_or("dbt", None),
        timeout=_timeout(inputs),
        generate_docs=_flag(inputs, "generate_docs"),
    )


def _threads(inputs: Payload) -> int | None:
    value = inputs.values.get("threads")
    if value in (None, ""):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 5:
        value = int(value)
    return Payload({"threads": value}, inputs.path).number("threads")


def _flag(inputs: Payload, key: str) -> bool | None:
    """None where nothing is said: an empty text is what a form leaves."""
    value = inputs.values.get(key)
    if value in (None, ""):
        return None
    if value not in (True, False, "true", "false"):
        inputs.wrong(key, "true or false")
    return value in (True, "true")


def _timeout(inputs: Payload) -> timedelta | None:
    text = inputs.text_or("timeout", "")
    try:
        return parse_duration(text) if text else None
    except ValueError:
        inputs.wrong("timeout", "a duration such as 90m or 2h")


def _steps(inputs: Payload) -> tuple[str, ...]:
    lines = _listed(inputs.values.get("steps") or [])
    if not isinstance(lines, list):
        inputs.wrong("steps", "a list of dbt commands, or one on each line")
    stripped = [line.strip() if isinstance(line, str) else line for line in lines]
    steps = [line for line in stripped if line]
    if not all(isinstance(step, str) and is_plain(step) for step in steps):
        inputs.wrong("steps", "a list of dbt commands, or one on each line")
    return tuple(steps)


def _listed(value: object) -> object:
    """Text is a list in JSON, which a form's one line has room for, or a line for each."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return value.split("\n")
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _env(inputs: Payload) -> dict[str, str]:
    found = _mapping(inputs, "env")
    if not all(name.isidentifier() and isinstance(text, str) for name, text in found.items()):
        inputs.wrong("env", "a JSON object of variables' names and texts")
    return dict(found)


def _mapping(inputs: Payload, key: str) -> Mapping[str, VarValue]:
    """A JSON object, or its text. JSON and not YAML: a stranger's YAML may grow without end."""
    value = inputs.values.get(key) or {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, dict):
        inputs.wrong(key, "a JSON object")
    return value
