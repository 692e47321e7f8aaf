"""Which artifacts may be believed: pure, from what GitHub says of an artifact and of its run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runner.github.answers import Artifact, WorkflowRun

EXPIRED = "it has expired"
# What starts a run of the default branch's own code. A fork's pull request starts none of these.
EVENTS = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch"})


@dataclass(frozen=True, kw_only=True)
class Trusted:
    """The branch, and the files of the workflows, that state may come from.

    ``on_branch`` says whether a commit is one of that branch's, where the checkout knows: a tag may
    be called as the branch is, and GitHub names both alike.
    """

    default_branch: str
    workflows: frozenset[str]
    on_branch: Callable[[str], bool] = lambda _: False


def distrust_of_artifact(artifact: Artifact, trusted: Trusted) -> str:
    """Why an artifact isn't worth a look at its run, "" where it is.

    A fork's branch may be called as ours is, and anybody's pull request may upload this name.
    """
    run = artifact.workflow_run
    if run is None:
        return "GitHub doesn't say which run it is from"
    if run.head_repository_id != run.repository_id:
        return "it is from a fork"
    if run.head_branch != trusted.default_branch:
        return f"it is from branch {run.head_branch!a}, not {trusted.default_branch!a}"
    if artifact.expired:
        return EXPIRED
    return ""


def distrust_of_run(run: WorkflowRun, trusted: Trusted) -> str:
    """Why what this run uploaded isn't believed, "" where it is.

    Not the run's conclusion: another job of it may have failed, and the record inside says how
    this one ended.
    """
    if run.head_repository is None or run.head_repository.id != run.repository.id:
        return "its run is of a fork"
    if run.event not in EVENTS:
        return f"its run was started by {run.event!a}"
    if run.head_branch != trusted.default_branch:
        return f"its run is of branch {run.head_branch!a}, not {trusted.default_branch!a}"
    if run.workflow not in trusted.workflows:
        expected = " or ".join(sorted(trusted.workflows))
        return f"its run is of workflow {run.workflow!a}, not {expected}"
    return ""
