"""An event's JSON, read field by field: what is missing or of another kind is said, by its path."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

from runner.errors import EventMalformed

MAX_BYTES = 25 * 1024 * 1024  # GitHub's own limit for a payload
MAX_DEPTH = 64  # GitHub's own are less than 10 deep
MAX_TEXT = 1024  # of a name or a ref; what is longer isn't read here
HINT = "the file is written by GitHub's runner; GITHUB_EVENT_PATH says where it is"
T = TypeVar("T")


class Payload:
    """One JSON object of a payload. Every reader raises EventMalformed."""

    def __init__(self, values: Mapping[str, object], path: str = "") -> None:
        self.values = values
        self.path = path

    def has(self, key: str) -> bool:
        """Whether the key is there and isn't null."""
        return self.values.get(key) is not None

    def object(self, key: str) -> Payload:
        value = self.values.get(key)
        if not isinstance(value, dict):
            self.wrong(key, "an object")
        return Payload(value, self._at(key))

    def optional(self, key: str) -> Payload | None:
        return self.object(key) if self.has(key) else None

    def objects(self, key: str) -> list[Payload]:
        value = self.values.get(key)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.wrong(key, "a list of objects")
        return [Payload(each, f"{self._at(key)}[{n}]") for n, each in enumerate(value)]

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not is_plain(value):
            self.wrong(key, f"a line of text of 1 to {MAX_TEXT:,} characters")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key)
        if not isinstance(value, list):
            self.wrong(key, "a list")
        wrong = next((each for each in value if not isinstance(each, str)), None)
        if wrong is not None:
            self.wrong(key, "a list of texts")
        return tuple(value)

    def text_or(self, key: str, default: T) -> str | T:
        """The text, or the default where it is missing, null or empty."""
        return self.text(key) if self.values.get(key) not in (None, "") else default

    def number(self, key: str) -> int:
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.wrong(key, "a whole number above 0")
        return value

    def flag(self, key: str) -> bool:
        """True or false; a missing one is false, as old servers leave some out."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.wrong(key, "true or false")
        return value

    def sha(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{40}", value):
            self.wrong(key, "a commit's SHA")
        return value

    def repository(self, key: str) -> str:
        """``owner/name``."""
        value = self.values.get(key)
        if not isinstance(value, str) or not re.fullmatch(r"[\w.-]{1,100}/[\w.-]{1,100}", value):
            self.wrong(key, "a repository's name, owner/name")
        return value

    def wrong(self, key: str, expected: str) -> NoReturn:
        raise EventMalformed(
            "the event's payload is malformed",
            why=f"`{self._at(key)}` is {_shown(self.values, key)}; it should be {expected}",
            hint=HINT,
        )

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def is_plain(text: str) -> bool:
    """Whether a text can be a name: one line, not too long, and printable wherever it is sent."""
    controls = any(ord(each) < 32 or 0xD800 <= ord(each) <= 0xDFFF for each in text)
    return 0 < len(text) <= MAX_TEXT and not controls


def read_payload(path: Path) -> Payload:
    """The JSON of a file; raises EventMalformed where it can't be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise EventMalformed(
            f"the event's payload {path} can't be read", why=str(error), hint=HINT
        ) from error
    return parse_payload(raw)


def parse_payload(raw: bytes) -> Payload:
    """The JSON of a payload; raises EventMalformed on what isn't an object, too large or too deep."""
    if len(raw) > MAX_BYTES:
        raise EventMalformed(
            "the event's payload is too large", why=f"GitHub's have at most {MAX_BYTES:,} bytes"
        )
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise EventMalformed("the event's payload is not JSON", why=why, hint=HINT) from error
    if not isinstance(value, dict):
        raise EventMalformed("the event's payload is not a JSON object", hint=HINT)
    if _deeper(value, MAX_DEPTH):
        why = f"GitHub's payloads are less than {MAX_DEPTH} levels deep"
        raise EventMalformed("the event's payload is nested too deeply", why=why)
    return Payload(value)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _deeper(value: object, levels: int) -> bool:
    row = [value]
    for _ in range(levels):
        inside = [each for each in row if isinstance(each, (dict, list))]
        row = [c for each in inside for c in (each.values() if isinstance(each, dict) else each)]
        if not row:
            return False
    return True


def _shown(values: Mapping[str, object], key: str) -> str:
    if key not in values:
        return "missing"
    text = json.dumps(values[key])
    return text if len(text) <= 60 else f"{text[:60]}…"
