"""What dbt Cloud answers, as JSON; who reads it says where it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MOST_BYTES = 64 * 1024 * 1024


class NotJson(ValueError):
    """``what`` continues the name of what was read; ``line`` is where, from 1, or 0."""

    def __init__(self, what: str, why: str = "", line: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.line = line


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
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        whole = "it ends in the middle" if _truncated(raw, error) else str(error)
        raise NotJson("is not JSON", whole, line) from error


def message_of(answer: Any) -> str:
    """dbt Cloud's own words in an answer that refuses."""
    status = answer.get("status") if isinstance(answer, Mapping) else None
    said = status.get("user_message") if isinstance(status, Mapping) else ""
    return str(said or "")


def _truncated(raw: bytes, error: Exception) -> bool:
    return isinstance(error, json.JSONDecodeError) and raw.rstrip()[-1:] not in (b"}", b"]")
