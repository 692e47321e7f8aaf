"""A repository, its warehouse, and what happens to them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tests.conftest import Done, Project, clean_environ
from tests.e2e import events
from tests.e2e.engine import Engine, Workflow
from tests.e2e.shop import BRANCH, NUMBER, Shop
from tests.fake_github import OWN, FakeGitHub, Repo
from tests.fake_github.things import WORKFLOW, Pull

REPORTS = ".github/workflows/dbt-gitops-report.yml"


class Life:
    def __init__(self, folder: Path, fake: FakeGitHub) -> None:
        self.fake = fake
        self.shop = Shop(folder, folder / "jaffle.duckdb")
        self.warehouse = Project(path=folder)
        cache = folder / "cache"
        cache.mkdir()
        self.engine = Engine(folder, self.shop, fake, cache)

    def pushed(self, before: str) -> Workflow:
        payload = events.push(before=before, after=self.shop.work.git("rev-parse", "main"))
        return self._on_main("push", payload)

    def asked(self, job: str) -> Workflow:
        """By hand."""
        return self._on_main("workflow_dispatch", events.workflow_dispatch(job=job))

    def ticks(self, cron: str) -> Workflow:
        """A schedule fires, sooner or later."""
        return self._on_main("schedule", events.schedule(cron))

    def dispatched(self) -> Workflow:
        """The oldest dispatch that waits: GitHub runs the workflow that was asked for."""
        workflow, asked = self.fake.dispatched.pop(0)
        assert (workflow, asked["ref"]) == (WORKFLOW.rpartition("/")[2], "main")
        payload = events.workflow_dispatch(**asked["inputs"])
        return self._on_main("workflow_dispatch", payload, run=self.fake.dispatched_runs.pop(0))

    def cli(self, *arguments: str) -> Done:
        """The command on somebody's own machine, as it is installed."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name("dbt-gitops")), *arguments],
            cwd=self.shop.work.path,
            env={
                **clean_environ(os.environ),
                "GH_TOKEN": self.fake.token,
                "GITHUB_API_URL": self.fake.api_url,
                "GITHUB_REPOSITORY": OWN.full_name,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)

    def completed(self, workflow: Workflow) -> Workflow:
        """The end of a run, for the workflow that reports those of forks."""
        payload = events.workflow_run(workflow.run)
        return self._on_main("workflow_run", payload, workflow=REPORTS)

    def queued(self) -> Workflow:
        """The merge queue asks for checks."""
        base = self.shop.work.git("rev-parse", "main")
        branch, commit = self.shop.queue_ref()
        return self.engine.happens(
            "merge_group",
            events.merge_group(branch=branch, head=commit, base=base),
            ref=f"refs/heads/{branch}",
            commit=commit,
            head_sha=commit,
            head_branch=branch,
        )

    def pull_request(self, action: str, head_repository: Repo = OWN) -> Workflow:
        """A new commit, or the first."""
        git = self.shop.work.git
        self.shop.push(BRANCH)
        head, base = git("rev-parse", BRANCH), git("rev-parse", "main")
        self.fake.pulls[NUMBER] = Pull(
            number=NUMBER, head_sha=head, base_sha=base, head_repository=head_repository
        )
        payload = events.pull_request(action, head=head, base=base, head_repository=head_repository)
        return self._pull_request(payload, self.shop.merge_ref())

    def merged(self) -> Workflow:
        """The pull request's closing; what is pushed by it is another event."""
        pull = self.fake.pulls[NUMBER]
        now = datetime.now(timezone.utc)
        self.fake.pulls[NUMBER] = replace(pull, state="closed", merged_at=now)
        payload = events.pull_request("closed", head=pull.head_sha, base=pull.base_sha, merged=True)
        return self._pull_request(payload, self.shop.merge())

    def _on_main(self, event: str, payload: dict[str, Any], **options: Any) -> Workflow:
        commit = self.shop.work.git("rev-parse", "main")
        return self.engine.happens(
            event,
            payload,
            ref="refs/heads/main",
            commit=commit,
            head_sha=commit,
            head_branch="main",
            **options,
        )

    def _pull_request(self, payload: dict[str, Any], commit: str) -> Workflow:
        pull = self.fake.pulls[NUMBER]
        return self.engine.happens(
            "pull_request",
            payload,
            ref=f"refs/pull/{NUMBER}/merge",
            commit=commit,
            head_sha=pull.head_sha,
            head_branch=BRANCH,
            head_repository=pull.head_repository,
        )

    def relations(self, schema: str) -> set[str]:
        rows = self.warehouse.query(
            f"select table_name from information_schema.tables where table_schema = '{schema}'"
        )
        return {name for (name,) in rows}

    def schemas(self) -> set[str]:
        rows = self.warehouse.query("select schema_name from information_schema.schemata")
        return {name for (name,) in rows}

    def statuses(self, workflow: Workflow, job: str) -> list[str]:
        head, context = workflow.run.head_sha, f"dbt / {job}"
        return [s.state for s in self.fake.statuses if (s.sha, s.context) == (head, context)]

    @property
    def comment(self) -> str:
        """There is never more than one."""
        [comment] = self.fake.comments
        assert comment.number == NUMBER
        return comment.body

    def record(self, artifact: str) -> dict[str, Any]:
        """The run.json of the newest artifact of a name."""
        *_, newest = (one for one in self.fake.artifacts if one.name == artifact)
        with zipfile.ZipFile(io.BytesIO(newest.content)) as archive:
            record: dict[str, Any] = json.loads(archive.read("run.json"))
        return record
