"""A dispatch as the inputs that say it: the inverse of :mod:`runner.events.dispatch`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from runner.durations import spell_duration
from runner.errors import ConfigInvalid, EventMalformed
from runner.events.dispatch import MAX_CHARACTERS, read_inputs
from runner.events.types import DispatchOverrides, Upstream


def inputs_of(
    job: str,
    cause: str,
    overrides: DispatchOverrides | None = None,
    *,
    rerun: str = "",
    from_failure: bool = False,
    upstream: Upstream | None = None,
) -> dict[str, str]:
    """Names and texts, without those that say nothing.

    Raises ConfigInvalid on what couldn't be read again, such as a cause of two lines.
    """
    said = {
        "job": job,
        "cause": cause,
        "rerun": rerun,
        "from_failure": _flag(from_failure or None),
        "upstream": _upstream(upstream) if upstream else "",
        **dict(_overrides(overrides or DispatchOverrides())),
    }
    inputs = {name: text for name, text in said.items() if text}
    _check(inputs)
    return inputs


def _check(inputs: Mapping[str, str]) -> None:
    """Before it is sent: whoever reads it would refuse it, in a log that nobody looks for."""
    if sum(map(len, inputs.values())) > MAX_CHARACTERS:
        raise ConfigInvalid(
            "the dispatch would be too long",
            why=f"GitHub takes at most {MAX_CHARACTERS:,} characters",
        )
    try:
        read_inputs(inputs)
    except EventMalformed as error:
        raise ConfigInvalid("this can't be sent in a dispatch", why=error.why) from error


def _overrides(overrides: DispatchOverrides) -> Iterator[tuple[str, str]]:
    for name in ("target", "schema", "defer_to", "git_ref", "dbt"):
        yield name, getattr(overrides, name) or ""
    yield "threads", str(overrides.threads or "")
    yield "vars", _json(overrides.vars)
    yield "env", _json(overrides.env)
    yield "steps", json.dumps(overrides.steps) if overrides.steps else ""
    yield "timeout", spell_duration(overrides.timeout) if overrides.timeout else ""
    yield "full", _flag(overrides.full or None)
    yield "generate_docs", _flag(overrides.generate_docs)


def _upstream(upstream: Upstream) -> str:
    return _json({name: value for name, value in vars(upstream).items() if value})


def _json(value: Mapping[str, object]) -> str:
    # YAML reads a date from a bare 2025-01-31 among the vars; JSON has none.
    return json.dumps(value, default=str) if value else ""


def _flag(value: bool | None) -> str:
    return "" if value is None else "true" if value else "false"
