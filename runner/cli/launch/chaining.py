"""What this workflow may start after a run, given the surroundings of this command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from runner.chain import Dependent
from runner.cli.connecting import connect
from runner.delivery.chaining import Chaining, Here
from runner.errors import ConfigInvalid
from runner.events import Dispatch, Event, MergeGroup, PullRequest
from runner.model import Config

if TYPE_CHECKING:
    from runner.github.client import GitHub


def chaining_of(
    config: Config, event: Event | None, environ: Mapping[str, str], idle: str = ""
) -> Chaining | None:
    """None where no run starts another: on one's own machine, and on pull requests."""
    on_github = environ.get("GITHUB_ACTIONS") == "true"
    if not on_github or isinstance(event, (PullRequest, MergeGroup)):
        return None
    upstream = event.upstream if isinstance(event, Dispatch) else None
    return Chaining(
        config=config,
        here=_here(environ),
        depth=upstream.depth if upstream else 0,
        connect=lambda dependent: _connected(dependent, config, environ),
        idle=idle,
        off_default=_off_default(event, environ),
    )


def _off_default(event: Event | None, environ: Mapping[str, str]) -> bool:
    """Whether what is started here is on another branch than the default one, or on a tag."""
    branch = event.default_branch if event else ""
    ref = _workflow(environ)[1]
    return bool(branch and ref) and ref != f"refs/heads/{branch}"


def _here(environ: Mapping[str, str]) -> Here:
    workflow, ref = _workflow(environ)
    return Here(
        repository=environ.get("GITHUB_REPOSITORY", ""),
        server=environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/"),
        workflow="/".join(workflow.split("/")[2:]),
        ref=ref.removeprefix("refs/heads/").removeprefix("refs/tags/"),
    )


def _workflow(environ: Mapping[str, str]) -> tuple[str, str]:
    """Its file, after the repository, and the whole ref: OWNER/REPO/.github/workflows/FILE@REF."""
    workflow, _, ref = environ.get("GITHUB_WORKFLOW_REF", "").partition("@")
    return workflow, ref


def _connected(dependent: Dependent, config: Config, environ: Mapping[str, str]) -> GitHub:
    if not dependent.repository:
        return connect(config.root, environ)
    name = dependent.token.removeprefix("$")
    token = environ.get(name, "")
    if not token.strip():
        raise ConfigInvalid(
            f"{dependent.token} isn't set",
            why=f"it holds a token for {dependent.repository}, with `contents: write` there",
            hint=f"create the secret: gh secret set {name}",
        )
    there = {"GITHUB_TOKEN": token, "GITHUB_REPOSITORY": dependent.repository}
    return connect(config.root, {**environ, **there})
