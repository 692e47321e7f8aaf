"""What dbt Cloud answers, as JSON; who reads it says where it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runner.config.text import shown

MOST_BYTES = 64 * 1024 * 1024


class NotJson(ValueError):
    """``what`` continues the name of what was read; ``place`` is its ``line:column``, or ""."""

    def __init__(self, what: str, why: str = "", place: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.place = place


class TwiceThere(ValueError):
    """An object has a key twice, of which JSON's readers take the last."""


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; raises :class:`TwiceThere`."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise TwiceThere(f"an object has {shown(key)} twice")
        found[key] = value
    return found


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
        return json.loads(raw, object_pairs_hook=each_once)
    except TwiceThere as error:
        raise NotJson("says something twice", str(error)) from error
    except json.JSONDecodeError as error:
        why = "it ends in the middle" if _truncated(raw) else error.msg
        place = f"{error.lineno}:{error.colno}"
        raise NotJson("is not JSON", why, place) from error
    except (ValueError, RecursionError) as error:
        raise NotJson("is not JSON", str(error)) from error


def message_of(answer: Any) -> str:
    """dbt Cloud's own words in an answer that refuses."""
    status = answer.get("status") if isinstance(answer, Mapping) else None
    said = status.get("user_message") if isinstance(status, Mapping) else ""
    return str(said or "")


def _truncated(raw: bytes) -> bool:
    return raw.rstrip()[-1:] not in (b"}", b"]")
