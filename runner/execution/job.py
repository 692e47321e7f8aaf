"""One job from its start to its record: the one orchestrator."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from runner import __version__
from runner.dbt.argv import JobFlags
from runner.dbt.engine import Engine
from runner.dbt.explaining import Changes
from runner.dbt.project import NotAManifest, has_packages, manifest_metadata
from runner.errors import DbtGitopsError, ExitCode, StateUnresolved, TimedOut
from runner.execution.cloning import Cloning, plan_cloning
from runner.execution.comparison import Comparison, compares, of_deferral, open_comparison
from runner.execution.deferral import Decision, version_note
from runner.execution.ending import Facts, record_of, unseen
from runner.execution.engines import start_engine
from runner.execution.folder import HOME, RunFolder, new_run_id
from runner.execution.preparation import (
    decide_deferral,
    fetch_state,
    profiles_dir,
    taken_schemas,
    without_state,
)
from runner.execution.project import MANIFEST, Project, open_project
from runner.execution.publish import published_state, reason_from_the_start, reason_not_to
from runner.execution.reasons import reasons
from runner.execution.request import Request
from runner.execution.sequence import Sequence, now, plan_steps
from runner.execution.surroundings import Surroundings
from runner.execution.variables import other_secrets, secret_mask
from runner.record import ComparedWith, Run, StepResult
from runner.record_json import run_to_json
from runner.reports.masked import MaskedReporter
from runner.state.folder import Folder
from runner.stopping import Stop, Stopped

RECORD = "run.json"
# More than any manifest needs; a store that doesn't answer must not hold the job.
PUBLISHING = timedelta(minutes=5)


def run_job(request: Request, around: Surroundings) -> tuple[Run, Path]:
    """Run the job; whatever happens on the way ends in a record, a verdict and an exit code.

    Returns the run and its folder.
    """
    run = _JobRun(request=request, around=around)
    return run.run(), run.folder.path


@dataclass(kw_only=True)
class _JobRun:
    """A run under way: what is known so far, to be recorded whenever it ends."""

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
        self.queued_at = self.started_at = now()
        self.run_id = new_run_id(self.request.job.name, self.queued_at)
        self.mask = secret_mask(self.around.config, self.around.environ)
        self.folder = RunFolder(self.around.config.root, self.run_id, self.mask)
        self.reporter = MaskedReporter(self.around.reporter, self.mask)
        self.around = replace(self.around, reporter=self.reporter)
        self.reporter.say(f"run {self.run_id}")
        self.around.began(self.folder.path)

    def run(self) -> Run:
        with self.stop.listening(), ExitStack() as stack:
            try:
                with self.stop.raising():
                    self._take_turns(stack)
                self.started_at = now()
                with self.stop.timer(self.request.job.timeout):
                    self._execute()
            except Stopped as stopped:
                self._note(f"stopped before the first step: {stopped}")
            except DbtGitopsError as error:
                self.error = error
            except Exception as bug:
                self.error = DbtGitopsError(f"a bug in dbt-gitops: {bug!r}")
                self._finish()
                raise
            return self._finish()

    def _take_turns(self, stack: ExitStack) -> None:
        """With other runs of the job, and with whatever else runs dbt in this checkout.

        dbt writes what it makes into one target folder, and what another run writes there would be
        taken for this one's. Waiting isn't part of the timeout.
        """
        job = self.request.job.name

        def waiting_for(what: str) -> Callable[[], None]:
            return lambda: self.reporter.say(f"waiting: {what} goes on here")

        job_lock = self.around.store.lock(job, waiting_for(f"another run of `{job}`"), None)
        stack.enter_context(job_lock)
        home = Folder(self.around.config.root / HOME)
        stack.enter_context(home.lock("checkout", waiting_for("a run of another job"), None))

    def _execute(self) -> None:
        around = self.around
        with TemporaryDirectory(prefix="dbt-gitops-") as temporary, ExitStack() as stack:
            scratch = Path(temporary)
            with self.stop.raising():
                variables = {**around.environ, **self.request.job.env}
                project = open_project(around.config.project, variables)
                engine = start_engine(self.request, around, project, self.run_id, self.stop)
                stack.callback(self._close, engine)
                flags = self._prepare(project, scratch)
                comparison = self._compare(project, flags, stack)
            if self.decision.action == "skip":
                return
            engine.ready()
            self.prepared_at = now()
            if self.decision.state and (note := version_note(self.decision.state, engine.versions)):
                self._note(note)
            self._run_steps(engine, flags, project, scratch, comparison)

    def _close(self, engine: Engine) -> None:
        engine.close()
        self.versions.update(engine.versions)

    def _prepare(self, project: Project, scratch: Path) -> JobFlags:
        """Profile and state, while the engine imports dbt."""
        for name in other_secrets(self.around.config, self.request, self.around.environ):
            self._note(f"{name} is withheld from dbt: the environment's `secrets` don't name it")
        self._warn_of_unknown_state()
        profiles = profiles_dir(self.request, self.around, scratch)
        self.decision = decide_deferral(self.request, self.around)
        if self.decision.text:
            self._note(self.decision.text)
        if self.decision.action == "full":
            self.request = without_state(self.request)
        state = fetch_state(self.decision, self.around, project, scratch / "state")
        self.taken = taken_schemas(self.request, self.around, state)
        job = self.request.job
        return JobFlags(
            target=job.target,
            threads=job.threads,
            vars=job.vars,
            profiles_dir=profiles,
            state=state,
            defer_state=state,
        )

    def _warn_of_unknown_state(self) -> None:
        reason = reason_from_the_start(self.request, self.around.checkout)
        if self.request.job.deploys and reason:
            environment = self.request.environment.name
            text = (
                f"`{self.request.job.name}` builds in {environment}, but publishes no state: {reason};"
                f" what defers to {environment} won't know of this run"
            )
            self.notes.append(text)
            self.reporter.warn(text)

    def _compare(self, project: Project, flags: JobFlags, stack: ExitStack) -> Comparison | None:
        """A pull request compares with its base commit, any other run with what it defers to."""
        self.compared_with = of_deferral(self.request, self.decision)
        if not compares(self.request, self.decision):
            return None
        production = flags.defer_state
        cloning = plan_cloning(self.request.job.steps, production) if production else Cloning()
        comparison = open_comparison(self.request, self.around, project, cloning, stack)
        self.compared_with = ComparedWith(commit=comparison.base.commit, how=comparison.base.how)
        for each in comparison.notes():
            self._note(each)
        return comparison

    def _run_steps(
        self,
        engine: Engine,
        flags: JobFlags,
        project: Project,
        scratch: Path,
        comparison: Comparison | None,
    ) -> None:
        if comparison:
            flags = replace(flags, state=comparison.target)
        sequence = Sequence(
            engine=engine,
            flags=flags,
            job=self.request.job,
            folder=self.folder,
            project=project.folder,
            scratch=scratch,
            target=project.target,
            mask=self.mask,
            reporter=self.reporter,
            stop=self.stop,
        )
        packages = has_packages(project.folder)
        comparing = comparison.planned(project.target) if comparison else ()
        planned = plan_steps(self.request.job, packages, comparing)
        self.results.extend(sequence.run(planned))
        if comparison and sequence.flags.state != comparison.target:
            self.compared_with = of_deferral(self.request, self.decision)
            self._note(comparison.failed(self.compared_with))
        docs = any(r.text.startswith("dbt docs") and r.status == "success" for r in self.results)
        self.folder.keep(project.artifacts(docs), self.folder.path)
        state = sequence.flags.state
        if self.compared_with and state and project.artifacts(docs=False):
            everything = bool(self.request.parse_only)
            found = reasons(self.results, planned, state, project.target, everything)
            self.changes, failure = found
            remark = comparison.cloning.remark(self.changes) if comparison else ""
            for each in filter(None, (failure, remark)):
                self._note(each)

    def _finish(self) -> Run:
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
        self._write(run)
        if run.state_published:
            run = self._publish(run, manifest)
        if self.folder.problems:
            run = replace(run, exit_code=run.exit_code or int(ExitCode.STATE_UNRESOLVED))
            for problem in self.folder.problems:
                self.reporter.warn(f"not written: {problem}")
        self.reporter.run_finished()
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
            self._write(run)
        return run

    def _write(self, run: Run) -> None:
        self.folder.write_text(RECORD, [run_to_json(run)])

    def _note(self, text: str) -> None:
        self.notes.append(text)
        self.reporter.say(text)
