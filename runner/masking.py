"""Keep secret values out of everything that is printed or written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

T = TypeVar("T")

MASK = "***"
# A value this short can't be told from ordinary text; masking every "1" would ruin a log or JSON.
SHORTEST = 4


class Mask:
    """Replaces known secret values by ``***``, in text and in bytes.

    A value of several lines is masked line by line too, because logs are read line by line, and
    as JSON writes it, because manifests and records are JSON.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = {form for value in values for form in _forms(value)}
        # The longest first: one secret may hold another.
        self._forms = sorted((f for f in forms if len(f) >= SHORTEST), key=len, reverse=True)
        self._encoded = [form.encode() for form in self._forms]

    def __repr__(self) -> str:
        return f"Mask({len(self._forms)} forms)"

    @property
    def secrets(self) -> list[str]:
        """The texts that are masked, the longest first."""
        return list(self._forms)

    def found_in(self, chunks: Iterable[bytes]) -> bool:
        """Whether any secret stands in these bytes, also across two chunks."""
        overlap = len(self._encoded[0]) - 1 if self._encoded else 0
        held = b""
        for chunk in chunks:
            held += chunk
            if any(form in held for form in self._encoded):
                return True
            held = held[len(held) - min(overlap, len(held)) :]
        return False

    def within(self, value: T) -> T:
        """The same value, masked in every text that it holds, however deep."""
        masked: Any = value
        if isinstance(value, str):
            masked = self.text(value)
        elif is_dataclass(value) and not isinstance(value, type):
            changed = {each.name: self.within(getattr(value, each.name)) for each in fields(value)}
            masked = replace(value, **changed)
        elif isinstance(value, Mapping):
            masked = {self.within(key): self.within(each) for key, each in value.items()}
        elif isinstance(value, (tuple, list)):
            masked = type(value)(self.within(each) for each in value)
        return cast("T", masked)

    def text(self, text: str) -> str:
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def chunks(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same bytes, masked, also where a secret lies across two chunks."""
        if not self._encoded:
            yield from chunks
            return
        overlap = len(self._encoded[0]) - 1
        held = b""
        for chunk in chunks:
            held = self._bytes(held + chunk)
            keep = min(overlap, len(held))
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
        yield held

    def _bytes(self, data: bytes) -> bytes:
        for form in self._encoded:
            if form in data:
                data = data.replace(form, MASK.encode())
        return data


def _forms(value: str) -> Iterator[str]:
    for text in (value, *value.splitlines()):
        text = text.strip()
        yield text
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
