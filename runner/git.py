"""The few questions that a run asks git: which commit, which branch, and another commit's files."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.errors import ConfigInvalid

# What dbt parses and a file of these kinds changes; what dbt itself writes beside them isn't meant.
PARSED = (".sql", ".py", ".csv", ".yml", ".yaml", ".md")
FILE_MODES = ("100644", "100755")
HEADS = "refs/heads/"
WRITTEN_BY_DBT = frozenset({".user.yml", "package-lock.yml"})


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """What is checked out. Everything is "" outside a git checkout; ``branch`` also when detached.

    ``changed`` says of a file that it isn't as committed, "" where all are; ``problem`` is git's
    reason not to answer where there is a checkout.
    """

    commit: str = ""
    branch: str = ""
    default_branch: str = ""
    changed: str = ""
    problem: str = ""

    @property
    def on_default_branch(self) -> bool:
        return bool(self.branch) and self.branch == self.default_branch


def read_checkout(folder: Path, environ: Mapping[str, str], default_branch: str = "") -> Checkout:
    """The checkout that holds ``folder``; ``default_branch`` is GitHub's word where it is known.

    GitHub Actions checks out detached and says the branch apart; that counts only for the commit
    that it says it for, because a workflow may check out any other.
    """
    git = Git(folder, environ)
    head = git("rev-parse", "HEAD")
    if not head.ok:
        unborn = git("symbolic-ref", "--quiet", "HEAD").ok
        refused = "there is no commit yet" if unborn else f"git refused: {head.error}"
        return Checkout(problem="" if head.outside else refused)
    branch = git("symbolic-ref", "--quiet", "--short", "HEAD").out
    reference = environ.get("GITHUB_REF", "")
    if not branch and environ.get("GITHUB_SHA") == head.out:
        branch = reference[len(HEADS) :] if reference.startswith(HEADS) else ""
    return Checkout(
        commit=head.out,
        branch=branch,
        default_branch=default_branch or _default_branch(git),
        changed=_changed(git),
    )


def origin(folder: Path, environ: Mapping[str, str]) -> str:
    """The URL of the remote ``origin``, "" where there is none."""
    return Git(folder, environ)("remote", "get-url", "origin").out


@contextmanager
def worktree(folder: Path, commit: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """``folder`` as it is in another commit, in a temporary worktree of its repository.

    ``commit`` may be a branch or a tag too: of a branch that isn't here, origin's is taken.
    """
    git = Git(folder, environ)
    top = git("rev-parse", "--show-toplevel")
    if not top.ok:
        raise ConfigInvalid(f"{folder} is not in a git checkout", why=top.error)
    exact = _commit(git, commit) or _commit(git, f"refs/remotes/origin/{commit}")
    if exact is None:
        raise ConfigInvalid(
            f"there is no commit {commit!r} here",
            why="no branch, tag or commit of this repository is called so",
            hint=f"fetch it first: git fetch origin {commit}",
        )
    with TemporaryDirectory(prefix="dbt-gitops-worktree-") as temporary:
        path = Path(temporary) / "checkout"
        added = git("worktree", "add", "--quiet", "--detach", str(path), exact)
        if not added.ok:
            raise ConfigInvalid(f"commit {commit!r} can't be checked out", why=added.error)
        try:
            yield path / folder.resolve().relative_to(Path(top.out).resolve())
        finally:
            git("worktree", "remove", "--force", str(path))


def repository_root(folder: Path, environ: Mapping[str, str]) -> Path | None:
    """The top folder of the checkout that holds a folder, resolved; None outside of one."""
    top = Git(folder, environ)("rev-parse", "--show-toplevel")
    return Path(top.out).resolve() if top.ok else None


def default_branch_of(folder: Path, environ: Mapping[str, str]) -> str:
    """origin's default branch, or the one of a repository without remotes, else the one checked out."""
    git = Git(folder, environ)
    return _default_branch(git) or git("symbolic-ref", "--quiet", "--short", "HEAD").out


def is_ignored(file: Path, environ: Mapping[str, str]) -> bool:
    """Whether .gitignore keeps a file out; one that is committed all the same isn't kept out."""
    return Git(file.parent, environ)("check-ignore", "--quiet", "--", file.name).ok


def file_at(root: Path, ref: str, path: str, environ: Mapping[str, str]) -> bytes | None:
    """A file as it is in another commit; None where that has none. ``path`` starts at the root.

    Raises ConfigInvalid where the commit isn't here, or what is there isn't a file.
    """
    git = Git(root, environ)
    commit = _commit(git, ref)
    if commit is None:
        raise ConfigInvalid(
            f"there is no commit {ref!r} here",
            why="its jobs file is needed: it decides what a pull request may reach",
            hint=f"check out with `fetch-depth: 0`, or fetch it: git fetch origin {ref}",
        )
    listed = git("--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path)
    if listed.ok and not listed.out:
        return None
    mode, _, name = listed.out.partition(" ")
    blob = git("cat-file", "blob", name.partition(" ")[2].partition("\t")[0])
    if not listed.ok or mode not in FILE_MODES or not blob.ok:
        why = listed.error or blob.error or "it is a symbolic link or a submodule"
        raise ConfigInvalid(f"{path} of commit {ref!r} can't be read", why=why)
    return blob.out.encode("utf-8", "surrogateescape")


def untracked(file: Path, environ: Mapping[str, str]) -> bool:
    """Whether git knows a file that is there as no file of the checkout; False where it can't tell."""
    listed = Git(file.parent, environ)("--literal-pathspecs", "ls-files", "--", file.name)
    return listed.ok and not listed.out


def changed_paths(
    root: Path, before: str, after: str, environ: Mapping[str, str], *, since_fork: bool
) -> tuple[str, ...] | None:
    """The files that differ between two commits; None where that can't be told from what is here.

    ``since_fork``: only what ``after`` has changed since it left ``before``'s line. A renamed file
    is two.
    """
    git = Git(root, environ)
    commits = [_commit(git, ref) for ref in (before, after)]
    if None in commits:
        return None
    span = ("..." if since_fork else "..").join(filter(None, commits))
    listed = git("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", span, "--")
    return tuple(filter(None, listed.out.split("\0"))) if listed.ok else None


def is_on(folder: Path, commit: str, ref: str, environ: Mapping[str, str]) -> bool:
    """Whether a commit is here and one of a branch's; False where that isn't known."""
    if not re.fullmatch("[0-9a-f]{40,64}", commit):
        return False
    return Git(folder, environ)("merge-base", "--is-ancestor", commit, ref).ok


def newest_of(folder: Path, branch: str, environ: Mapping[str, str]) -> str:
    """The commit of origin's branch when it was fetched; "" where that isn't known.

    In a shallow checkout origin's branch is whatever commit was asked for.
    """
    git = Git(folder, environ)
    if git("rev-parse", "--is-shallow-repository").out != "false":
        return ""
    return _commit(git, f"refs/remotes/origin/{branch}") or ""


def _commit(git: Git, ref: str) -> str | None:
    """The full SHA of a ref, which may be anything that somebody wrote."""
    found = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return found.out if found.ok else None


def _default_branch(git: Git) -> str:
    remote = git("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if remote.ok:
        return remote.out.removeprefix("origin/")
    # A local main beside a remote's develop would be a guess; before the first push there is none.
    if git("for-each-ref", "--count=1", "refs/remotes").out:
        return ""
    for name in ("main", "master"):
        if git("rev-parse", "--verify", "--quiet", f"refs/heads/{name}").ok:
            return name
    return ""


def _changed(git: Git) -> str:
    """Of the first file below that git knows otherwise, or that dbt would parse and git doesn't know."""
    listed = git("status", "--porcelain", "-z", "--untracked-files=all", "--", ".").out
    for entry in filter(None, listed.split("\0")):
        status, name = entry[:2], entry[3:]
        if status != "??":
            return f"{name} has changes that are not committed"
        if name.endswith(PARSED) and Path(name).name not in WRITTEN_BY_DBT:
            return f"{name} is not in git; commit it, or add it to .gitignore"
    return ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    ok: bool
    out: str = ""
    error: str = ""

    @property
    def outside(self) -> bool:
        """Whether there is no repository, or no commit in it, as opposed to one that is refused."""
        absent = ("not a git repository", "unknown revision", "ambiguous argument 'HEAD'")
        return not self.error or any(words in self.error for words in absent)


class Git:
    """git in one folder. Its messages are read, so they are asked for in English."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = str(folder)
        self._environ = {**environ, "LC_ALL": "C"}

    def __call__(self, *arguments: str) -> Answer:
        try:
            done = subprocess.run(
                ["git", "-C", self._folder, *arguments],
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                check=False,
                stdin=subprocess.DEVNULL,
                env=self._environ,
            )
        except OSError:
            return Answer(ok=False)
        ok = done.returncode == 0
        return Answer(ok=ok, out=done.stdout.strip("\n"), error=done.stderr.strip())
