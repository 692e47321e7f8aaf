"""Which request is answered by which method of the fake, and what permission it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fake_github.things import OWN

if TYPE_CHECKING:
    from tests.fake_github.server import Request


@dataclass(frozen=True, kw_only=True)
class Route:
    """``name`` is a method of the fake; ``permission`` as a workflow writes it."""

    method: str
    pattern: re.Pattern[str]
    name: str
    permission: str


def _route(method: str, path: str, name: str, permission: str) -> Route:
    pattern = re.compile(f"/repos/{OWN.full_name}{path}")
    return Route(method=method, pattern=pattern, name=name, permission=permission)


# Of any repository: an action may be somebody else's.
_COMMIT = Route(
    method="GET",
    pattern=re.compile(r"/repos/([^/]+/[^/]+)/commits/(.+)"),
    name="get_commit",
    permission="contents: read",
)

ROUTES = (
    _route("GET", r"/commits/([0-9a-f]{40})/statuses", "list_statuses", "statuses: read"),
    _COMMIT,
    _route("GET", "", "get_repository", "contents: read"),
    _route("GET", r"/contents/(.+)", "get_contents", "contents: read"),
    _route("GET", r"/compare/([^/]+)\.\.\.([^/]+)", "compare", "contents: read"),
    _route("POST", r"/statuses/([0-9a-f]{40})", "create_status", "statuses: write"),
    _route("GET", r"/issues/(\d+)/comments", "list_comments", "pull-requests: read"),
    _route("POST", r"/issues/(\d+)/comments", "create_comment", "pull-requests: write"),
    _route("PATCH", r"/issues/comments/(\d+)", "edit_comment", "pull-requests: write"),
    _route("DELETE", r"/issues/comments/(\d+)", "delete_comment", "pull-requests: write"),
    _route("GET", r"/issues", "list_issues", "issues: read"),
    _route("POST", r"/issues", "create_issue", "issues: write"),
    _route("GET", r"/pulls", "list_pulls", "pull-requests: read"),
    _route("GET", r"/pulls/(\d+)", "get_pull", "pull-requests: read"),
    _route("GET", r"/actions/artifacts", "list_artifacts", "actions: read"),
    _route("GET", r"/actions/artifacts/(\d+)", "get_artifact", "actions: read"),
    _route("GET", r"/actions/artifacts/(\d+)/zip", "download_artifact", "actions: read"),
    _route("GET", r"/actions/runs/(\d+)", "get_run", "actions: read"),
    _route("GET", r"/actions/runs/(\d+)/artifacts", "list_run_artifacts", "actions: read"),
    _route("GET", r"/actions/runs/(\d+)/attempts/(\d+)/jobs", "list_jobs", "actions: read"),
    _route("POST", r"/actions/runs/(\d+)/cancel", "cancel_run", "actions: write"),
    _route("POST", r"/actions/runs/(\d+)/force-cancel", "force_cancel_run", "actions: write"),
    _route("GET", r"/actions/workflows/([^/]+)/runs", "list_runs", "actions: read"),
    _route("POST", r"/actions/workflows/([^/]+)/dispatches", "dispatch", "actions: write"),
    Route(
        method="POST",
        pattern=re.compile(r"/repos/([^/]+/[^/]+)/dispatches"),
        name="repository_dispatch",
        permission="contents: write",
    ),
)


def find(request: Request) -> tuple[Route, tuple[str, ...]] | None:
    for route in ROUTES:
        match = route.pattern.fullmatch(request.path)
        if match and route.method == request.method:
            return route, match.groups()
    return None
