"""The words for why a node was selected."""

from __future__ import annotations

import pytest

from runner.record import Selection, SelectionReason
from runner.reports.selected import Node, why

CASES: list[tuple[list[tuple[SelectionReason, tuple[str, ...]]], str]] = [
    ([("new", ())], "new"),
    ([("changed", ())], "changed"),
    ([("body", ())], "body changed"),
    ([("body", ()), ("config", ())], "body and config changed"),
    ([("macro", ("macro.shop.cents",))], "macro `cents` changed"),
    ([("var", ("var.shop.most", "var.shop.least"))], "var `most` and `least` changed"),
    (
        [("body", ()), ("macro", ("macro.shop.cents",)), ("var", ("var.shop.most",))],
        "body, macro `cents` and var `most` changed",
    ),
    ([("downstream", ("model.shop.orders",))], "downstream of `orders`"),
]


@pytest.mark.parametrize(("reasons", "words"), CASES)
def test_why(reasons: list[tuple[SelectionReason, tuple[str, ...]]], words: str) -> None:
    made = [Selection(unique_id="model.shop.a", reason=reason, of=of) for reason, of in reasons]
    node = Node(unique_id="model.shop.a", selections=tuple(made), result=None)
    assert why(node) == words
