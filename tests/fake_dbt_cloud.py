"""As much of dbt Cloud's API as an import asks for, over HTTP on this machine.

Lists come in pages of at most 100, with ``extra.pagination.total_count``. ``spoil`` may answer a request
in its place, and is asked first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.fake_github.server import Answer, Request, Server

Json = Mapping[str, Any]
Spoil = Callable[[Request], Answer | None]
TOKEN = "dbtc_" + "t0ken" * 8
ACCOUNT = 9


class FakeDbtCloud:
    def __init__(self, jobs: Sequence[Json] = (), environments: Sequence[Json] = ()) -> None:
        self.jobs = list(jobs)
        self.environments = list(environments)
        self.variables: dict[int, Json] = {}
        self.spoil: Spoil = lambda _: None
        self.requests: list[Request] = []
        self._server = Server("api", "127.0.0.1", self._answered)
        self.url = self._server.url

    def close(self) -> None:
        self._server.close()

    def _answered(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.spoil(request) or self._sound(request)

    def _sound(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return refusal(401, "Invalid token.")
        base = f"/accounts/{ACCOUNT}"
        variables = re.fullmatch(
            rf"/api/v3{base}/projects/\d+/environment-variables/job/", request.path
        )
        if request.path == f"/api/v2{base}/jobs/":
            return page(self._of_project(self.jobs, request), request)
        if request.path == f"/api/v3{base}/environments/":
            return page(self._of_project(self.environments, request), request)
        if variables:
            return answer(self.variables.get(int(request.query["job_definition_id"]), {}))
        return refusal(404, "The requested resource was not found.")

    @staticmethod
    def _of_project(items: list[Json], request: Request) -> list[Json]:
        wanted = request.query.get("project_id")
        return [item for item in items if wanted in (None, str(item["project_id"]))]


def answer(data: Any, **extra: Any) -> Answer:
    status = {"code": 200, "is_success": True, "user_message": "Success!"}
    return Answer(body=json.dumps({"data": data, "status": status, **extra}).encode())


def refusal(code: int, message: str, **headers: str) -> Answer:
    status = {"code": code, "is_success": False, "user_message": message}
    body = json.dumps({"data": None, "status": status}).encode()
    return Answer(
        status=code, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def page(items: list[Json], request: Request, total: int | None = None) -> Answer:
    limit, offset = int(request.query["limit"]), int(request.query["offset"])
    some = items[offset : offset + min(limit, 100)]
    count = {"count": len(some), "total_count": len(items) if total is None else total}
    filters = {"limit": limit, "offset": offset}
    return answer(some, extra={"filters": filters, "pagination": count})
