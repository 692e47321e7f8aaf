"""Issues that this program opens, each once."""

from __future__ import annotations

from collections.abc import Callable

from runner.github.answers import Issue
from runner.github.rest import Rest, Unsure, read


class Issues:
    """Everything raises :class:`runner.errors.GitHubFailed`.

    ``ours`` finds the issue that holds a marker and is written by whoever's token this is.
    """

    def __init__(
        self, rest: Rest, repo: str, ours: Callable[[tuple[Issue, ...], str], Issue | None]
    ) -> None:
        self._rest = rest
        self._path = f"{repo}/issues"
        self._ours = ours

    def find(self, marker: str) -> Issue | None:
        """The newest open issue of ours that holds ``marker``; a request a page of 100."""
        call = self._rest.call("reading the open issues", "issues: read")
        asked = {"state": "open", "sort": "created", "direction": "desc"}
        for page in self._rest.pages(Issue, call, self._path, asked):
            if found := self._ours(page, marker):
                return found
        return None

    def open_once(self, title: str, body: str, *, marker: str) -> tuple[Issue, bool]:
        """The open issue that holds ``marker``, and whether it was opened now; ``body`` holds it too.

        Two requests where there is none. Where GitHub failed while it wrote, it is looked for again
        before another try.
        """
        try:
            return self._open_once(title, body, marker)
        except Unsure:
            return self._open_once(title, body, marker)

    def _open_once(self, title: str, body: str, marker: str) -> tuple[Issue, bool]:
        if found := self.find(marker):
            return found, False
        call = self._rest.call(f"opening the issue {title!r}", "issues: write")
        asked = {"title": title, "body": body}
        return read(Issue, call, self._rest.send("POST", call, self._path, asked)), True
