"""The commit that a pull request really starts from: what its changes are compared with.

Not production's commit: whatever was merged since the branch began would look like a change of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import StateUnresolved
from runner.git import Git

# Commits to fetch more at a time where the checkout is shallow, until the two sides meet.
DEEPENING = (50, 200, 1000)


@dataclass(frozen=True, kw_only=True)
class BaseCommit:
    """``how`` says in words which commit it is."""

    commit: str
    how: str


def base_commit(
    folder: Path, environ: Mapping[str, str], default_branch: str, named: str = ""
) -> BaseCommit:
    """The one that GitHub has ``named``, the first parent of its merge commit, or the merge base.

    Raises StateUnresolved where neither is there and none can be fetched.
    """
    git = Git(folder, environ)
    if named:
        _have(git, named)
        return BaseCommit(commit=named, how="the base of the merge group")
    parents = _parents(git)
    if _is_githubs_merge(git, environ) and len(parents) == 2:
        _have(git, parents[0])
        return BaseCommit(commit=parents[0], how="the first parent of GitHub's merge commit")
    branch = environ.get("GITHUB_BASE_REF") or default_branch
    if not branch:
        raise StateUnresolved(
            "the commit to compare with isn't known",
            why="there is no default branch here to look for a merge base with",
            hint="git remote set-head origin --auto, or build everything: --full",
        )
    return BaseCommit(commit=_merge_base(git, branch), how=f"the merge base with {branch}")


def _is_githubs_merge(git: Git, environ: Mapping[str, str]) -> bool:
    """Whether HEAD is the merge that GitHub made for the event.

    A workflow may check the head branch out instead, whose last commit can be a merge of its own.
    """
    merge = re.match(r"refs/pull/\d+/merge$", environ.get("GITHUB_REF", ""))
    return bool(merge) and git("rev-parse", "HEAD").out == environ.get("GITHUB_SHA")


def _parents(git: Git) -> list[str]:
    """As the commit says them: a shallow checkout's history would hide them."""
    header = git("cat-file", "-p", "HEAD").out.split("\n\n")[0]
    return re.findall(r"^parent ([0-9a-f]{40,64})$", header, re.MULTILINE)


def _have(git: Git, commit: str) -> None:
    """Fetch a commit that a shallow checkout lacks."""
    if git("cat-file", "-e", f"{commit}^{{commit}}").ok:
        return
    fetched = git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", commit)
    if not fetched.ok:
        raise StateUnresolved(
            f"the base commit {commit[:7]} isn't here",
            why=f"git can't fetch it: {fetched.error}",
            hint="let actions/checkout fetch it: `fetch-depth: 2`",
        )


def _merge_base(git: Git, branch: str) -> str:
    remote = git("rev-parse", "--verify", "--quiet", f"refs/remotes/origin/{branch}").ok
    other = f"refs/remotes/origin/{branch}" if remote else f"refs/heads/{branch}"
    found = git("merge-base", "HEAD", other)
    for depth in DEEPENING:
        if found.ok or git("rev-parse", "--is-shallow-repository").out != "true":
            break
        refspec = f"+refs/heads/{branch}:refs/remotes/origin/{branch}"
        git("fetch", "--quiet", "--no-tags", f"--deepen={depth}", "origin", refspec)
        other = f"refs/remotes/origin/{branch}"
        found = git("merge-base", "HEAD", other)
    if not found.ok:
        raise StateUnresolved(
            f"HEAD and {branch} have no commit in common here",
            why=found.error or "the checkout is too shallow, or the branch isn't fetched",
            hint=f"git fetch --unshallow origin {branch}; on GitHub: `fetch-depth: 0`",
        )
    return found.out
