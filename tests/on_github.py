"""A project as GitHub's runner has it: checked out for an event, with the runner's variables."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import Done, Project
from tests.fake_github import FakeGitHub
from tests.fake_github.things import FORK, OWN, WORKFLOW, Pull, Repo

REPOSITORY = {"full_name": OWN.full_name, "default_branch": "main"}


def zipped(folder: Path, **instead: str) -> bytes:
    """A folder as `actions/upload-artifact` packs it; ``instead`` are other contents, by file name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder).as_posix()
            content = instead.get(name.replace(".", "_"))
            archive.writestr(name, path.read_bytes() if content is None else content)
    return packed.getvalue()


@dataclass(kw_only=True)
class OnGitHub:
    """``pull_request`` and ``push`` check out what GitHub would; ``cli`` is called as its runner does."""

    project: Project
    fake: FakeGitHub
    scratch: Path
    branch: str = "change"
    event: dict[str, str] = field(default_factory=dict)

    def cli(self, *arguments: str, **env: str) -> Done:
        return self.project.cli(*arguments, **{**self.environ, **env})

    @property
    def environ(self) -> dict[str, str]:
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.fake.api_url,
            "GITHUB_TOKEN": self.fake.token,
            "GITHUB_REPOSITORY": OWN.full_name,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "77",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_ACTOR": "jo",
            "GITHUB_WORKFLOW_REF": f"{OWN.full_name}/{WORKFLOW}@refs/heads/main",
            "GITHUB_OUTPUT": str(self.scratch / "output"),
            "GITHUB_STEP_SUMMARY": str(self.scratch / "summary"),
            "RUNNER_TEMP": str(self.scratch),
            **self.event,
        }

    def outputs(self) -> dict[str, str]:
        """Of all commands since the last call."""
        file = self.scratch / "output"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        found = {}
        while lines:
            name, _, delimiter = lines.pop(0).partition("<<")
            end = lines.index(delimiter)
            found[name] = "\n".join(lines[:end])
            lines = lines[end + 1 :]
        return found

    def upload(self, **of_run: Any) -> None:
        """What the workflow uploads after the last command, from a run of that event."""
        outputs = self.outputs()
        event = self.event["GITHUB_EVENT_NAME"]
        branch = self.event.get("GITHUB_HEAD_REF") or self.event["GITHUB_REF"].rpartition("/")[2]
        of_run = {"event": event, "head_branch": branch, "head_sha": self.head, **of_run}
        run = self.fake.add_run(**of_run)
        self.fake.add_artifact(outputs["artifact"], zipped(Path(outputs["folder"])), run=run)
        if outputs["state-artifact"]:
            state = zipped(Path(outputs["state-folder"]))
            self.fake.add_artifact(outputs["state-artifact"], state, run=run)

    def upload_history(self, outputs: dict[str, str]) -> None:
        """What the workflow uploads after a plan with these outputs, from a run of the event."""
        event, head = self.event["GITHUB_EVENT_NAME"], self.project.git("rev-parse", "HEAD")
        run = self.fake.add_run(event=event, head_branch="main", head_sha=head)
        content = zipped(Path(outputs["history-folder"]))
        self.fake.add_artifact(outputs["history-artifact"], content, run=run)

    def summary(self) -> str:
        return (self.scratch / "summary").read_text()

    def statuses(self) -> list[tuple[str, str]]:
        """Of the head commit: each state with its description."""
        head = self.head
        return [(s.state, s.description or "") for s in self.fake.statuses if s.sha == head]

    def pull_request(
        self, action: str = "opened", *, head_repository: Repo | None = OWN, **changes: Any
    ) -> None:
        """The branch, as it is, merged into main, as on GitHub's merge ref."""
        git = self.project.git
        self.head, base = git("rev-parse", self.branch), git("rev-parse", "main")
        git("checkout", "--quiet", "--detach", "main")
        git("merge", "--quiet", "--no-ff", "--message", "merge", self.branch)
        repo = {"full_name": head_repository.full_name} if head_repository else None
        number = changes.pop("number", 7)
        body = {
            "number": number, "draft": False, "labels": [], "user": {"login": "jo"},
            "merged": False,
            "head": {"ref": self.branch, "sha": self.head, "repo": repo},
            "base": {"ref": "main", "sha": base, "repo": REPOSITORY},
            **changes,
        }  # fmt: skip
        self.fake.pulls[number] = Pull(
            number=number, head_sha=self.head, base_sha=base, head_repository=head_repository
        )
        payload = {"action": action, "pull_request": body, "sender": {"login": "jo"}}
        ref = f"refs/pull/{number}/merge"
        branches = {"GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": self.branch}
        self._happens("pull_request", payload, GITHUB_REF=ref, **branches)

    def merge_group(self) -> None:
        """The branch, squashed on main, as a merge queue tries it."""
        git = self.project.git
        base = git("rev-parse", "main")
        git("checkout", "--quiet", "--detach", "main")
        git("merge", "--quiet", "--squash", self.branch)
        self.head = self.project.commit("squashed")
        ref = f"refs/heads/gh-readonly-queue/main/pr-7-{base}"
        group = {"head_sha": self.head, "head_ref": ref, "base_sha": base,
                 "base_ref": "refs/heads/main"}  # fmt: skip
        payload = {"action": "checks_requested", "merge_group": group, "sender": {"login": "jo"}}
        self._happens("merge_group", payload, GITHUB_REF=ref)

    def workflow_run(self, **changes: Any) -> None:
        """The end of a fork's run, on the default branch."""
        self.project.git("checkout", "--quiet", "main")
        run = {
            "id": 500, "event": "pull_request", "path": WORKFLOW, "conclusion": "success",
            "head_sha": self.head, "head_branch": self.branch, "pull_requests": [],
            "head_repository": {"full_name": FORK.full_name}, **changes,
        }  # fmt: skip
        payload = {"action": "completed", "workflow_run": run, "sender": {"login": "jo"}}
        self._happens("workflow_run", payload, GITHUB_REF="refs/heads/main")

    def dispatch(self, inputs: dict[str, str]) -> None:
        """By hand, on main."""
        self.project.git("checkout", "--quiet", "main")
        self.head = self.project.git("rev-parse", "HEAD")
        payload = {"inputs": inputs, "ref": "refs/heads/main", "workflow": WORKFLOW,
                   "sender": {"login": "jo"}}  # fmt: skip
        self._happens("workflow_dispatch", payload, GITHUB_REF="refs/heads/main")

    def tick(self, schedule: str = "0 4 * * *") -> None:
        """A schedule fires, on main, which is fetched whole."""
        self.project.git("checkout", "--quiet", "main")
        self.project.git("update-ref", "refs/remotes/origin/main", "main")
        payload = {"schedule": schedule, "workflow": WORKFLOW, "sender": {"login": "jo"}}
        self._happens("schedule", payload, GITHUB_REF="refs/heads/main")

    def push(self, branch: str = "main") -> None:
        """To this branch, what is on it."""
        git = self.project.git
        git("checkout", "--quiet", branch)
        self.head = git("rev-parse", "HEAD")
        before = git("rev-parse", "HEAD^") if git("rev-list", "HEAD").count("\n") else "0" * 40
        payload = {"ref": f"refs/heads/{branch}", "before": before, "after": self.head,
                   "created": False, "deleted": False, "forced": False,
                   "sender": {"login": "jo"}}  # fmt: skip
        self._happens("push", payload, GITHUB_REF=f"refs/heads/{branch}")

    def _happens(self, name: str, payload: dict[str, Any], **env: str) -> None:
        file = self.scratch / "event.json"
        file.write_text(json.dumps({"repository": REPOSITORY, **payload}))
        self.event = {
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(file),
            "GITHUB_SHA": self.project.git("rev-parse", "HEAD"),
            **env,
        }
