"""The fake itself: what it holds, what was asked of it, and each answer."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlencode

from tests.fake_github.answers import Answers
from tests.fake_github.faults import Fault
from tests.fake_github.routes import find
from tests.fake_github.server import Answer, Request, Server
from tests.fake_github.things import (
    OWN,
    START,
    Artifact,
    Comment,
    Issue,
    Pull,
    Run,
    Status,
)

TOKEN = "ghs_" + "A1b2" * 10
BOT = "github-actions[bot]"
COMMENT_LIMIT = 65_536


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request of the API that was answered by a route, both bodies decoded."""

    route: str
    asked: Any
    status: int
    answered: Any


@dataclass(kw_only=True)
class FakeGitHub:
    """One repository. Use it in a ``with``; ``api_url`` is what the client is given.

    The storage of artifacts is another host, which refuses ``Authorization``; its addresses are
    valid for ``link_seconds``. ``denied`` are the permissions that the token hasn't. ``elsewhere`` are
    other repositories, each with a token of its own; they take dispatches and nothing else.
    """

    token: str = TOKEN
    runs: dict[int, Run] = field(default_factory=dict)
    artifacts: list[Artifact] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    pulls: dict[int, Pull] = field(default_factory=dict)
    contents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    refs: dict[tuple[str, str], str] = field(default_factory=dict)
    merge_bases: dict[tuple[str, str], str] = field(default_factory=dict)
    dispatched: list[tuple[str, Any]] = field(default_factory=list)
    dispatched_runs: list[Run] = field(default_factory=list)
    repository_dispatched: list[tuple[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    elsewhere: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    remaining: int = 1000
    link_seconds: float = 60.0
    quiet: bool = False
    login: str = BOT
    storage: Callable[[Request], Answer | None] = lambda _: None

    def __enter__(self) -> FakeGitHub:
        self._lock = threading.RLock()
        self._links: dict[str, tuple[int, float]] = {}
        self._api = Server("api", "127.0.0.1", self._answer)
        self._storage = Server("storage", "localhost", self._answer)
        self.api_url = self._api.url
        self._answers = Answers(self.api_url)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._api.close()
        self._storage.close()
        if not self.quiet:
            print("\n".join(str(request) for request in self.requests))

    @property
    def storage_url(self) -> str:
        return self._storage.url

    def count(self, *, method: str = "", path: str = "", host: str = "") -> int:
        """How many requests there were, of all or of these."""
        return sum(
            method in ("", one.method) and path in one.path and host in ("", one.host)
            for one in self.requests
        )

    def add_run(self, **changes: Any) -> Run:
        run = Run(**{"id": 100 + len(self.runs), **changes})
        self.runs[run.id] = run
        return run

    def add_artifact(self, name: str, content: bytes, **changes: Any) -> Artifact:
        """Newer than those before; the newest run's where none is given."""
        # Not their count: one that is overwritten is gone.
        number = max((one.id - 9000 for one in self.artifacts), default=0) + 1
        plain: dict[str, Any] = {
            "id": 9000 + number,
            "run": changes.get("run") or self.add_run(),
            "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
            "created_at": START + timedelta(minutes=number),
        }
        artifact = Artifact(name=name, content=content, **{**plain, **changes})
        self.artifacts.append(artifact)
        return artifact

    def add_comment(self, number: int, body: str, login: str = BOT) -> Comment:
        comment = Comment(
            id=max((c.id for c in self.comments), default=0) + 1,
            number=number,
            body=body,
            login=login,
        )
        self.comments.append(comment)
        return comment

    # Requests

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            hit = (
                one for one in self.faults if one.hits(request.host, request.method, request.path)
            )
            fault = next(hit, None) or Fault()
            answer = self._spoiled(request, fault)
            if fault.then:
                fault.then()
        answer.delay, answer.cut = fault.delay, fault.cut
        return answer

    def _spoiled(self, request: Request, fault: Fault) -> Answer:
        if fault.status and not fault.committed:
            return _refusal(fault.status, fault.message, fault.headers)
        answer = self._of_api(request) if request.host == "api" else self._of_storage(request)
        if fault.status:
            return _refusal(fault.status, fault.message, fault.headers)
        return answer

    def _of_api(self, request: Request) -> Answer:
        answer = self._permitted(request)
        self.remaining = max(0, self.remaining - 1)
        answer.headers |= {
            "X-RateLimit-Limit": "1000",
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(int(time.time()) + 1800),
        }
        return answer

    def _permitted(self, request: Request) -> Answer:
        token = self.elsewhere.get("/".join(request.path.split("/")[2:4]), self.token)
        if request.headers.get("authorization") not in (f"token {token}", f"Bearer {token}"):
            return _refusal(401, "Bad credentials")
        if self.remaining == 0:
            return _refusal(403, "API rate limit exceeded for installation ID 1.")
        if request.path == "/graphql":
            return _json({"data": {"viewer": {"login": self.login}}})
        found = find(request)
        if found is None:
            return _refusal(404, "Not Found")
        route, arguments = found
        if route.permission in self.denied:
            accepted = {"X-Accepted-GitHub-Permissions": route.permission.replace(": ", "=")}
            return _refusal(403, "Resource not accessible by integration", accepted)
        asked = json.loads(request.body) if request.body else None
        answer: Answer = getattr(self, route.name)(request, asked, *map(unquote, arguments))
        answered = json.loads(answer.body) if answer.body else None
        self.exchanges.append(
            Exchange(route=route.name, asked=asked, status=answer.status, answered=answered)
        )
        return answer

    def _of_storage(self, request: Request) -> Answer:
        special = self.storage(request)
        if special:
            return special
        if "authorization" in request.headers:
            return Answer(status=400, body=b"<Code>InvalidAuthenticationInfo</Code>")
        number, until = self._links.get(request.query.get("sig", ""), (0, 0.0))
        if time.monotonic() > until:
            return Answer(status=403, body=b"<Code>AuthenticationFailed</Code>")
        [artifact] = [one for one in self.artifacts if one.id == number]
        return Answer(body=artifact.content, headers={"Content-Type": "application/zip"})

    # Routes

    def get_repository(self, _request: Request, _asked: Any) -> Answer:
        return _json(self._answers.repository(OWN))

    def get_contents(self, request: Request, _asked: Any, path: str) -> Answer:
        content = self.contents.get((request.query.get("ref", "main"), path))
        if content is None:
            return _refusal(404, "Not Found")
        return _json(self._answers.file(path, content))

    def compare(self, _request: Request, _asked: Any, base: str, head: str) -> Answer:
        own = [run for run in self.runs.values() if run.head_sha == head]
        pushed = any(run.head_branch == base and not run.tag for run in own)
        elsewhere = "e" * 40 if own else None
        merge_base = self.merge_bases.get((base, head)) or (head if pushed else elsewhere)
        if merge_base is None:
            return _refusal(404, "Not Found")
        return _json(self._answers.comparison("d" * 40, merge_base))

    def get_commit(self, _request: Request, _asked: Any, repository: str, ref: str) -> Answer:
        sha = self.refs.get((repository, ref))
        if sha is None:
            return _refusal(422, f"No commit found for SHA: {ref}")
        return _json(self._answers.commit(sha, repository))

    def create_status(self, _request: Request, asked: Any, sha: str) -> Answer:
        if len(asked.get("description") or "") > 140:
            return _refusal(422, "Validation Failed", error=("description", "is too long"))
        status = Status(id=len(self.statuses) + 1, sha=sha, **asked)
        self.statuses.append(status)
        return _json(self._answers.status(status), 201)

    def list_statuses(self, request: Request, _asked: Any, sha: str) -> Answer:
        found = [one for one in reversed(self.statuses) if one.sha == sha]
        return self._page(request, [self._answers.status(one) for one in found])

    def list_comments(self, request: Request, _asked: Any, number: str) -> Answer:
        found = [one for one in self.comments if one.number == int(number)]
        return self._page(request, [self._answers.comment(one) for one in found])

    def create_comment(self, _request: Request, asked: Any, number: str) -> Answer:
        if len(asked["body"]) > COMMENT_LIMIT:
            return _too_long()
        comment = self.add_comment(int(number), asked["body"], self.login)
        return _json(self._answers.comment(comment), 201)

    def edit_comment(self, _request: Request, asked: Any, number: str) -> Answer:
        if len(asked["body"]) > COMMENT_LIMIT:
            return _too_long()
        for comment in self.comments:
            if comment.id == int(number):
                comment.body = asked["body"]
                return _json(self._answers.comment(comment))
        return _refusal(404, "Not Found")

    def delete_comment(self, _request: Request, _asked: Any, number: str) -> Answer:
        found = [one for one in self.comments if one.id == int(number)]
        if not found:
            return _refusal(404, "Not Found")
        self.comments.remove(found[0])
        return Answer(status=204)

    def list_issues(self, request: Request, _asked: Any) -> Answer:
        state = request.query.get("state", "open")
        newest_first = sorted(self.issues, key=lambda issue: -issue.number)
        found = [issue for issue in newest_first if state in ("all", issue.state)]
        return self._page(request, [self._answers.issue(issue) for issue in found])

    def create_issue(self, _request: Request, asked: Any) -> Answer:
        if len(asked.get("body", "")) > COMMENT_LIMIT:
            return _too_long()
        number = max([0, *self.pulls, *(issue.number for issue in self.issues)]) + 1
        issue = Issue(
            number=number, title=asked["title"], body=asked.get("body", ""), login=self.login
        )
        self.issues.append(issue)
        return _json(self._answers.issue(issue), 201)

    def list_pulls(self, request: Request, _asked: Any) -> Answer:
        state = request.query.get("state", "open")
        newest_first = sorted(self.pulls.values(), key=lambda pull: -pull.number)
        found = [pull for pull in newest_first if state in ("all", pull.state)]
        if head := request.query.get("head"):
            found = [pull for pull in found if _label(pull) == head]
        return self._page(request, [self._answers.pull(pull) for pull in found])

    def get_pull(self, _request: Request, _asked: Any, number: str) -> Answer:
        pull = self.pulls.get(int(number))
        if pull is None:
            return _refusal(404, "Not Found")
        return _json(self._answers.whole_pull(pull))

    def list_artifacts(self, request: Request, _asked: Any) -> Answer:
        name = request.query.get("name")
        newest_first = sorted(self.artifacts, key=lambda one: one.created_at, reverse=True)
        found = [one for one in newest_first if name in (None, one.name)]
        return self._page(request, [self._answers.artifact(one) for one in found], "artifacts")

    def list_run_artifacts(self, request: Request, _asked: Any, number: str) -> Answer:
        found = [one for one in self.artifacts if one.run.id == int(number)]
        return self._page(request, [self._answers.artifact(one) for one in found], "artifacts")

    def get_artifact(self, _request: Request, _asked: Any, number: str) -> Answer:
        for artifact in self.artifacts:
            if artifact.id == int(number):
                return _json(self._answers.artifact(artifact))
        return _refusal(404, "Not Found")

    def download_artifact(self, _request: Request, _asked: Any, number: str) -> Answer:
        found = [one for one in self.artifacts if one.id == int(number)]
        if not found:
            return _refusal(404, "Not Found")
        if found[0].expired or found[0].gone:
            return _refusal(410, "Artifact has expired")
        signature = secrets.token_hex(8)
        self._links[signature] = (found[0].id, time.monotonic() + self.link_seconds)
        location = f"{self._storage.url}/zips/{found[0].id}.zip?sig={signature}"
        return Answer(status=302, headers={"Location": location})

    def get_run(self, _request: Request, _asked: Any, number: str) -> Answer:
        run = self.runs.get(int(number))
        return _json(self._answers.run(run)) if run else _refusal(404, "Not Found")

    def list_jobs(self, request: Request, _asked: Any, number: str, attempt: str) -> Answer:
        run = self.runs.get(int(number))
        if run is None:
            return _refusal(404, "Not Found")
        found = run.jobs.get(int(attempt), [])
        answers = [self._answers.job(run, int(attempt), n, job) for n, job in enumerate(found)]
        return self._page(request, answers, "jobs")

    def cancel_run(self, request: Request, asked: Any, number: str) -> Answer:
        return self._cancel(int(number), "cancel")

    def force_cancel_run(self, request: Request, asked: Any, number: str) -> Answer:
        return self._cancel(int(number), "force-cancel")

    def _cancel(self, number: int, how: str) -> Answer:
        run = self.runs.get(number)
        if run is None:
            return _refusal(404, "Not Found")
        if run.conclusion:
            return _refusal(409, "Cannot cancel a workflow run that is completed.")
        run.cancelled = how
        return _json({}, 202)

    def list_runs(self, request: Request, _asked: Any, workflow: str) -> Answer:
        wanted = {"event": "event", "branch": "head_branch", "head_sha": "head_sha"}
        found = [run for run in self.runs.values() if run.path.endswith(f"/{workflow}")]
        for name, attribute in wanted.items():
            if name in request.query:
                found = [run for run in found if getattr(run, attribute) == request.query[name]]
        newest_first = [self._answers.run(run) for run in reversed(found)]
        if status := request.query.get("status"):
            newest_first = [
                run for run in newest_first if status in (run["status"], run["conclusion"])
            ]
        return self._page(request, newest_first, "workflow_runs")

    def dispatch(self, _request: Request, asked: Any, workflow: str) -> Answer:
        self.dispatched.append((workflow, asked))
        if not asked.get("return_run_details"):
            return Answer(status=204)
        run = self.add_run(event="workflow_dispatch", head_branch=asked["ref"], conclusion=None)
        self.dispatched_runs.append(run)
        answer = self._answers.run(run)
        return _json(
            {
                "workflow_run_id": run.id,
                "run_url": answer["url"],
                "html_url": answer["html_url"],
            }
        )

    def repository_dispatch(self, _request: Request, asked: Any, repository: str) -> Answer:
        if repository not in (OWN.full_name, *self.elsewhere):
            return _refusal(404, "Not Found")
        if len(asked["event_type"]) > 100 or len(asked.get("client_payload") or {}) > 10:
            return _refusal(422, "Invalid request.")
        self.repository_dispatched.append((repository, asked))
        return Answer(status=204)

    def _page(self, request: Request, items: list[Any], key: str = "") -> Answer:
        """One page and the links to the others, which GitHub leaves out where there are none."""
        size = min(100, int(request.query.get("per_page", 30)))
        page = int(request.query.get("page", 1))
        last = max(1, -(-len(items) // size))
        shown = items[(page - 1) * size : page * size]
        answer = _json({"total_count": len(items), key: shown} if key else shown)
        pages = {"prev": page - 1, "first": 1} if page > 1 else {}
        pages |= {"next": page + 1, "last": last} if page < last else {}
        links = [
            f'<{self.api_url}{request.path}?{urlencode({**request.query, "page": number})}>; rel="{name}"'
            for name, number in pages.items()
        ]
        if links:
            answer.headers["Link"] = ", ".join(links)
        return answer


def _label(pull: Pull) -> str:
    """``owner:branch``, as GitHub filters; a fork that is gone has no owner."""
    repository = pull.head_repository
    return f"{repository.full_name.partition('/')[0]}:{pull.head_ref}" if repository else ""


def _json(value: Any, status: int = 200) -> Answer:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(status=status, body=json.dumps(value).encode(), headers=headers)


def _too_long() -> Answer:
    return _refusal(
        422, "Validation Failed", error=("body", "body is too long (maximum is 65536 characters)")
    )


def _refusal(
    status: int, message: str, headers: Any = None, error: tuple[str, str] | None = None
) -> Answer:
    documentation = "https://docs.github.com/rest"
    body: dict[str, Any] = {"message": message, "documentation_url": documentation}
    if error:
        resource, code = "IssueComment", "unprocessable"
        body["errors"] = [
            {"resource": resource, "code": code, "field": error[0], "message": error[1]}
        ]
    else:
        body["status"] = str(status)
    answer = _json(body, status)
    answer.headers |= dict(headers or {})
    return answer
