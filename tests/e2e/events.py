"""What GitHub sends: its own examples, with the shop's commits in them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from tests.e2e.shop import BRANCH, NUMBER
from tests.fake_github.things import OWN

EXAMPLES = Path(__file__).parents[1] / "events"


def pull_request(action: str, *, head: str, base: str, merged: bool = False) -> dict[str, Any]:
    payload = _example("pull_request")
    body = payload["pull_request"]
    payload |= {"action": action, "number": NUMBER}
    body |= {
        "number": NUMBER,
        "merged": merged,
        "draft": False,
        "title": "$(touch title) `::error::`",
    }
    body["state"] = "closed" if action == "closed" else "open"
    for side, ref, sha in (("head", BRANCH, head), ("base", "main", base)):
        body[side] |= {"ref": ref, "sha": sha}
        body[side]["repo"] |= {"full_name": OWN.full_name, "default_branch": "main"}
    return payload


def push(*, before: str, after: str) -> dict[str, Any]:
    payload = _example("push")
    # Actions' payloads list the commits without their files.
    flags = {"created": False, "deleted": False, "forced": False, "commits": []}
    return {**payload, "ref": "refs/heads/main", "before": before, "after": after, **flags}


def _example(name: str) -> dict[str, Any]:
    payload: dict[str, Any] = copy.deepcopy(json.loads((EXAMPLES / f"{name}.json").read_text())[0])
    payload["repository"] |= {"full_name": OWN.full_name, "default_branch": "main"}
    return payload
