"""How long a request that GitHub turned away is tried again: about a minute, never an hour."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from github.GithubException import RateLimitExceededException
from github.GithubRetry import GithubRetry
from urllib3.exceptions import MaxRetryError, ResponseError

if TYPE_CHECKING:
    from typing_extensions import Self
    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import HTTPResponse

ATTEMPTS = 8
CONNECTS = 3
# A PATCH writes the same text again. A POST makes another thing, and is left out.
REPEATABLE = frozenset({"GET", "PATCH", "PUT", "DELETE"})
TROUBLE = [500, 502, 503, 504]
LIMITED = frozenset({403, 429})


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds: for all tries at one request, and for parts of it.

    ``limited`` is the pause after a limit that names none (GitHub says a minute), ``answer`` the
    wait for one answer, ``growing`` the unit of the pauses that double.
    """

    total: float = 70.0
    limited: float = 60.0
    answer: int = 15
    growing: float = 1.0


class BoundedRetry(GithubRetry):
    """PyGithub's retries, with an end in time, 429 without ``Retry-After``, and careful POSTs.

    What was turned away by a limit was not done, so a POST too is sent again then.
    """

    def __init__(self, *, patience: Patience, until: float | None = None, **options: Any) -> None:
        super().__init__(
            **{
                "secondary_rate_wait": patience.limited,
                "max_rate_limit_wait": patience.total,
                "total": ATTEMPTS,
                # Who refuses a connection seldom takes it a minute later; GitHub's own trouble passes.
                "connect": CONNECTS,
                "backoff_factor": patience.growing,
                "allowed_methods": REPEATABLE,
                "status_forcelist": TROUBLE,
                # The last answer is worth more than the news that there were too many.
                "raise_on_status": False,
                **options,
            }
        )
        self.patience = patience
        self.until = until

    def new(self, **changes: Any) -> Self:
        return super().new(patience=self.patience, until=self.until, **changes)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        limited = status_code in LIMITED
        return limited or super().is_retry(method, status_code, has_retry_after)

    def increment(  # type: ignore[override]  # as in PyGithub
        self,
        method: str | None = None,
        url: str | None = None,
        response: HTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> BoundedRetry:
        try:
            again = super().increment(method, url, response, error, _pool, _stacktrace)
            assert isinstance(again, BoundedRetry)
            again.until = self.until or time.monotonic() + self.patience.total
            if time.monotonic() + again.pause(response) > again.until:
                reason = error or ResponseError("it would take too long to wait")
                assert _pool is not None
                raise MaxRetryError(_pool, url, reason)
        except MaxRetryError as ended:
            if response is not None and response.status in LIMITED:
                # PyGithub has read the body of a 403 already: nothing is left of the answer.
                response.drain_conn()
                headers = {name.lower(): value for name, value in response.headers.items()}
                raise RateLimitExceededException(response.status, None, headers) from ended
            raise
        return again

    def pause(self, response: HTTPResponse | None) -> float:
        """The seconds before the next try, which is made to last that long where GitHub says so."""
        if response is None:
            return self.get_backoff_time()
        asked = self.get_retry_after(response)
        if asked:
            return asked
        if response.status == 429:
            self._wait = max(self._until_reset(response), self.get_backoff_time())
        return self.get_backoff_time()

    def get_backoff_time(self) -> float:
        return max(getattr(self, "_wait", 0.0), super().get_backoff_time())

    def _until_reset(self, response: HTTPResponse) -> float:
        reset = response.headers.get("X-RateLimit-Reset", "")
        if response.headers.get("X-RateLimit-Remaining") == "0" and reset.isdigit():
            return max(0.0, float(reset) - time.time()) + 1
        return self.patience.limited
