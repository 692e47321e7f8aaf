"""What is sent in a dispatch is read as it was meant."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import ConfigInvalid
from runner.events import DispatchOverrides, Upstream, inputs_of
from runner.events.dispatch import read_inputs

names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)
lines = (
    st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=1, max_size=60)
    .map(str.strip)
    .filter(bool)
)
variables = st.from_regex(r"[A-Z_][A-Z0-9_]{0,10}", fullmatch=True)
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
overriding = st.builds(
    DispatchOverrides,
    target=st.none() | lines,
    threads=st.none() | st.integers(1, 9999),
    vars=st.dictionaries(st.text(max_size=10), values, max_size=3),
    env=st.dictionaries(variables, st.text(max_size=20), max_size=3),
    steps=st.lists(lines, max_size=3).map(tuple),
    schema=st.none() | lines,
    defer_to=st.none() | lines,
    full=st.booleans(),
    git_ref=st.none() | lines,
    dbt=st.none() | lines,
    timeout=st.none() | st.integers(1, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    generate_docs=st.none() | st.booleans(),
)
upstreams = st.builds(
    Upstream,
    job=names,
    ending=st.sampled_from(["success", "error", "cancelled"]),
    run_id=st.just("") | names,
    repository=st.just("") | st.just("octo-org/shop"),
    depth=st.integers(1, 16),
)


# How fast texts are made up says nothing here, and a busy machine is slow at it.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    job=names,
    cause=st.just("") | lines,
    overrides=overriding,
    rerun=st.just("") | names,
    from_failure=st.booleans(),
    upstream=st.none() | upstreams,
)
def test_what_is_sent_is_read_as_it_was_meant(
    job: str,
    cause: str,
    overrides: DispatchOverrides,
    rerun: str,
    from_failure: bool,
    upstream: Upstream | None,
) -> None:
    inputs = inputs_of(
        job, cause, overrides, rerun=rerun, from_failure=from_failure, upstream=upstream
    )
    read = read_inputs(inputs)
    assert (read.job, read.cause, read.overrides) == (job, cause, overrides)
    assert (read.rerun, read.from_failure, read.upstream) == (rerun, from_failure, upstream)
    assert read.unknown == ()
    assert all(isinstance(text, str) and text for text in inputs.values())


def test_a_date_among_the_vars_is_its_text() -> None:
    inputs = inputs_of("daily", "", DispatchOverrides(vars={"day": date(2026, 1, 31)}))
    assert read_inputs(inputs).overrides.vars == {"day": "2026-01-31"}


@pytest.mark.parametrize(
    ("cause", "overrides", "why"),
    [
        ("two\nlines", DispatchOverrides(), "`inputs.cause` is"),
        ("x" * 2000, DispatchOverrides(), "`inputs.cause` is"),
        ("", DispatchOverrides(vars={"x": "y" * 70_000}), "65,535 characters"),
    ],
)
def test_what_could_not_be_read_is_not_sent(
    cause: str, overrides: DispatchOverrides, why: str
) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        inputs_of("daily", cause, overrides)
    assert why in refused.value.why
