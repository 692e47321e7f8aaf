"""What GitHub sends: its own examples, with the shop's commits in them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from tests.e2e.shop import BRANCH, NUMBER
from tests.fake_github.things import OWN, WORKFLOW, Repo, Run

EXAMPLES = Path(__file__).parents[1] / "events"


def pull_request(
    action: str, *, head: str, base: str, merged: bool = False, head_repository: Repo = OWN
) -> dict[str, Any]:
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
        full_name = head_repository.full_name if side == "head" else OWN.full_name
        body[side]["repo"] |= {"full_name": full_name, "default_branch": "main"}
    return payload


def push(*, before: str, after: str) -> dict[str, Any]:
    payload = _example("push")
    # Actions' payloads list the commits without their files.
    flags = {"created": False, "deleted": False, "forced": False, "commits": []}
    return {**payload, "ref": "refs/heads/main", "before": before, "after": after, **flags}


def merge_group(*, branch: str, head: str, base: str) -> dict[str, Any]:
    payload = _example("merge_group")
    group = {"head_ref": f"refs/heads/{branch}", "head_sha": head}
    payload["merge_group"] |= {**group, "base_ref": "refs/heads/main", "base_sha": base}
    return payload


def workflow_dispatch(**inputs: str) -> dict[str, Any]:
    return {**_example("workflow_dispatch"), "ref": "refs/heads/main", "inputs": inputs}


def schedule(cron: str) -> dict[str, Any]:
    """It has no example of GitHub's own; on some servers it has no sender."""
    repository = _example("workflow_dispatch")["repository"]
    return {"schedule": cron, "workflow": WORKFLOW, "repository": repository}


def workflow_run(run: Run) -> dict[str, Any]:
    """The end of a run. Of a fork's, GitHub names no pull request."""
    payload = _example("workflow_run")
    repository = {"full_name": run.head_repository.full_name}
    payload["workflow_run"] |= {
        "id": run.id,
        "event": run.event,
        "path": run.path,
        "conclusion": run.conclusion,
        "head_sha": run.head_sha,
        "head_branch": run.head_branch,
        "head_repository": payload["workflow_run"].get("head_repository", {}) | repository,
        "pull_requests": [],
    }
    return {**payload, "action": "completed"}


def _example(name: str) -> dict[str, Any]:
    payload: dict[str, Any] = copy.deepcopy(json.loads((EXAMPLES / f"{name}.json").read_text())[0])
    payload["repository"] |= {"full_name": OWN.full_name, "default_branch": "main"}
    return payload
