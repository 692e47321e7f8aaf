"""What each job of the workflow is granted: the permissions and the secrets that it needs, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from runner.blocks import Block, checks_changes
from runner.config.checks.pull_requests import OWN
from runner.config.credentials import store_credentials
from runner.model import Config, Environment
from runner.workflow.writing import Lines

CHECKOUT = "contents: read # the checkout"
ARTIFACTS = "actions: read # state, history and records"


def plan_permissions(files: Iterable[Config]) -> Lines:
    jobs = [job for config in files for job in config.jobs.values() if job.enabled]
    lines = [CHECKOUT, ARTIFACTS]
    if any(checks_changes(job) or job.disable_after for job in jobs):
        lines.append("statuses: write # why a job has nothing to do, or is held back")
    if any(job.disable_after for job in jobs):
        lines.append("issues: write # one for each job that has failed too often in a row")
    return lines


def block_permissions(block: Block) -> Lines:
    lines = [CHECKOUT, ARTIFACTS]
    if block.kind == "checks":
        return [
            *lines,
            "statuses: write # how the check ends",
            "pull-requests: write # the comment",
        ]
    if starts_others(block):
        lines[1] = "actions: write # what starts after its jobs; also state, history and records"
    if merges_start(block):
        lines.append("statuses: write # how the deployment of a merged commit ends")
    return lines


def report_permissions(found: Sequence[Block]) -> Lines:
    chains = any(starts_others(block) for block in found)
    dispatching = (
        "actions: write # what starts after a job that left nothing; also history, records"
    )
    lines = [CHECKOUT, dispatching if chains else "actions: read # history and records"]
    if any(merges_start(block) for block in found):
        lines.append("statuses: write # of merged commits, where a job left it pending")
    return lines


def merges_start(block: Block) -> bool:
    """Whether merged commits are told how one of its jobs ends; asked of deployments."""
    return any(job.triggers.merge for job in block.jobs)


def starts_others(block: Block) -> bool:
    """Whether a job starts after one of the block's, which deploys."""
    names = {job.name for job in block.jobs}
    return block.kind != "checks" and any(
        names & set(trigger.names)
        for job in block.config.jobs.values()
        for trigger in job.triggers.job
        if job.enabled
    )


def block_secrets(block: Block) -> tuple[str, ...]:
    """The environment's, the addresses of its jobs' channels, the tokens of its jobs' dispatches."""
    channels = block.config.notifications
    names = list(block.environment.secrets)
    for job in block.jobs:
        names += _variables(channels[name].address for name in job.notify)
        if block.kind != "checks":
            names += _variables(elsewhere.token for elsewhere in job.dispatches)
    return tuple(dict.fromkeys(names))


def _variables(values: Iterable[str]) -> Iterator[str]:
    return (value[1:] for value in values if value.startswith("$"))


def store_secrets(found: Sequence[Block]) -> tuple[str, ...]:
    """The deployments' credentials for an object store, which holds the history too."""
    names: list[str] = []
    for block in found:
        if block.kind != "checks":
            names += store_credentials(block.config.state, block.environment)
    return tuple(dict.fromkeys(names))


def report_secrets(found: Sequence[Block]) -> tuple[str, ...]:
    """Also the tokens of what starts elsewhere after a run that ended without a word, so not well."""
    names = list(store_secrets(found))
    for block in found:
        if block.kind != "checks":
            lost = [one for job in block.jobs for one in job.dispatches if one.on != ("success",)]
            names += _variables(elsewhere.token for elsewhere in lost)
    return tuple(dict.fromkeys(names))


def cleaned_environments(config: Config) -> tuple[Environment, ...]:
    """Those where each pull request has a schema of its own."""
    used = {job.environment for job in config.jobs.values() if checks_changes(job)}
    return tuple(
        environment
        for environment in config.environments.values()
        if environment.name in used and any(each in (environment.schema or "") for each in OWN)
    )
