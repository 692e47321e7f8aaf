"""Requests to GitHub's REST API as typed answers. PyGithub sends, signs and tries again.

PyGithub's own objects ask for more behind one's back whenever an attribute isn't there yet; here a
call is a request, or one a page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import github
import requests
from requests.utils import parse_header_links

from runner import __version__
from runner.errors import GitHubFailed
from runner.github.connection import Connection
from runner.github.retry import BoundedRetry, Patience
from runner.github.trouble import Call, explained, refused
from runner.record_json import RecordInvalid, read_as

T = TypeVar("T")

PER_PAGE = 100
REDIRECTED = 302


class Unsure(GitHubFailed):
    """GitHub failed while it wrote: what was asked for may have been done."""


class Rest:
    """Everything raises :class:`GitHubFailed`."""

    def __init__(self, connection: Connection, patience: Patience) -> None:
        self._token = connection.token
        self._requester = github.Github(
            auth=github.Auth.Token(connection.token),
            base_url=connection.api_url,
            timeout=patience.answer,
            retry=BoundedRetry(patience=patience),
            user_agent=f"dbt-gitops/{__version__}",
            # Our few writes are apart already, and a run shouldn't wait a second for each.
            seconds_between_requests=None,
            seconds_between_writes=None,
        ).requester

    def close(self) -> None:
        self._requester.close()

    def call(self, what: str, permission: str) -> Call:
        return Call(what=what, permission=permission, token=self._token)

    def get(
        self, kind: type[T], call: Call, path: str, parameters: dict[str, Any] | None = None
    ) -> T:
        return read(kind, call, self._get(call, path, parameters or {})[1])

    def page(
        self,
        kind: type[T],
        call: Call,
        path: str,
        parameters: dict[str, Any],
        key: str,
        number: int,
    ) -> tuple[tuple[T, ...], bool]:
        """One page of a list, counted from 1, and whether another follows.

        ``key`` is the member that holds the list, "" where the answer is the list.
        """
        asked = {**parameters, "per_page": PER_PAGE, "page": number}
        headers, body = self._get(call, path, asked)
        items = body.get(key) if key and isinstance(body, dict) else body
        if not isinstance(items, list):
            raise GitHubFailed(
                f"GitHub's answer can't be used: {call.what}", why="it holds no list"
            )
        links = parse_header_links(headers.get("link") or "")
        more = any(link.get("rel") == "next" for link in links)
        return tuple(read(kind, call, item) for item in items), more

    def pages(
        self, kind: type[T], call: Call, path: str, parameters: dict[str, Any], key: str = ""
    ) -> Iterator[tuple[T, ...]]:
        """Page by page, each when it is wanted."""
        number, more = 0, True
        while more:
            number += 1
            items, more = self.page(kind, call, path, parameters, key, number)
            yield items

    def send(self, verb: str, call: Call, path: str, body: dict[str, Any] | None) -> Any:
        """Raises :class:`Unsure` where it may have been done all the same."""
        try:
            with explained(call):
                return self._requester.requestJsonAndCheck(verb, path, input=body)[1]
        except GitHubFailed as error:
            if 0 < error.status < 500:
                raise
            raise Unsure(error.what, why=error.why, hint=error.hint, status=error.status) from error

    def query(self, call: Call, query: str) -> dict[str, Any]:
        """The data of a GraphQL query."""
        with explained(call):
            data = self._requester.graphql_query(query, {})[1].get("data")
        return data if isinstance(data, dict) else {}

    def redirection(self, call: Call, path: str) -> str:
        """Where GitHub points to; nobody goes there, and the token least of all."""
        with explained(call):
            status, headers, body = self._requester.requestJson("GET", path)
        if status == REDIRECTED and headers.get("location"):
            return str(headers["location"])
        raise refused(call, status, headers, _decoded(body))

    def _get(
        self, call: Call, path: str, parameters: dict[str, Any]
    ) -> tuple[Mapping[str, str], Any]:
        """The headers, their names in small letters, and the decoded body."""
        with explained(call):
            try:
                return self._requester.requestJsonAndCheck("GET", path, parameters)
            except requests.exceptions.ChunkedEncodingError:
                # urllib3 tries again until the body begins; what breaks off in it is ours.
                return self._requester.requestJsonAndCheck("GET", path, parameters)


def read(kind: type[T], call: Call, value: object) -> T:
    """What GitHub answered, in our types."""
    try:
        return read_as(kind, value)
    except RecordInvalid as error:
        raise GitHubFailed(
            f"GitHub's answer can't be used: {call.what}",
            why=str(error),
            hint="check that GITHUB_API_URL is the address of GitHub's API",
        ) from error


def _decoded(body: str) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
