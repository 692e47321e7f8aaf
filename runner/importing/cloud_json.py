"""What dbt Cloud answers, as JSON; who reads it says where it came from."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from runner.reports.text import clipped, one_line

MOST_BYTES = 64 * 1024 * 1024
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = re.compile(rf"{_HIGH}(?!{_LOW})|(?<!\\u[dD][89abAB][0-9a-fA-F]{{2}}){_LOW}")


class NotJson(ValueError):
    """``what`` continues the name of what was read; ``line`` and ``column`` are where, from 1, or 0."""

    def __init__(self, what: str, why: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.line = line
        self.column = column

    @property
    def place(self) -> str:
        """``:3:14`` after the name of what was read; "" where it isn't known."""
        return f":{self.line}:{self.column}" if self.line else ""


def decoded(raw: bytes) -> Any:
    """Raises :class:`NotJson`; ``raw`` may be one byte longer than what is allowed."""
    if len(raw) > MOST_BYTES:
        raise NotJson("is too large", f"{MOST_BYTES:,} bytes are the most")
    if not raw.strip():
        raise NotJson("is empty")
    if raw.lstrip()[:1] == b"<":
        why = "dbt Cloud's pages are what a browser, or a request without a token, is given"
        raise NotJson("is a web page, not JSON", why)
    try:
        data = json.loads(raw, object_pairs_hook=_without_repetition)
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        whole = "it ends in the middle" if _truncated(raw) else error.msg
        raise NotJson("is not JSON", whole, error.lineno, error.colno) from error
    except (ValueError, RecursionError) as error:
        raise NotJson("is not JSON", str(error)) from error
    _check_unicode(data, raw)
    return data


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Most readers of JSON would keep the last of two values in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        called = found.get("name") or found.get("id")
        inside = f"in {clipped(one_line(str(called)), 80)}" if isinstance(called, str | int) else ""
        raise NotJson(f"has the key {json.dumps(twice)} twice", inside)
    return found


def _check_unicode(data: Any, raw: bytes) -> None:
    """Half of a pair of surrogates alone is no character, and no file can hold it."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        why = "an escape such as \\ud83d stands for a character only together with its other half"
        text = raw.decode(json.detect_encoding(raw), "surrogatepass")
        found = _HALF.search(text)
        if found is None:
            raise NotJson("has half a character", why) from error
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise NotJson("has half a character", why, line, column) from error


def message_of(answer: Any) -> str:
    """dbt Cloud's own words in an answer that refuses."""
    status = answer.get("status") if isinstance(answer, Mapping) else None
    said = status.get("user_message") if isinstance(status, Mapping) else ""
    return str(said or "")


def _truncated(raw: bytes) -> bool:
    return raw.rstrip()[-1:] not in (b"}", b"]")
