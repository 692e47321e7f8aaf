"""What the fake holds as GitHub's JSON. A test compares each with GitHub's own description."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

from tests.fake_github.things import (
    OWN,
    START,
    Artifact,
    Comment,
    Issue,
    Job,
    Pull,
    Repo,
    Run,
    Status,
)

Json = dict[str, Any]

_USER = [
    "avatar",
    "html",
    "followers",
    "following",
    "gists",
    "starred",
    "subscriptions",
    "organizations",
    "repos",
    "events",
    "received_events",
]
_REPO = [
    "html",
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "hooks",
    "git",
    "ssh",
    "clone",
    "mirror",
    "svn",
]


class Answers:
    """``api`` is the address of the API, without a slash at its end."""

    def __init__(self, api: str) -> None:
        self._api = api

    def user(self, login: str) -> Json:
        url = f"{self._api}/users/{login}"
        return {
            "login": login,
            "id": sum(login.encode()),
            "node_id": f"U_{login}",
            "gravatar_id": "",
            "url": url,
            "type": "Bot" if login.endswith("[bot]") else "User",
            "site_admin": False,
            **{f"{name}_url": f"{url}/{name}" for name in _USER},
        }

    def repository(self, repo: Repo) -> Json:
        owner, _, name = repo.full_name.partition("/")
        url = f"{self._api}/repos/{repo.full_name}"
        return {
            "id": repo.id,
            "node_id": f"R_{repo.id}",
            "name": name,
            "full_name": repo.full_name,
            "owner": self.user(owner),
            "private": False,
            "description": None,
            "fork": repo.fork,
            "url": url,
            "homepage": None,
            "language": None,
            "license": None,
            "default_branch": repo.default_branch,
            **dict.fromkeys(("archived", "disabled", "has_pages", "has_discussions"), False),
            **dict.fromkeys(("has_issues", "has_projects", "has_wiki"), True),
            **dict.fromkeys(_COUNTS, 0),
            **dict.fromkeys(("created_at", "updated_at", "pushed_at"), moment(START)),
            **{f"{member}_url": f"{url}/{member}" for member in _REPO},
        }

    def artifact(self, artifact: Artifact) -> Json:
        url = f"{self._api}/repos/{OWN.full_name}/actions/artifacts/{artifact.id}"
        run = artifact.run
        return {
            "id": artifact.id,
            "node_id": f"A_{artifact.id}",
            "name": artifact.name,
            "size_in_bytes": len(artifact.content),
            "url": url,
            "archive_download_url": f"{url}/zip",
            "expired": artifact.expired,
            "digest": artifact.digest,
            "created_at": moment(artifact.created_at),
            "updated_at": moment(artifact.created_at),
            "expires_at": moment(artifact.created_at + timedelta(days=90)),
            "workflow_run": {
                "id": run.id,
                "repository_id": OWN.id,
                "head_repository_id": run.head_repository.id,
                "head_branch": run.head_branch,
                "head_sha": run.head_sha,
            },
        }

    def run(self, run: Run) -> Json:
        url = f"{self._api}/repos/{OWN.full_name}/actions/runs/{run.id}"
        parts = ("jobs", "logs", "artifacts", "cancel", "rerun", "check_suite")
        return {
            "id": run.id,
            "node_id": f"W_{run.id}",
            "name": "dbt",
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "path": run.path,
            "run_number": run.id % 1000,
            "event": run.event,
            "status": "completed" if run.conclusion else run.status,
            "run_attempt": run.attempt,
            "conclusion": run.conclusion,
            "workflow_id": 7,
            "workflow_url": f"{self._api}/repos/{OWN.full_name}/actions/workflows/7",
            "url": url,
            "html_url": f"https://github.com/{OWN.full_name}/actions/runs/{run.id}",
            "pull_requests": [],
            "created_at": moment(run.created_at),
            "updated_at": moment(run.created_at),
            "run_started_at": moment(run.started_at),
            "head_commit": None,
            "repository": self.repository(OWN),
            "head_repository": self.repository(run.head_repository),
            "display_title": "dbt",
            **{f"{part}_url": f"{url}/{part}" for part in parts},
        }

    def job(self, run: Run, attempt: int, place: int, job: Job) -> Json:
        number = run.id * 1000 + attempt * 100 + place
        url = f"{self._api}/repos/{OWN.full_name}/actions"
        page = f"https://github.com/{OWN.full_name}/actions/runs/{run.id}"
        times = {"started_at": moment(job.started_at), "completed_at": moment(job.completed_at)}
        steps = [
            {"name": s.name, "status": s.status, "conclusion": s.conclusion, "number": n, **times}
            for n, s in enumerate(job.steps, start=1)
        ]
        return {
            "id": number,
            "node_id": f"J_{number}",
            "run_id": run.id,
            "run_url": f"{url}/runs/{run.id}",
            "run_attempt": attempt,
            "head_sha": run.head_sha,
            "head_branch": run.head_branch,
            "url": f"{url}/jobs/{number}",
            "html_url": f"{page}/job/{number}",
            "check_run_url": f"{self._api}/repos/{OWN.full_name}/check-runs/{number}",
            "status": job.status,
            "conclusion": job.conclusion,
            "created_at": moment(START),
            **times,
            "name": job.name,
            "steps": steps,
            "labels": ["ubuntu-latest"],
            "workflow_name": "dbt",
            **dict.fromkeys(("runner_id", "runner_group_id"), 1 if job.began else None),
            **dict.fromkeys(("runner_name", "runner_group_name"), "one" if job.began else None),
        }

    def comment(self, comment: Comment) -> Json:
        repo = f"{self._api}/repos/{OWN.full_name}"
        page = f"https://github.com/{OWN.full_name}/pull/{comment.number}"
        return {
            "id": comment.id,
            "node_id": f"IC_{comment.id}",
            "url": f"{repo}/issues/comments/{comment.id}",
            "html_url": f"{page}#issuecomment-{comment.id}",
            "issue_url": f"{repo}/issues/{comment.number}",
            "user": self.user(comment.login),
            "body": comment.body,
            "author_association": "NONE",
            "created_at": moment(comment.created_at),
            "updated_at": moment(comment.created_at),
        }

    def issue(self, issue: Issue) -> Json:
        repo = f"{self._api}/repos/{OWN.full_name}"
        url = f"{repo}/issues/{issue.number}"
        return {
            "id": 7000 + issue.number,
            "node_id": f"I_{issue.number}",
            "url": url,
            "repository_url": repo,
            "html_url": f"https://github.com/{OWN.full_name}/issues/{issue.number}",
            **{f"{part}_url": f"{url}/{part}" for part in ("comments", "events")},
            "labels_url": f"{url}/labels{{/name}}",
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "state": issue.state,
            "user": self.user(issue.login),
            "labels": [],
            "assignee": None,
            "milestone": None,
            "locked": False,
            "comments": 0,
            "created_at": moment(START),
            "updated_at": moment(START),
            "closed_at": moment(START) if issue.state == "closed" else None,
            "author_association": "NONE",
        }

    def status(self, status: Status) -> Json:
        return {
            "id": status.id,
            "node_id": f"S_{status.id}",
            "url": f"{self._api}/repos/{OWN.full_name}/statuses/{status.sha}",
            "avatar_url": None,
            "state": status.state,
            "context": status.context,
            "description": status.description,
            "target_url": status.target_url,
            "created_at": moment(START),
            "updated_at": moment(START),
            "creator": self.user("github-actions[bot]"),
        }

    def pull(self, pull: Pull) -> Json:
        url = f"{self._api}/repos/{OWN.full_name}/pulls/{pull.number}"
        parts = ("diff", "patch", "issue", "commits", "review_comments", "review_comment")
        links = ("comments", "commits", "statuses", "html", "issue", "self")
        more = ("review_comments", "review_comment")
        return {
            "id": 5000 + pull.number,
            "node_id": f"PR_{pull.number}",
            "url": url,
            "html_url": f"https://github.com/{OWN.full_name}/pull/{pull.number}",
            **{f"{part}_url": f"{url}/{part}" for part in (*parts, "comments", "statuses")},
            "number": pull.number,
            "state": pull.state,
            "locked": False,
            "title": "Change",
            "user": self.user("octocat"),
            "body": None,
            "labels": [],
            "milestone": None,
            "created_at": moment(START),
            "updated_at": moment(START),
            "closed_at": moment(START) if pull.state == "closed" else None,
            "merged_at": moment(pull.merged_at) if pull.merged_at else None,
            "draft": pull.draft,
            "author_association": "CONTRIBUTOR",
            "auto_merge": None,
            "_links": {link: {"href": url} for link in (*links, *more)},
            "head": self._branch(pull.head_ref, pull.head_sha, pull.head_repository),
            "base": self._branch(pull.base_ref, pull.base_sha, OWN),
        }

    def whole_pull(self, pull: Pull) -> Json:
        """The answer to a question for this one: more than a list has."""
        counts = ("comments", "review_comments", "commits", "additions", "deletions")
        return {
            **self.pull(pull),
            "merged": pull.merged_at is not None,
            "mergeable": True,
            "mergeable_state": "clean",
            "merged_by": None,
            "maintainer_can_modify": False,
            **dict.fromkeys((*counts, "changed_files"), 1),
        }

    def file(self, path: str, content: bytes) -> Json:
        url = f"{self._api}/repos/{OWN.full_name}/contents/{path}"
        return {
            "type": "file",
            "encoding": "base64",
            "size": len(content),
            "name": path.rpartition("/")[2],
            "path": path,
            "content": base64.encodebytes(content).decode(),
            "sha": hashlib.sha1(content).hexdigest(),  # noqa: S324  # as git names it
            "url": url,
            **dict.fromkeys(("git_url", "html_url", "download_url"), url),
            "_links": dict.fromkeys(("git", "html", "self"), url),
        }

    def comparison(self, base: str, merge_base: str) -> Json:
        url = f"{self._api}/repos/{OWN.full_name}/compare"
        return {
            **dict.fromkeys(("url", "html_url", "permalink_url", "diff_url", "patch_url"), url),
            "base_commit": self.commit(base),
            "merge_base_commit": self.commit(merge_base),
            "status": "diverged",
            "ahead_by": 1,
            "behind_by": 1,
            "total_commits": 1,
            "commits": [],
            "files": [],
        }

    def _branch(self, ref: str, sha: str, repo: Repo | None) -> Json:
        owner = repo.full_name.partition("/")[0] if repo else "ghost"
        return {
            "label": f"{owner}:{ref}",
            "ref": ref,
            "sha": sha,
            "user": self.user(owner),
            "repo": self.repository(repo) if repo else None,
        }

    def commit(self, sha: str, repository: str = OWN.full_name) -> Json:
        url = f"{self._api}/repos/{repository}/commits/{sha}"
        return {
            **dict.fromkeys(("url", "html_url", "comments_url"), url),
            "sha": sha,
            "node_id": f"C_{sha}",
            "author": None,
            "committer": None,
            "parents": [],
            "commit": {
                "url": url,
                "author": None,
                "committer": None,
                "message": "change",
                "comment_count": 0,
                "tree": {"sha": sha, "url": url},
            },
        }


_COUNTS = [
    "forks_count",
    "stargazers_count",
    "watchers_count",
    "size",
    "open_issues_count",
    "subscribers_count",
    "network_count",
    "forks",
    "open_issues",
    "watchers",
]


def moment(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
