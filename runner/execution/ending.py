"""How a run ended: the verdict, and the record of all that is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from runner.dbt.explaining import Changes
from runner.dbt.rewriting import RewritingFailed, manifest_schemas
from runner.durations import format_duration
from runner.errors import ConfigInvalid, DbtGitopsError, ExitCode
from runner.execution.deferral import Decision, version_note
from runner.execution.own_schemas import Claim, own_and_left, own_name
from runner.execution.request import Request, schema_fields, target_schema
from runner.git import Checkout
from runner.history import REPLACED
from runner.record import ComparedWith, NodeResult, Run, RunStatus, Schema, StepResult
from runner.stopping import Stop

# What leaves a relation in the warehouse; a test does where it stores its failures.
WRITING_TYPES = frozenset({"model", "seed", "snapshot"})


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that is known of a run when it ends, however early that is.

    ``unseen`` are schemas that an interrupted step may have made although no result names them;
    ``taken`` says of names of schemas, in small letters, why they are no pull request's own.
    """

    run_id: str
    request: Request
    checkout: Checkout
    queued_at: datetime
    started_at: datetime
    prepared_at: datetime | None
    finished_at: datetime
    results: tuple[StepResult, ...]
    notes: tuple[str, ...]
    versions: Mapping[str, str]
    decision: Decision
    compared_with: ComparedWith | None
    changes: Changes
    error: DbtGitopsError | None
    stop: Stop
    unseen: tuple[Schema, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A run's status, why in one line, and the exit code that says the same."""

    status: RunStatus
    reason: str
    exit_code: ExitCode


def record_of(facts: Facts) -> Run:
    """The record, but for what happens with its state."""
    request, results = facts.request, facts.results
    ended = verdict(request, results, facts.error, facts.decision, facts.stop)
    execution_start = facts.prepared_at or facts.finished_at
    nodes = [node for step in results if step.writes for node in step.nodes]
    run = Run(
        run_id=facts.run_id,
        job=request.job.name,
        environment=request.environment.name,
        target=request.job.target or "",
        target_schema=_target_schema(request, facts.checkout),
        status=ended.status,
        reason=ended.reason,
        trigger=request.trigger,
        cause=request.cause,
        actor=request.actor,
        commit=facts.checkout.commit,
        branch=facts.checkout.branch or request.head_branch,
        queued_at=facts.queued_at,
        started_at=facts.started_at,
        finished_at=facts.finished_at,
        preparation_seconds=(execution_start - facts.started_at).total_seconds(),
        execution_seconds=(facts.finished_at - execution_start).total_seconds(),
        steps=results,
        deferred_to=facts.decision.state,
        compared_with=facts.compared_with,
        selection=facts.changes.selection,
        renamed=facts.changes.renamed,
        deleted=facts.changes.deleted,
        relations=relations(nodes),
        schemas=tuple(str(schema) for schema in made(nodes)),
        pr_number=request.pr_number,
        rerun_of=request.former.run.run_id if request.former else "",
        overrides=request.overrides.given(),
        versions=dict(facts.versions),
        sla_seconds=request.job.sla.total_seconds() if request.job.sla else None,
        exit_code=int(ended.exit_code),
        notes=facts.notes,
    )
    run = _with_own_schemas(run, facts, made(nodes))
    return replace(run, notes=(*run.notes, *_remarks(run, request)))


def _target_schema(request: Request, checkout: Checkout) -> str | None:
    try:
        return target_schema(request, checkout)
    except ConfigInvalid:
        return None  # the run has ended of just that, before it could write


def _with_own_schemas(run: Run, facts: Facts, schemas: tuple[Schema, ...]) -> Run:
    """What may be dropped when the pull request closes, and a note on each schema that stays."""
    request = facts.request
    if run.pr_number is None or request.job.deploys:
        return run
    claim = Claim(
        number=run.pr_number,
        environment=request.environment.name,
        template=request.environment.schema,
        fields=schema_fields(request, facts.checkout),
        taken=facts.taken,
    )
    own, left = own_and_left(schemas, claim)
    unseen, _ = own_and_left(facts.unseen, claim)
    named = {each.schema.lower() for each in (*own, *unseen)}
    meant = [each for each in _meant(request, claim) if each.schema.lower() not in named]
    closes = f"stays when pull request {run.pr_number} closes"
    notes = [f"schema {schema} {closes}: {reason}" for schema, reason in left]
    return replace(run, own_schemas=_sorted({*own, *unseen, *meant}), notes=(*run.notes, *notes))


def _meant(request: Request, claim: Claim) -> tuple[Schema, ...]:
    """The schema that the profile names, in the target's database: its own although no result tells.

    A run that is run again replaces what the first has recorded, however early it ends.
    """
    name = "" if request.parse_only else own_name(claim)
    meant = (Schema(database="", schema=name),) if name else ()
    return own_and_left(meant, claim)[0]


def _sorted(schemas: Iterable[Schema]) -> tuple[Schema, ...]:
    return tuple(sorted(schemas, key=lambda each: (each.database, each.schema)))


def _remarks(run: Run, request: Request) -> Iterator[str]:
    """What is known only at the end, and must not go unsaid."""
    note = version_note(run.deferred_to, run.versions) if run.deferred_to else ""
    if note and note not in run.notes:
        yield note  # a plain executable says its version only in what it writes
    if run.sla_seconds is not None and run.seconds > run.sla_seconds:
        yield f"the run took {format_duration(run.seconds)}, longer than its sla"
    if request.job.notify:
        yield "notifications are declared, but this version sends none"


def verdict(
    request: Request,
    results: Sequence[StepResult],
    error: DbtGitopsError | None,
    decision: Decision,
    stop: Stop,
) -> Verdict:
    """Pure: the one place that says how a run ended."""
    if error is not None:
        return Verdict(status="error", reason=error.what, exit_code=error.exit_code)
    if request.replaced_by:
        hint = "slow the schedule down or speed the job up"
        reason = f"{REPLACED} {request.replaced_by}: {hint}"
        return Verdict(status="cancelled", reason=reason, exit_code=ExitCode.SUCCESS)
    last = last_attempts(results)
    ended = [step for step in last if step.status != "success" and not step.advisory]
    unfinished = [step for step in last if step.status in ("cancelled", "skipped")]
    if stop.asked and (ended or unfinished or not last):
        code = ExitCode.TIMED_OUT if stop.kind == "timeout" else ExitCode.INTERRUPTED
        return Verdict(status="cancelled", reason=stop.reason, exit_code=code)
    if decision.action == "skip":
        return Verdict(status="skipped", reason=decision.text, exit_code=ExitCode.SUCCESS)
    if not ended and request.parse_only:
        reason = f"validated and parsed, not built: {request.parse_only}"
        return Verdict(status="skipped", reason=reason, exit_code=ExitCode.SUCCESS)
    if not ended:
        return Verdict(status="success", reason=_counts(last), exit_code=ExitCode.SUCCESS)
    crashed = ended[0].exit_code is None
    return Verdict(
        status="error",
        reason=f"`{ended[0].text}` {'crashed' if crashed else 'failed'}{_failures(ended[0])}",
        exit_code=ExitCode.DBT_FAILED if crashed else ExitCode.STEP_FAILED,
    )


def last_attempts(results: Iterable[StepResult]) -> list[StepResult]:
    """The last attempt at each step."""
    return list({result.index: result for result in results}.values())


def made(nodes: Iterable[NodeResult]) -> tuple[Schema, ...]:
    """Every schema that the run may have made: dbt makes them before it builds."""
    found = {(node.database, node.schema) for node in nodes if _may_write(node)}
    return tuple(Schema(database=d, schema=s) for d, s in sorted(found) if s)


def unseen(request: Request, results: Iterable[StepResult], manifest: Path) -> tuple[Schema, ...]:
    """Where an interrupted step of a pull request may have written: where the nodes lie."""
    interrupted = any(result.writes and result.interrupted for result in results)
    if request.pr_number is None or not interrupted or not manifest.exists():
        return ()
    try:
        return manifest_schemas(manifest)
    except RewritingFailed:
        return ()  # dbt died while it wrote the manifest, which it does before it builds


def relations(nodes: Iterable[NodeResult]) -> tuple[str, ...]:
    """Every relation that the run may have written, as the warehouse names it."""
    return tuple(sorted({node.relation for node in nodes if node.relation and _wrote(node)}))


def _may_write(node: NodeResult) -> bool:
    stores_failures = node.resource_type == "test" and bool(node.relation)
    return node.resource_type in WRITING_TYPES or stores_failures


def _wrote(node: NodeResult) -> bool:
    return _may_write(node) and node.status != "skipped"


def _counts(steps: Sequence[StepResult]) -> str:
    """Each node once, as everywhere else, however many steps it was in."""
    nodes = len({node.unique_id for step in steps for node in step.nodes})
    return f"{len(steps)} step{'s' * (len(steps) != 1)}, {nodes} node{'s' * (nodes != 1)}"


def _failures(step: StepResult) -> str:
    failed = sum(node.failed for node in step.nodes)
    skipped = sum(node.status == "skipped" for node in step.nodes)
    if failed:
        return f": {failed} of {len(step.nodes)} nodes failed, {skipped} skipped"
    first = step.message.strip().splitlines()
    return f": {first[0]}" if first else ""
