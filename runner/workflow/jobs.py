"""The jobs of the workflow: what decides, one for each block, what cleans up, what reports."""

from __future__ import annotations

from collections.abc import Sequence

from runner.blocks import Block
from runner.model import Environment
from runner.workflow import needs
from runner.workflow.actions import CHECKOUT
from runner.workflow.events import default_branch_only
from runner.workflow.writing import Lines, flow, indented, literal

# Of what only decides or reports. dbt's own timeouts are the jobs file's.
MINUTES = 15
# The dots keep the concurrency groups apart from each other: no name of a job has one.
HISTORY = "dbt.history"
_DEFAULT_BRANCH = (
    " && (github.event_name != 'push' || github.ref_name == github.event.repository.default_branch)"
)
_CHECKS = "github.event_name == 'pull_request' || github.event_name == 'merge_group'"


def plan(files: Sequence[str], found: Sequence[Block], permissions: Lines, uses: str) -> Lines:
    default_only = default_branch_only([block.config for block in found])
    return [
        "# Decides which jobs the event starts, and writes it into the history before anything starts.",
        "plan:",
        *indented(
            [
                "name: plan",
                f"if: github.event.action != 'closed'{_DEFAULT_BRANCH if default_only else ''}",
                "runs-on: ubuntu-latest",
                f"timeout-minutes: {MINUTES}",
                "permissions:",
                *indented(permissions),
                "concurrency: # one at a time, so that nothing is started twice; checks don't wait for it",
                f"  group: ${{{{ ({_CHECKS}) && format('dbt.plan.{{0}}', github.run_id) || '{HISTORY}' }}}}",
                "  queue: max",
                "outputs:",
                "  legs: ${{ steps.plan.outputs.legs }}",
                "  deploys: ${{ steps.plan.outputs.deploys }}",
                *_steps(
                    "# The whole history: a pull request is compared with where it began, a push with what",
                    "# was there, and an old run that is run again with what main has become.",
                    *checkout(),
                    f"- uses: {uses}",
                    "  id: plan",
                    "  with:",
                    "    command: plan",
                    *indented(_configs(files), 4),
                    *indented(secrets(needs.store_secrets(found))),
                ),
            ]
        ),
    ]


def of_block(block: Block, path: str, uses: str) -> Lines:
    checks = block.kind == "checks"
    legs = f"fromJSON(needs.plan.outputs.legs)['{block.name}']"
    return [
        *_about(block),
        f"{block.name}:",
        *indented(
            [
                f"name: {block.name} ${{{{ matrix.job }}}}",
                "needs: plan",
                f"if: toJSON({legs}) != 'null'",
                "strategy:",
                "  fail-fast: false",
                f"  matrix: ${{{{ {legs} }}}}",
                f"runs-on: {_machine(block.environment)}",
                *_github_environment(block.environment, checks=checks),
                "timeout-minutes: ${{ matrix.timeout_minutes }}",
                "permissions:",
                *indented(needs.block_permissions(block)),
                *_turns(block),
                *_steps(
                    *checkout(),
                    f"- uses: {uses}",
                    "  with:",
                    f"    config: {literal(path)}",
                    "    job: ${{ matrix.job }}",
                    *([] if checks else ["    start: ${{ matrix.start }}"]),
                    *indented(secrets(needs.block_secrets(block))),
                ),
            ]
        ),
    ]


def clean(places: Sequence[tuple[str, tuple[Environment, ...]]], uses: str) -> Lines:
    """``places`` are the files, each with its environments that need it."""
    if not places:
        return []
    first = places[0][1][0]
    steps: Lines = []
    for path, environments in places:
        names = dict.fromkeys(name for each in environments for name in each.secrets)
        steps += [
            f"- uses: {uses}",
            *(["  if: ${{ !cancelled() }}"] if steps else []),
            "  with:",
            "    command: clean",
            f"    config: {literal(path)}",
            *indented(secrets(tuple(names))),
        ]
    return [
        "# Drops the schemas of a closed pull request, as its base's files say: no code of its own runs.",
        "clean:",
        *indented(
            [
                "name: clean",
                "if: github.event.action == 'closed'",
                f"runs-on: {_machine(first)}",
                *_github_environment(first, checks=False),
                "timeout-minutes: 60",
                "permissions:",
                f"  {needs.CHECKOUT}",
                "  actions: read # what its runs have written",
                "  pull-requests: read # whether it is closed",
                'concurrency: { group: "dbt.clean.${{ github.event.number }}", cancel-in-progress: false }',
                *_steps(*checkout('ref: "${{ github.base_ref }}"'), *steps),
            ]
        ),
    ]


def report(files: Sequence[str], found: Sequence[Block], uses: str) -> Lines:
    """Of the blocks that deploy; nothing where there are none."""
    deploying = [block for block in found if block.kind != "checks"]
    if not deploying:
        return []
    return [
        "# Writes into the history how each run has ended, also of machines that died.",
        "report:",
        *indented(
            [
                "name: report",
                "needs:",
                *indented(f"- {name}" for name in ("plan", *(block.name for block in deploying))),
                "if: always() && needs.plan.outputs.deploys == 'true'",
                "runs-on: ubuntu-latest",
                f"timeout-minutes: {MINUTES}",
                "permissions:",
                *indented(needs.report_permissions(deploying)),
                "concurrency: # with `plan`: the history has one writer at a time",
                f"  group: {HISTORY}",
                "  queue: max",
                *_steps(
                    *checkout(),
                    f"- uses: {uses}",
                    "  with:",
                    "    command: report",
                    *indented(_configs(files), 4),
                    *indented(secrets(needs.report_secrets(found))),
                ),
            ]
        ),
    ]


def _steps(*lines: str) -> Lines:
    return ["steps:", *indented(lines)]


def checkout(*more: str) -> Lines:
    return [
        f"- uses: {CHECKOUT}",
        f"  with: {{ {', '.join([*more, 'fetch-depth: 0', 'persist-credentials: false'])} }}",
    ]


def secrets(names: Sequence[str]) -> Lines:
    if not names:
        return []
    return ["env:", *(f"  {name}: ${{{{ secrets.{name} }}}}" for name in names)]


def _configs(files: Sequence[str]) -> Lines:
    if len(files) == 1:
        return [f"config: {literal(files[0])}"]
    return ["config: |", *indented(file.replace("${{", "${{ '${{' }}") for file in files)]


def _about(block: Block) -> Lines:
    environment = f"`{block.environment.name}`"
    if block.kind == "checks":
        return [
            f"# Checks in {environment}: of pull requests, and of commits that the merge queue makes."
        ]
    if block.kind == "cancel":
        return [
            f"# Deployments of {environment} with `concurrency: cancel`: a newer run ends an older one."
        ]
    slots = block.config.run_slots
    also = f", and so do the jobs of each of the {slots} slots" if slots else ""
    return [f"# Deployments of {environment}: the runs of one job take turns{also}."]


def _machine(environment: Environment) -> str:
    labels = [literal(label) for label in environment.runs_on]
    return labels[0] if len(labels) == 1 else flow(labels)


def _github_environment(environment: Environment, *, checks: bool) -> Lines:
    if not environment.github_environment:
        return []
    if checks:
        said = "environment: ${{ matrix.github_environment }}"
        return [f"{said} # none for a fork, which only parses"]
    return [f"environment: {literal(environment.github_environment)}"]


def _turns(block: Block) -> Lines:
    if block.kind == "deploy":
        return ["concurrency:", "  group: ${{ matrix.group }}", "  queue: max # up to 100 wait"]
    if block.kind == "cancel":
        return ["concurrency:", "  group: ${{ matrix.group }}", "  cancel-in-progress: true"]
    commit = "github.event.number || github.event.merge_group.head_sha"
    return [
        "concurrency: # a new commit cancels the older run of its pull request, and no other's",
        f"  group: dbt.check.${{{{ matrix.job }}}}.${{{{ {commit} }}}}",
        "  cancel-in-progress: ${{ github.event_name == 'pull_request' }}",
    ]
