"""Artifacts of state, as the product prepares them and a workflow uploads them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.record import PublishedState
from runner.state.github_store import GitHubStore, artifact_name
from tests.fake_github.github import FakeGitHub
from tests.fake_github.things import Artifact
from tests.unit.state_samples import prepare


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files, deflated as `actions/upload-artifact` does."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def prepared(store: GitHubStore, target: Path, number: int, **changes: Any) -> dict[str, bytes]:
    """The files of run ``number``, published by the store into ``target/state``."""
    assert store.publish(*prepare(target, number, **changes))
    return {path.name: path.read_bytes() for path in (target / "state").iterdir()}


def upload(
    fake: FakeGitHub,
    files: Mapping[str, bytes],
    environment: str = "production",
    job: str = "daily",
    **changes: Any,
) -> Artifact:
    """What the workflow does after a run; ``changes`` are of the artifact."""
    return fake.add_artifact(artifact_name(environment, job), zipped(files), **changes)


def same(found: PublishedState | None, number: int) -> bool:
    return found is not None and found.run_id == f"{number}-1"
