"""What is known of a run under way, and the record that is made of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from runner import __version__
from runner.dbt.explaining import Changes
from runner.dbt.project import NotAManifest, manifest_metadata
from runner.errors import DbtGitopsError, ExitCode, StateUnresolved, TimedOut
from runner.execution.deferral import Decision
from runner.execution.ending import Facts, record_of, unseen
from runner.execution.folder import RunFolder
from runner.execution.former import standing
from runner.execution.project import MANIFEST
from runner.execution.publish import published_state, reason_not_to
from runner.execution.request import Request
from runner.execution.sequence import now
from runner.execution.surroundings import Surroundings
from runner.execution.variables import secret_mask
from runner.record import ComparedWith, Run, StepResult
from runner.record_json import RECORD, run_to_json
from runner.reports.masked import MaskedReporter
from runner.run_id import new_run_id
from runner.stopping import Stop, Stopped

# More than any manifest needs; a store that doesn't answer must not hold the job.
PUBLISHING = timedelta(minutes=5)
DIED = "the run ended without a word"


@dataclass(kw_only=True)
class Recording:
    """What is known so far, to be recorded whenever the run ends, also where nobody can say so."""

    request: Request
    around: Surroundings
    stop: Stop = field(default_factory=Stop)
    results: list[StepResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=lambda: {"dbt-gitops": __version__})
    decision: Decision = field(default_factory=lambda: Decision(action="none"))
    error: DbtGitopsError | None = None
    prepared_at: datetime | None = None
    compared_with: ComparedWith | None = None
    changes: Changes = field(default_factory=Changes)
    taken: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.started_at = now()
        self.queued_at = self.request.queued_at or self.started_at
        self.run_id = self.request.run_id or new_run_id(self.request.job.name, self.queued_at)
        self.mask = secret_mask(self.around.config, self.around.environ)
        self.folder = RunFolder(self.around.config.root, self.run_id, self.mask)
        self.reporter = MaskedReporter(self.around.reporter, self.mask)
        self.around = replace(self.around, reporter=self.reporter)
        self._stand_on_former()
        self.reporter.say(f"run {self.run_id}")
        self.around.began(self.folder.path)

    def _stand_on_former(self) -> None:
        """A run that ends before it has begun leaves what the next one goes on from."""
        if self.request.former and self.request.former.run.deferred_to:
            self.decision = Decision(action="defer", state=self.request.former.run.deferred_to)
        if self.request.goes_on:
            self.results.extend(standing(self.request.goes_on))

    def record_early(self) -> None:
        """The record of a run that dies now; whatever it comes to replaces it."""
        died = replace(self._facts(), error=DbtGitopsError(DIED))
        run = self.mask.within(record_of(died))
        reason = reason_not_to(run, self.request, self.around.checkout, manifest=False)
        self.write(replace(run, state_reason=reason))

    def finish(self) -> Run:
        """Record first, publish then: what is published names a record that is there."""
        if self.error is not None:
            self.notes += [note for note in (self.error.why, self.error.hint) if note]
            self.reporter.error(str(self.error))
        run = self.mask.within(record_of(self._facts()))
        for remark in run.notes[len(self.notes) :]:
            self.reporter.warn(remark)
        manifest = self.folder.path / MANIFEST
        reason = reason_not_to(run, self.request, self.around.checkout, manifest.exists())
        reason = reason or self.around.store.closed
        run = replace(run, state_published=not reason, state_reason=reason)
        self.write(run)
        if run.state_published:
            run = self._publish(run, manifest)
        run = self._with_ending_told(run)
        if self.folder.problems:
            run = replace(run, exit_code=run.exit_code or int(ExitCode.STATE_UNRESOLVED))
            for problem in self.folder.problems:
                self.reporter.warn(f"not written: {problem}")
        self.reporter.run_finished()
        return run

    def _with_ending_told(self, run: Run) -> Run:
        """The record is there before anything else starts because of it, and then says what did."""
        said = self.mask.within(self.around.ended(run, self.folder.path))
        for note in said:
            self.reporter.say(note)
        if said:
            run = replace(run, notes=(*run.notes, *said))
            self.write(run)
        return run

    def _facts(self) -> Facts:
        if "dbt" not in self.versions and (self.folder.path / MANIFEST).exists():
            # A plain executable says its version only in what it writes.
            with suppress(NotAManifest):
                metadata = manifest_metadata(self.folder.path / MANIFEST)
                self.versions["dbt"] = metadata.dbt_version
        return Facts(
            run_id=self.run_id,
            request=self.request,
            checkout=self.around.checkout,
            queued_at=self.queued_at,
            started_at=self.started_at,
            prepared_at=self.prepared_at,
            finished_at=now(),
            results=tuple(self.results),
            notes=tuple(self.notes),
            versions=self.versions,
            decision=self.decision,
            compared_with=self.compared_with,
            changes=self.changes,
            error=self.error,
            stop=self.stop,
            unseen=unseen(self.request, self.results, self.folder.path / MANIFEST),
            taken=self.taken,
        )

    def _publish(self, run: Run, manifest: Path) -> Run:
        try:
            state = published_state(run, manifest, manifest_metadata(manifest))
            with self.stop.timer(PUBLISHING), self.stop.raising():
                moved = self.around.store.publish(manifest, self.folder.path / RECORD, state)
            reason = "" if moved else "a newer run has published already"
        except (StateUnresolved, TimedOut, Stopped, NotAManifest, OSError) as error:
            reason = self.mask.text(f"the state could not be published: {error}")
            self.folder.problems.append(reason)
        if reason:
            run = replace(run, state_published=False, state_reason=reason)
            self.write(run)
        return run

    def write(self, run: Run) -> None:
        self.folder.write_text(RECORD, [run_to_json(run)])

    def note(self, text: str) -> None:
        self.notes.append(text)
        self.reporter.say(text)
