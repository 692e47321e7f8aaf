"""How a criterion is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.criterion import Criterion, read_criterion


def criterion(value: str, **more: object) -> Criterion:
    parts = {"at": False, "up": None, "written": "", "down": None, **more}
    return Criterion(value=value, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "read", "method"),
    [
        ("orders", criterion("orders"), "fqn"),
        ("+orders+", criterion("orders", up="", down=""), "fqn"),
        ("2+tag:x+1", criterion("x", up="2", written="tag", down="1"), "tag"),
        ("@stg.orders", criterion("stg.orders", at=True), "fqn"),
        ("config.meta.owner:a b", criterion("a b", written="config.meta.owner"), "config"),
        ("models/a.sql", criterion("models/a.sql"), "path"),
        ("a.SQL", criterion("a.SQL"), "file"),
        ("a.yml", criterion("a.yml"), "fqn"),
        ("tagg:x", criterion("x", written="tagg"), "tagg"),
        ("source:a:b", criterion("a:b", written="source"), "source"),
        ("", criterion(""), "fqn"),
    ],
)
def test_a_criterion(text: str, read: Criterion, method: str) -> None:
    assert read_criterion(text) == read
    assert read_criterion(text).method == method


def test_the_argument_of_a_method() -> None:
    assert read_criterion("config.meta.owner:x").argument == "meta.owner"
    assert read_criterion("tag:x").argument == ""


@given(st.text(alphabet="@+2:.a/*\n "))
def test_any_text_is_read_and_written_the_same(text: str) -> None:
    assert str(read_criterion(text)) == text
