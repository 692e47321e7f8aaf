"""How a run ended, told to GitHub: annotations, the step's summary, the status and the comment."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from runner.cli.launch.deliveries import NOT_DUE, delivery_of, place_here
from runner.cli.launch.occasion import Occasion
from runner.cli.launch.outputs import Outputs
from runner.delivery.delivery import Delivered, Delivery
from runner.errors import DbtGitopsError, ExitCode, StateUnresolved
from runner.events import event_of
from runner.github.commands import annotation
from runner.github.fence import defused
from runner.record import PublishedState, Run
from runner.record_json import RECORD, run_from_json
from runner.reports.annotations import annotation_lines
from runner.reports.markdown import code, prose
from runner.reports.report import History, Report, history_of
from runner.reports.step_summary import step_summary
from runner.state import StateStore


def tell(
    run: Run,
    folder: Path,
    occasion: Occasion,
    store: StateStore,
    outputs: Outputs,
    environ: Mapping[str, str],
) -> int:
    """The exit code: the run's own, which only a status that couldn't be set makes worse."""
    report = Report(
        run=run,
        place=occasion.place,
        history=_history(run, store),
        difference=occasion.difference,
    )
    _write(annotation_lines([report]))
    if run.status == "cancelled" and run.exit_code == ExitCode.SUCCESS:  # nobody looks at it else
        _write([annotation("warning", f"{run.job}: {run.reason}", title="dbt-gitops")])
    summarize(step_summary(report), environ)
    delivered = occasion.delivery.ended(report) if occasion.delivery else NOT_DUE
    warn(delivered)
    outputs.ended(run, folder, delivered)
    return run.exit_code or _not_reported(delivered)


def tell_skipped(occasion: Occasion, job: str, environ: Mapping[str, str]) -> int:
    """A job that the event doesn't start: said, and a success."""
    text = f"`{job}` isn't run: {occasion.skipped}"
    _write([defused(text)])
    summarize(f"⏭️ {code(job)} isn't run: {prose(occasion.skipped)}\n", environ)
    delivery = occasion.delivery if occasion.says_so else None
    delivered = delivery.skipped(occasion.skipped) if delivery else NOT_DUE
    warn(delivered)
    Outputs(environ, occasion.number).without_run(job, "skipped", occasion.skipped, delivered)
    return _not_reported(delivered)


def tell_failure(
    delivery: Delivery | None, job: str, outputs: Outputs, error: BaseException
) -> None:
    """It ended without a run: no status is left pending. The error goes its way."""
    if isinstance(error, DbtGitopsError):
        reason = error.what
    else:
        reason = f"ended by {type(error).__name__}: see the log"
    delivered = delivery.failed(reason) if delivery else NOT_DUE
    warn(delivered)
    outputs.without_run(job, "error", reason, delivered)


def tell_unprepared(
    job: str, folder: Path, environ: Mapping[str, str], error: DbtGitopsError
) -> None:
    """The same before it is known what the job is run for, such as where the jobs file is invalid."""
    with suppress(DbtGitopsError):  # an event that can't be read has no commit to tell it of
        event = event_of(environ)
        place = place_here(event, environ, folder)
        delivery = delivery_of(job, event, place, folder, environ)
        tell_failure(delivery, job, Outputs(environ), error)


def not_started(problems: Iterable[str]) -> int:
    """What should have been started after the run and wasn't, as annotations; the exit code."""
    lines = [annotation("warning", problem, title="dbt-gitops") for problem in problems]
    _write(lines)
    return ExitCode.GITHUB_FAILED if lines else ExitCode.SUCCESS


def _not_reported(delivered: Delivered) -> int:
    return ExitCode.SUCCESS if delivered.reported else ExitCode.GITHUB_FAILED


def _history(run: Run, store: StateStore) -> History:
    """From the record of the run that it deferred to, which came with its manifest."""
    state = run.deferred_to
    if state is None:
        return History()
    try:
        return history_of(run, _record(state, store))
    except (StateUnresolved, ValueError) as error:
        # How long it takes elsewhere is worth no failure.
        _write([defused(f"warning: the times in production aren't known: {error}")])
        return History()


def _record(state: PublishedState, store: StateStore) -> Run:
    with tempfile.TemporaryDirectory(prefix="dbt-gitops-") as folder:
        record = store.fetch_record(state, Path(folder)) / RECORD
        return run_from_json(record.read_text(encoding="utf-8"))


def summarize(text: str, environ: Mapping[str, str]) -> None:
    """Adds Markdown to the page of the workflow's run, where there is one."""
    file = environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        _write([annotation("warning", f"the summary can't be written: {error}", title="dbt")])


def warn(delivered: Delivered) -> None:
    """What GitHub refused, as annotations."""
    for problem in delivered.problems:
        _write([annotation("warning", f"not reported: {problem}", title="dbt-gitops")])


def _write(lines: list[str]) -> None:
    """To the stream of the fence: GitHub's runner reads two streams in no order."""
    with suppress(BrokenPipeError):
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
