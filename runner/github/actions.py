"""Workflow runs that are under way: their jobs, and how to end them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from runner.errors import GitHubFailed
from runner.github.answers import WorkflowJob, WorkflowRun
from runner.github.rest import Rest

# What GitHub answers where the run has ended already.
CONFLICT = 409
# All that GitHub says of a run that hasn't ended.
OPEN = ("queued", "in_progress", "waiting", "pending", "requested")


class Actions:
    """Of one repository. Everything raises :class:`GitHubFailed`."""

    def __init__(self, rest: Rest, repo: str) -> None:
        self._rest = rest
        self._repo = repo

    def jobs(self, run_id: int, attempt: int) -> Iterator[WorkflowJob]:
        """Of one attempt at a workflow run, counted from 1; a request a page of 100."""
        call = self._rest.call(f"reading the jobs of workflow run {run_id}", "actions: read")
        path = f"{self._repo}/actions/runs/{run_id}/attempts/{attempt}/jobs"
        for page in self._rest.pages(WorkflowJob, call, path, {}, "jobs"):
            yield from page

    def open_runs(self, workflow: str) -> Iterator[WorkflowRun]:
        """A workflow's runs that wait or run, by the workflow's file; a request for each status."""
        file = quote(workflow.rpartition("/")[2], safe="")
        call = self._rest.call(f"reading the runs of {workflow}", "actions: read")
        path = f"{self._repo}/actions/workflows/{file}/runs"
        seen: set[int] = set()
        for status in OPEN:
            asked = {"status": status}
            for page in self._rest.pages(WorkflowRun, call, path, asked, "workflow_runs"):
                # What goes on meanwhile is in two lists.
                yield from (run for run in page if run.id not in seen)
                seen |= {run.id for run in page}

    def cancel(self, run_id: int, *, force: bool = False) -> bool:
        """Asks GitHub to end a workflow run; False where it has ended already. One request.

        ``force`` ends what doesn't listen: no step is run any more, also none with `if: always()`.
        Raises :class:`Unsure` where it may have been asked all the same.
        """
        call = self._rest.call(f"cancelling workflow run {run_id}", "actions: write")
        verb = "force-cancel" if force else "cancel"
        try:
            self._rest.send("POST", call, f"{self._repo}/actions/runs/{run_id}/{verb}", None)
        except GitHubFailed as error:
            if error.status != CONFLICT:
                raise
            return False
        return True
