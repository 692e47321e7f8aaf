"""What the fake can be told to do wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(kw_only=True)
class Fault:
    """Spoils the next ``times`` requests that match, after leaving ``after`` of them alone.

    With ``status`` that is the answer; ``committed`` does what was asked for all the same. ``cut``
    closes the connection without an answer, or in the middle of its body. ``then`` is called when
    the answer is made and before it is sent, as another client's request would be.
    """

    method: str = ""
    path: str = ""
    host: Literal["api", "storage"] = "api"
    times: int = 1
    after: int = 0
    status: int = 0
    message: str = "Server Error"
    headers: Mapping[str, str] = field(default_factory=dict)
    committed: bool = False
    delay: float = 0.0
    cut: Literal["", "before", "middle"] = ""
    then: Callable[[], object] | None = None

    def hits(self, host: str, method: str, path: str) -> bool:
        """Whether it spoils this request; counts."""
        fits = host == self.host and self.method in ("", method) and re.search(self.path, path)
        if not fits or self.times == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return True


def limited(**changes: object) -> Fault:
    """A secondary limit without a word on how long it lasts."""
    message = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    )
    return Fault(**{"status": 403, "message": message, **changes})  # type: ignore[arg-type]
