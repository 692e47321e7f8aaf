"""What this program asks of GitHub, in its own types; each method says what it costs.

PyGithub takes 0.2 s to import: import this module late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from runner.errors import GitHubFailed
from runner.github.actions import Actions
from runner.github.answers import (
    Artifact,
    Comment,
    Commit,
    Comparison,
    Dispatched,
    Issue,
    PullRequest,
    Repository,
    Status,
    User,
    WorkflowRun,
)
from runner.github.connection import Connection
from runner.github.download import ArtifactRefused, LinkExpired, download
from runner.github.issues import Issues
from runner.github.rest import Rest, Unsure, read
from runner.github.retry import Patience
from runner.github.trouble import Call

Written = TypeVar("Written", Comment, Issue)
Numbered = TypeVar("Numbered", Artifact, WorkflowRun, PullRequest)
StatusState = Literal["pending", "success", "failure", "error"]

DESCRIPTION = 140
CONTEXT = 255
# The login that GITHUB_TOKEN writes comments with.
ACTIONS_BOT = "github-actions[bot]"


class GitHub:
    """One repository on GitHub. Everything raises :class:`GitHubFailed`."""

    def __init__(self, connection: Connection, patience: Patience | None = None) -> None:
        self._connection = connection
        self._repo = f"/repos/{connection.repository}"
        self._rest = Rest(connection, patience or Patience())
        self.actions = Actions(self._rest, self._repo)
        self._login = ""

    def __repr__(self) -> str:
        return f"GitHub({self._connection.repository!r})"

    def close(self) -> None:
        self._rest.close()

    def repository(self) -> Repository:
        call = self._rest.call("reading the repository", "contents: read")
        return self._rest.get(Repository, call, self._repo)

    def set_status(
        self, sha: str, *, context: str, state: StatusState, description: str, target_url: str = ""
    ) -> None:
        """One request; the description is cut at GitHub's 140 characters.

        Sent once more where GitHub failed: a status that is there twice says the same.
        """
        if len(context) > CONTEXT:
            raise GitHubFailed(
                f"the status `{context[:40]}…` can't be set",
                why=f"its context has {len(context)} characters, and GitHub takes {CONTEXT}",
            )
        call = self._rest.call(f"setting the status `{context}` of {sha[:7]}", "statuses: write")
        body = {"state": state, "context": context, "description": shortened(description)}
        if target_url:
            body["target_url"] = target_url
        path = f"{self._repo}/statuses/{quote(sha, safe='')}"
        try:
            self._rest.send("POST", call, path, body)
        except Unsure:
            self._rest.send("POST", call, path, body)

    def statuses(self, sha: str) -> dict[str, Status]:
        """A commit's newest status of each context; a request for every 100 that were set on it."""
        call = self._rest.call(f"reading the statuses of {sha[:7]}", "statuses: read")
        path = f"{self._repo}/commits/{quote(sha, safe='')}/statuses"
        newest_first = [each for page in self._rest.pages(Status, call, path, {}) for each in page]
        return {status.context: status for status in reversed(newest_first)}

    @property
    def issues(self) -> Issues:
        """The repository's issues, for what no commit and no pull request is told of."""
        return Issues(self._rest, self._repo, self._ours)

    def login(self) -> str:
        """Who this token writes as; one request, the first time."""
        if not self._login:
            call = self._rest.call("asking whose token this is", "metadata: read")
            viewer = self._rest.query(call, "query { viewer { login } }").get("viewer")
            self._login = read(User, call, viewer).login
        return self._login

    def find_comment(self, number: int, *, marker: str) -> Comment | None:
        """The oldest comment of ours on a pull request or issue that holds ``marker``.

        One request a page of 100. Where there are several pages and it is on none, they are read
        once more from the last: a comment deleted meanwhile moves another to a page already read.
        """
        call = self._rest.call(f"reading the comments of #{number}", "pull-requests: read")
        path = f"{self._repo}/issues/{number}/comments"
        count = 0
        for page in self._rest.pages(Comment, call, path, {}):
            count += 1
            if found := self._ours(page, marker):
                return found
        for backwards in range(count, 0, -1) if count > 1 else ():
            page, _ = self._rest.page(Comment, call, path, {}, "", backwards)
            if found := self._ours(page, marker):
                return found
        return None

    def put_comment(
        self, number: int, body: Callable[[str | None], str | None], *, marker: str
    ) -> Comment | None:
        """Edits the comment that holds ``marker``, or creates it, once; two requests or more.

        ``body`` makes the new text from what stands there, None without a comment; it returns None
        where there is nothing to do. Where GitHub failed while writing, the comments are read again
        before another try. Its answer to a body beyond 65,536 characters has the status 422.
        """
        try:
            return self._put_comment(number, body, marker)
        except Unsure:
            return self._put_comment(number, body, marker)

    def _put_comment(
        self, number: int, body: Callable[[str | None], str | None], marker: str
    ) -> Comment | None:
        found = self.find_comment(number, marker=marker)
        text = body(found.body if found else None)
        if text is None:
            return found
        return self.edit_comment(found, text) if found else self._create_comment(number, text)

    def _ours(self, page: tuple[Written, ...], marker: str) -> Written | None:
        """Anybody may write the marker, so the author counts too: whoever's token this is.

        That is GitHub's own bot, mostly; only the marker in another's comment makes it worth asking.
        """
        marked = [each for each in page if each.user and marker in (each.body or "")]
        for found in marked:
            if found.user and found.user.login in (ACTIONS_BOT, self._login):
                return found
        if not marked or self._login:
            return None
        self.login()
        return self._ours(page, marker)

    def delete_comment(self, comment: Comment) -> None:
        """One request; a comment that is gone already is as good."""
        call = self._rest.call(f"deleting comment {comment.id}", "pull-requests: write")
        try:
            self._rest.send("DELETE", call, f"{self._repo}/issues/comments/{comment.id}", None)
        except GitHubFailed as error:
            if error.status != 404:
                raise

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        """One request."""
        call = self._rest.call(f"editing comment {comment.id}", "pull-requests: write")
        path = f"{self._repo}/issues/comments/{comment.id}"
        return read(Comment, call, self._rest.send("PATCH", call, path, {"body": body}))

    def run(self, run_id: int) -> WorkflowRun:
        """One request."""
        call = self._rest.call(f"reading workflow run {run_id}", "actions: read")
        return self._rest.get(WorkflowRun, call, f"{self._repo}/actions/runs/{run_id}")

    def artifacts(self, name: str = "") -> Iterator[Artifact]:
        """All artifacts, or those of exactly this name; newest first, whoever uploaded them.

        A request a page of 100.
        """
        call = self._rest.call(f"reading the artifacts {name}".strip(), "actions: read")
        path = f"{self._repo}/actions/artifacts"
        return self._each_once(Artifact, call, path, {"name": name} if name else {}, "artifacts")

    def artifacts_of(self, run_id: int) -> Iterator[Artifact]:
        """All artifacts of one workflow run; a request a page of 100."""
        call = self._rest.call(f"reading the artifacts of run {run_id}", "actions: read")
        path = f"{self._repo}/actions/runs/{run_id}/artifacts"
        return self._each_once(Artifact, call, path, {}, "artifacts")

    def download_artifact(self, artifact: Artifact, into: Path, *, limit: int) -> None:
        """Writes the zip, at most ``limit`` bytes, and compares it with its digest.

        Two requests: one to GitHub, and one without the token to the storage that GitHub names.
        Raises :class:`ArtifactRefused` where this artifact can't be had, now or later.
        """
        if artifact.expired:
            raise ArtifactRefused("it has expired")
        if not artifact.digest:
            raise ArtifactRefused("GitHub names no digest for it")
        insecure = self._connection.api_url.startswith("http://")
        digest = artifact.digest
        try:
            url = self._zip_url(artifact)
            download(url, into, digest=digest, limit=limit, insecure=insecure)
        except LinkExpired:
            url = self._zip_url(artifact)
            download(url, into, digest=digest, limit=limit, insecure=insecure)

    def pull_requests(
        self, state: Literal["open", "closed", "all"], *, head: str = ""
    ) -> Iterator[PullRequest]:
        """Newest first; a request a page of 100. ``head`` is ``owner:branch``, "" all."""
        call = self._rest.call(f"reading the {state} pull requests", "pull-requests: read")
        asked = {"state": state, **({"head": head} if head else {})}
        return self._each_once(PullRequest, call, f"{self._repo}/pulls", asked, "")

    def pull_request(self, number: int) -> PullRequest:
        """One request."""
        call = self._rest.call(f"reading pull request #{number}", "pull-requests: read")
        return self._rest.get(PullRequest, call, f"{self._repo}/pulls/{number}")

    def merge_base(self, base: str, head: str) -> str:
        """The newest commit that two commits or branches have in common; one request."""
        call = self._rest.call(f"comparing {base} with {head}", "contents: read")
        path = f"{self._repo}/compare/{quote(base, safe='')}...{quote(head, safe='')}"
        return self._rest.get(Comparison, call, path, {"per_page": 1}).merge_base_commit.sha

    def commit_of(self, repository: str, ref: str) -> str:
        """The commit that a ref of any repository that the token can read means now; one request."""
        call = self._rest.call(f"asking which commit {repository}@{ref} is", "contents: read")
        path = f"/repos/{quote(repository)}/commits/{quote(ref, safe='')}"
        return self._rest.get(Commit, call, path).sha

    def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> int:
        """Starts a workflow by its file and says its run's id; one request, never sent again.

        Raises :class:`Unsure` where it may have started all the same.
        """
        call = self._rest.call(f"starting {workflow}", "actions: write")
        body = {"ref": ref, "inputs": dict(inputs), "return_run_details": True}
        path = f"{self._repo}/actions/workflows/{_file(workflow)}/dispatches"
        return read(Dispatched, call, self._rest.send("POST", call, path, body)).workflow_run_id

    def repository_dispatch(self, event_type: str, payload: Mapping[str, Any]) -> None:
        """Tells the repository's workflows of an event; one request, never sent again.

        GitHub names no run. Raises :class:`Unsure` where it may have come all the same.
        """
        call = self._rest.call(
            f"dispatching {event_type} to {self._connection.repository}", "contents: write"
        )
        body = {"event_type": event_type, "client_payload": dict(payload)}
        self._rest.send("POST", call, f"{self._repo}/dispatches", body)

    def _create_comment(self, number: int, body: str) -> Comment:
        call = self._rest.call(f"commenting on #{number}", "pull-requests: write")
        path = f"{self._repo}/issues/{number}/comments"
        return read(Comment, call, self._rest.send("POST", call, path, {"body": body}))

    def _zip_url(self, artifact: Artifact) -> str:
        call = self._rest.call(f"downloading artifact {artifact.id}", "actions: read")
        try:
            return self._rest.redirection(call, f"{self._repo}/actions/artifacts/{artifact.id}/zip")
        except GitHubFailed as error:
            if error.status in (404, 410):
                raise ArtifactRefused("it is gone", why=error.why, status=error.status) from error
            raise

    def _each_once(
        self, kind: type[Numbered], call: Call, path: str, parameters: dict[str, Any], key: str
    ) -> Iterator[Numbered]:
        """What moves to the next page while the pages are read comes once all the same."""
        seen: set[int] = set()
        for page in self._rest.pages(kind, call, path, parameters, key):
            for item in page:
                identity = item.number if isinstance(item, PullRequest) else item.id
                if identity not in seen:
                    seen.add(identity)
                    yield item


def shortened(description: str) -> str:
    """A status's description as GitHub takes it: one line of 140 characters at most."""
    text = " ".join(description.split())
    return text if len(text) <= DESCRIPTION else f"{text[: DESCRIPTION - 1]}…"


def _file(workflow: str) -> str:
    """A workflow's file as the API names it: without its folder."""
    return quote(workflow.rpartition("/")[2], safe="")
