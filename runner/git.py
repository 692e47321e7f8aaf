"""The few questions that a run asks git: which commit, which branch, and another commit's files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.errors import ConfigInvalid


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """What is checked out. Everything is "" outside a git checkout; ``branch`` also when detached.

    ``default_branch`` is the remote's, or ``main`` or ``master`` where there is no remote.
    """

    commit: str = ""
    branch: str = ""
    default_branch: str = ""
    dirty: bool = False

    @property
    def on_default_branch(self) -> bool:
        return bool(self.branch) and self.branch == self.default_branch


def read_checkout(folder: Path, environ: Mapping[str, str]) -> Checkout:
    """The checkout that holds ``folder``; GitHub Actions checks out detached and says the branch."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return Checkout()
    branch = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    if not branch and environ.get("GITHUB_REF", "").startswith("refs/heads/"):
        branch = environ["GITHUB_REF"].removeprefix("refs/heads/")
    return Checkout(
        commit=commit,
        branch=branch,
        default_branch=_default_branch(folder),
        dirty=bool(_git(folder, "status", "--porcelain", "--untracked-files=no")),
    )


@contextmanager
def worktree(folder: Path, commit: str) -> Iterator[Path]:
    """``folder`` as it is in another commit, in a temporary worktree of its repository."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    exact = _git(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}"
    )
    if not top or not exact:
        raise ConfigInvalid(
            f"there is no commit {commit!r} here" if top else f"{folder} is not in a git checkout",
            hint=f"fetch it first: git fetch origin {commit}" if top else "",
        )
    with TemporaryDirectory(prefix="dbt-gitops-worktree-") as temporary:
        path = Path(temporary) / "checkout"
        _git(folder, "worktree", "add", "--quiet", "--detach", str(path), exact)
        try:
            yield path / folder.resolve().relative_to(Path(top).resolve())
        finally:
            _git(folder, "worktree", "remove", "--force", str(path))


def _default_branch(folder: Path) -> str:
    remote = _git(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if remote:
        return remote.removeprefix("origin/")
    for name in ("main", "master"):
        if _git(folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{name}"):
            return name
    return ""


def _git(folder: Path, *arguments: str) -> str:
    """What git prints, "" where it fails or isn't there: each caller says what that means."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
