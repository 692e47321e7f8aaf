"""The record of a run out of where the run's folder lies; none is believed before it was looked at."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from runner.github.artifact_names import run_artifact
from runner.record import Run
from runner.record_json import RECORD, run_from_json
from runner.state.archive import RUN_FOLDER, unpack
from runner.state.checks import RECORD_LIMIT, format_size

if TYPE_CHECKING:
    from runner.github.answers import Artifact
    from runner.github.client import GitHub

# A run folder holds manifest, docs and logs too; only the record of it is unpacked.
ZIP_LIMIT = 256 * 2**20


def read_record(path: Path) -> Run:
    """The record in a file; raises ValueError where it is none, or too large to be read."""
    size = path.stat().st_size
    if size > RECORD_LIMIT:
        raise ValueError(f"it is larger than {format_size(RECORD_LIMIT)}")
    return run_from_json(path.read_bytes().decode())


def newest_of(github: GitHub, workflow_run: int, jobs: Collection[str]) -> dict[str, Artifact]:
    """The run folder that each of these jobs has uploaded last in a workflow run, where it did.

    Those of another repository's code don't count. A request for every 100 artifacts.
    """
    names = {run_artifact(job, None): job for job in jobs}
    newest: dict[str, Artifact] = {}
    for artifact in github.artifacts_of(workflow_run):
        run, job = artifact.workflow_run, names.get(artifact.name)
        own = run is not None and run.head_repository_id == run.repository_id
        if job is not None and own and (job not in newest or newest[job].id < artifact.id):
            newest[job] = artifact
    return newest


def fetch_record(
    github: GitHub,
    artifact: Artifact,
    *,
    zip_limit: int = ZIP_LIMIT,
    record_limit: int = RECORD_LIMIT,
) -> Run:
    """The record in a run folder that a workflow has uploaded; the limits count bytes.

    Two requests. Raises GitHubFailed, and :class:`ArtifactRefused` and ValueError where this one
    can't be believed.
    """
    with TemporaryDirectory(prefix="dbt-gitops-") as temporary:
        path, into = Path(temporary, "run.zip"), Path(temporary, "run")
        into.mkdir()
        github.download_artifact(artifact, path, limit=zip_limit)
        unpack(path, into, {RECORD: record_limit}, most=RUN_FOLDER)
        return read_record(into / RECORD)
