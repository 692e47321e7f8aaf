"""Which repository, at which address, with which token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.errors import GitHubFailed

API = "https://api.github.com"
_NAME = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
# Only github.com: a token goes to no host that a remote merely names.
_REMOTE = re.compile(
    r"(?:https://(?:[^/@]*@)?|ssh://git@|git@)github\.com[/:](?P<name>.+?)(?:\.git)?/?"
)


class NotConnected(GitHubFailed):
    """There is no token, or no repository is named."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """``repository`` is ``owner/name``, ``api_url`` as in ``GITHUB_API_URL``."""

    token: str = field(repr=False)
    repository: str
    api_url: str = API


def connection_of(environ: Mapping[str, str], remote: str) -> Connection:
    """From GitHub's variables; the repository else from ``remote``, the URL of git's origin.

    Raises :class:`NotConnected`.
    """
    token = environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or ""
    if not token.strip():
        raise NotConnected(
            "there is no token for GitHub",
            why="neither GITHUB_TOKEN nor GH_TOKEN is set",
            hint=_token_hint(environ.get("GITHUB_ACTIONS") == "true"),
        )
    api_url, repository = repository_of(environ, remote)
    return Connection(token=token.strip(), repository=repository, api_url=api_url)


def _token_hint(on_github: bool) -> str:
    if not on_github:
        return "export GH_TOKEN=$(gh auth token)"
    return (
        "the action's input `token` gives it, and is empty here; a step without the action needs"
        " `env: {GITHUB_TOKEN: ${{ github.token }}}`"
    )


def repository_of(environ: Mapping[str, str], remote: str) -> tuple[str, str]:
    """The address of the API and ``owner/name``, which take no token; raises :class:`NotConnected`."""
    api_url = (environ.get("GITHUB_API_URL") or API).rstrip("/")
    return api_url, _repository(environ.get("GITHUB_REPOSITORY", ""), remote)


def _repository(named: str, remote: str) -> str:
    match = _REMOTE.fullmatch(remote)
    name = named or (match["name"] if match else "")
    if not _NAME.fullmatch(name):
        raise NotConnected(
            "the repository on GitHub isn't known",
            why="GITHUB_REPOSITORY isn't OWNER/NAME, and git's origin isn't on github.com",
            hint="export GITHUB_REPOSITORY=OWNER/NAME, and GITHUB_API_URL where it isn't github.com",
        )
    return name
