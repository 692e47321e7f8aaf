"""Whether a run may publish its state, and the publishing."""

from __future__ import annotations

import hashlib
from pathlib import Path

from runner.dbt.project import ManifestMetadata
from runner.execution.request import Request
from runner.git import Checkout
from runner.record import PublishedState, Run

CHUNK_BYTES = 1 << 20
# Whatever else starts a run may have checked out code that isn't the default branch's.
PUBLISHING_TRIGGERS = frozenset({"schedule", "merge", "job", "dispatch", "manual"})


def reason_not_to(run: Run, request: Request, checkout: Checkout, manifest: bool) -> str:
    """Why this run publishes no state, "" where it does.

    Only a successful run of a deployment job on the default branch publishes, and only as the
    jobs file declares it: others would defer to what isn't production.
    """
    if run.status != "success":
        return f"the run ended as {run.status}"
    without = "" if manifest else "no step wrote a manifest"
    return reason_from_the_start(request, checkout) or without


def reason_from_the_start(request: Request, checkout: Checkout) -> str:
    """What can be said before anything runs: the request and the checkout decide it."""
    changed = request.overrides.elsewhere()
    options = ", ".join("--" + name.replace("_", "-") for name in changed)
    goes_on = request.goes_on
    reasons = {
        f"`{request.job.name}` is started by pull requests, so it is no deployment job": (
            not request.job.deploys
        ),
        f"it goes on from the failure of run {goes_on.run_id if goes_on else ''}, and a retry"
        " publishes none": goes_on is not None,
        f"this run was changed by {options}": bool(changed),
        f"it was started by {request.trigger}": request.trigger not in PUBLISHING_TRIGGERS,
        checkout.problem or "this is not a git checkout": not checkout.commit,
        checkout.changed: bool(checkout.changed),
        "the default branch isn't known; git remote set-head origin --auto tells it": (
            not checkout.default_branch
        ),
        f"{checkout.branch or 'a detached HEAD'} is not the default branch"
        f" ({checkout.default_branch})": not checkout.on_default_branch,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def published_state(run: Run, manifest: Path, metadata: ManifestMetadata) -> PublishedState:
    """What the store keeps about a manifest."""
    return PublishedState(
        run_id=run.run_id,
        job=run.job,
        environment=run.environment,
        commit=run.commit,
        sha256=_sha256(manifest),
        published_at=run.finished_at,
        dbt_version=metadata.dbt_version,
        project=metadata.project,
        dbt_schema_version=metadata.schema_version,
    )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
