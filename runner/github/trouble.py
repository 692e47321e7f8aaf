"""What GitHub's refusals and a broken network mean to the user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import requests
from github import GithubException, RateLimitExceededException

from runner.errors import GitHubFailed
from runner.unreached import unreached

_TOKEN = re.compile(r"gh[a-z]_[A-Za-z0-9._-]{36,}|github_pat_\w{22,}")
_LONGEST = 500


@dataclass(frozen=True, kw_only=True)
class Call:
    """One thing asked of GitHub: in words, and the permission that a workflow needs for it."""

    what: str
    permission: str
    token: str = field(repr=False)


@contextmanager
def explained(call: Call) -> Iterator[None]:
    """Turns what PyGithub and requests raise into :class:`GitHubFailed`; the token stays out of it."""
    try:
        yield
    except GithubException as error:
        limited = isinstance(error, RateLimitExceededException)
        raise refused(call, error.status, error.headers or {}, error.data, limited) from error
    except requests.RequestException as error:
        raise GitHubFailed(
            f"GitHub can't be reached: {call.what}",
            why=unreached(error),
            hint="check the network and GITHUB_API_URL, then run it again",
        ) from error
    except (ValueError, RuntimeError, AssertionError) as error:
        # An answer of another shape, or a redirection to another host, which PyGithub refuses.
        raise GitHubFailed(
            f"GitHub's answer can't be used: {call.what}",
            why=_clean(call, str(error) or type(error).__name__),
            hint="check that GITHUB_API_URL is the address of GitHub's API",
        ) from error


def refused(
    call: Call, status: int, headers: Mapping[str, str], data: Any, limited: bool = False
) -> GitHubFailed:
    """The error for an answer of 400 or more; the names of ``headers`` are small."""
    limited = limited or status == 429 or headers.get("x-ratelimit-remaining") == "0"
    return GitHubFailed(
        f"GitHub refused: {call.what}",
        why=_clean(call, f"{status}{_said(data)}"),
        hint=_limit_hint(headers) if limited else _hint(call, status, headers),
        status=status,
    )


def _said(data: Any) -> str:
    """GitHub's own words, and those about each field."""
    if not isinstance(data, dict):
        return ""
    said = [str(data.get("message") or "")]
    errors = data.get("errors")
    for error in errors if isinstance(errors, list) else ():
        parts = (error.get("field"), error.get("message")) if isinstance(error, dict) else (error,)
        said.append(" ".join(str(part) for part in parts if part))
    text = "; ".join(part for part in said if part)
    return f": {text}" if text else ""


def _hint(call: Call, status: int, headers: Mapping[str, str]) -> str:
    if status == 401:
        return "the token is wrong or no longer valid: check GITHUB_TOKEN"
    if status in (403, 404):
        return _permission_hint(call, headers, status)
    if status >= 500:
        return "GitHub has trouble: see githubstatus.com, then run it again"
    return ""


def _permission_hint(call: Call, headers: Mapping[str, str], status: int) -> str:
    """GitHub names what it would accept: ``statuses=write``, several apart by commas."""
    accepted = headers.get("x-accepted-github-permissions", "").replace("=", ": ")
    line = f"give the workflow's job `permissions: {{ {accepted or call.permission} }}`"
    if status == 404:
        return f"check that it is there; if it is, {line}"
    return f"{line}; a pull request from a fork gets a token that can only read"


def _limit_hint(headers: Mapping[str, str]) -> str:
    reset = headers.get("x-ratelimit-reset", "")
    when = ""
    if headers.get("retry-after", "").isdigit():
        when = f" in {headers['retry-after']} seconds"
    elif headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        when = f" after {datetime.fromtimestamp(int(reset), timezone.utc):%H:%M} UTC"
    return f"a limit of GitHub's API is used up; run it again{when or ' later'}"


def _clean(call: Call, text: str) -> str:
    """One line that can be printed, without the token: an address in between may echo what we sent."""
    text = text.replace(call.token, "***") if call.token else text
    text = " ".join(_TOKEN.sub("***", text).split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
