"""The outputs of a run for the steps after it in a workflow: what to upload, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from runner.delivery.delivery import Delivered
from runner.github.artifact_names import run_artifact
from runner.github.outputs import write_outputs
from runner.record import Run
from runner.record_json import RECORD
from runner.state.github_store import FOLDER, artifact_name


class Outputs:
    """Written to GITHUB_OUTPUT; nothing is, where there is none."""

    def __init__(self, environ: Mapping[str, str], number: int | None = None) -> None:
        self._file = environ.get("GITHUB_OUTPUT", "")
        self._number = number

    def write(self, values: Mapping[str, str]) -> None:
        if self._file:
            write_outputs(Path(self._file), values)

    def began(self, folder: Path, job: str) -> None:
        """At once: a run that is killed has left something to upload."""
        self.write(
            {
                "run-id": folder.name,
                "folder": str(folder),
                "record": str(folder / RECORD),
                "artifact": run_artifact(job, self._number),
            }
        )

    def ended(self, run: Run, folder: Path, delivered: Delivered) -> None:
        state = folder / FOLDER
        publishes = run.state_published and state.is_dir()
        self.write(
            {
                "state-artifact": artifact_name(run.environment, run.job) if publishes else "",
                "state-folder": str(state) if publishes else "",
                **_ended(run.job, run.status, run.reason, delivered),
            }
        )

    def without_run(self, job: str, status: str, reason: str, delivered: Delivered) -> None:
        self.write(_ended(job, status, reason, delivered))


def _ended(job: str, status: str, reason: str, delivered: Delivered) -> dict[str, str]:
    return {
        "status": status,
        "reported": "true" if delivered.reported else "false",
        "comment-url": delivered.comment_url,
        "jobs": json.dumps([{"job": job, "status": status, "reason": reason}]),
    }
