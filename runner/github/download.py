"""An artifact's zip, from the storage that GitHub names to a file, without our token."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests

from runner.errors import GitHubFailed

CHUNK = 2**20
# Seconds for one zip, and for the storage to say something.
LONGEST = 300
SILENCE = 30


class ArtifactRefused(GitHubFailed):
    """An artifact that is gone, too large, or not what GitHub says it is."""


class LinkExpired(GitHubFailed):
    """The address was valid for a minute, and that is over, or the transfer broke off."""


def download(url: str, into: Path, *, digest: str, limit: int, insecure: bool) -> None:
    """Writes at most ``limit`` bytes to ``into`` and compares them with ``digest``.

    ``insecure`` allows plain http. Raises :class:`LinkExpired` where another address may help, and
    :class:`ArtifactRefused`.
    """
    if urlsplit(url).scheme not in (("http", "https") if insecure else ("https",)):
        raise ArtifactRefused("GitHub names an address that isn't https")
    seen = hashlib.sha256()
    with _answer(url) as chunks, into.open("wb") as file:
        for chunk in chunks:
            seen.update(chunk)
            file.write(chunk)
            if file.tell() > limit:
                raise ArtifactRefused(f"it is larger than {limit} bytes")
    if f"sha256:{seen.hexdigest()}" != digest:
        raise ArtifactRefused(f"its digest is sha256:{seen.hexdigest()}, and GitHub says {digest}")


@contextmanager
def _answer(url: str) -> Iterator[Iterator[bytes]]:
    """The body in chunks. The address is a secret for a minute, and stays out of every message."""
    until = time.monotonic() + LONGEST
    with requests.Session() as session:
        # A function in the place of a login: without one, requests would look into ~/.netrc.
        session.auth = lambda request: request
        try:
            with session.get(
                url,
                stream=True,
                allow_redirects=False,
                timeout=SILENCE,
                headers={"Accept-Encoding": "identity"},
            ) as response:
                _check(response.status_code)
                yield _until(response.iter_content(CHUNK), until)
        except requests.RequestException as error:
            raise LinkExpired(
                "the artifact's storage can't be reached, or broke off",
                why=type(error).__name__,
                hint="check the network, then run it again",
            ) from None  # requests names the address


def _check(status: int) -> None:
    if status in (403, 404) or status >= 500:
        raise LinkExpired(
            "the artifact's storage refused", why=f"it answered {status}", status=status
        )
    if status != 200:
        raise ArtifactRefused(f"the artifact's storage answered {status}")


def _until(chunks: Iterator[bytes], until: float) -> Iterator[bytes]:
    for chunk in chunks:
        if time.monotonic() > until:
            raise ArtifactRefused(f"it didn't arrive within {LONGEST} seconds")
        yield chunk
