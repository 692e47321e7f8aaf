"""What the errors of file systems and cloud libraries mean to the user."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from runner.errors import DbtGitopsError, GitHubFailed, StateUnresolved
from runner.stopping import Stopped

# By name: the packages that define them may not be installed. The first that fits is taken.
_HINTS: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"PermissionError", "ClientAuthenticationError", "HttpResponseError"}),
        "the credentials in use must be allowed to list, read, write and delete there",
    ),
    (
        frozenset(
            {
                "NoCredentialsError",
                "PartialCredentialsError",
                "CredentialRetrievalError",
                "ProfileNotFound",
                "DefaultCredentialsError",
                "RefreshError",
            }
        ),
        "log in to the cloud before this step, or set its variables (AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_ACCOUNT_NAME, …)",
    ),
    (
        frozenset({"FileNotFoundError", "ResourceNotFoundError"}),
        "check that the bucket or folder in `state:` exists and is spelled right",
    ),
    (
        frozenset(
            {
                "ConnectionError",
                "HTTPClientError",
                "TimeoutError",
                "FSTimeoutError",
                "ClientConnectionError",
                "ServiceRequestError",
                "TransportError",
            }
        ),
        "check the network, the region and the endpoint, then run it again",
    ),
    (frozenset({"NotADirectoryError"}), "set `state:` to a folder"),
)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_USER = re.compile(r"(?<=://)[^/\s@]*@")
_QUERY = re.compile(r"(?<=\w)\?[^\s\"']*=[^\s\"']*")


@contextmanager
def explained(what: str, kinds: type[Exception] = Exception) -> Iterator[None]:
    """Turns every error of ``kinds`` into :class:`StateUnresolved`, with ``what`` as its message."""
    try:
        yield
    except (DbtGitopsError, Stopped):
        raise
    except kinds as error:
        raise StateUnresolved(what, why=_why(error), hint=_hint(error)) from error


@contextmanager
def unanswered(what: str) -> Iterator[None]:
    """Turns what GitHub refused into :class:`StateUnresolved`, with ``what`` as its message."""
    try:
        yield
    except GitHubFailed as error:
        raise StateUnresolved(
            what, why=f"{error.what}: {error.why}" if error.why else error.what, hint=error.hint
        ) from error


def _why(error: Exception) -> str:
    """The library's own words, on one line, without what a URL may give away."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = " ".join(_QUERY.sub("", _USER.sub("", text)).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _hint(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in _FULL:
        return "free some space there, then run it again"
    names = {kind.__name__ for kind in type(error).__mro__}
    return next((hint for kinds, hint in _HINTS if names & kinds), "check `state:`")
