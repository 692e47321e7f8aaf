"""One job from its start to its record: the one orchestrator."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.dbt.argv import JobFlags
from runner.dbt.engine import Engine
from runner.dbt.project import has_packages
from runner.errors import DbtGitopsError
from runner.execution.cloning import Cloning, plan_cloning
from runner.execution.comparison import Comparison, compares, of_deferral, open_comparison
from runner.execution.deferral import version_note
from runner.execution.engines import start_engine
from runner.execution.folder import CHECKOUT, HOME
from runner.execution.former import carried, notes
from runner.execution.preparation import (
    decide_deferral,
    fetch_state,
    job_flags,
    profiles_dir,
    taken_schemas,
    without_state,
)
from runner.execution.project import Project, open_project
from runner.execution.publish import reason_from_the_start
from runner.execution.reasons import reasons
from runner.execution.recording import Recording
from runner.execution.request import Request, without_deps
from runner.execution.sequence import Sequence, now, plan_steps
from runner.execution.surroundings import Surroundings
from runner.execution.variables import other_secrets
from runner.record import ComparedWith, Run
from runner.state.folder import Folder
from runner.stopping import Stopped


def run_job(request: Request, around: Surroundings) -> tuple[Run, Path]:
    """Run the job; whatever happens on the way ends in a record, a verdict and an exit code.

    Returns the run and its folder.
    """
    run = _JobRun(request=request, around=around)
    return run.run(), run.folder.path


class _JobRun(Recording):
    """A run under way: recorded whenever it ends."""

    def run(self) -> Run:
        with self.stop.listening(), ExitStack() as stack:
            try:
                self.record_early()
                if not self.request.replaced_by:
                    self._in_turn(stack)
            except Stopped as stopped:
                self.note(f"stopped before the first step: {stopped}")
            except DbtGitopsError as error:
                self.error = error
            except Exception as bug:
                self.error = DbtGitopsError(f"a bug in dbt-gitops: {bug!r}")
                self.finish()
                raise
            return self.finish()

    def _in_turn(self, stack: ExitStack) -> None:
        with self.stop.raising():
            self._take_turns(stack)
        self.started_at = now()
        with self.stop.timer(self.request.job.timeout):
            self._execute()

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
        if self.request.alongside:
            return
        home = Folder(self.around.config.root / HOME)
        stack.enter_context(home.lock(CHECKOUT, waiting_for("a run of another job"), None))

    def _execute(self) -> None:
        around = self.around
        with TemporaryDirectory(prefix="dbt-gitops-") as temporary, ExitStack() as stack:
            scratch = Path(temporary)
            with self.stop.raising():
                variables = {**around.environ, **self.request.job.env}
                if beside := self.request.alongside:
                    variables["DBT_TARGET_PATH"] = str(beside.target)
                    if beside.installed:
                        self.request = without_deps(self.request)
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
                self.note(note)
            self._run_steps(engine, flags, project, scratch, comparison)

    def _close(self, engine: Engine) -> None:
        engine.close()
        self.versions.update(engine.versions)

    def _prepare(self, project: Project, scratch: Path) -> JobFlags:
        """Profile and state, while the engine imports dbt."""
        for name in other_secrets(self.around.config, self.request, self.around.environ):
            self.note(f"{name} is withheld from dbt: the environment's `secrets` don't name it")
        if self.request.remark:
            self.note(self.request.remark)
        former = self.request.former
        for note in notes(former, self.around.checkout.commit) if former else ():
            self.note(note)
        self._warn_of_unknown_state()
        profiles = profiles_dir(self.request, self.around, scratch)
        self.decision = decide_deferral(self.request, self.around)
        if self.decision.text:
            self.note(self.decision.text)
        if self.decision.action == "full":
            self.request = without_state(self.request)
        state = fetch_state(self.decision, self.request, self.around, project, scratch / "state")
        self.taken = taken_schemas(self.request, self.around, state)
        self.record_early()
        return job_flags(self.request.job, profiles, state)

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
            self.note(each)
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
        installed = self.request.alongside and self.request.alongside.installed
        packages = has_packages(project.folder) and not installed
        comparing = comparison.planned(project.target) if comparison else ()
        planned = plan_steps(self.request.job, packages, comparing)
        if self.request.goes_on:
            sequence.carried = carried(planned, self.request.goes_on)
        self.results.clear()
        self.results.extend(sequence.run(planned))
        if comparison and sequence.flags.state != comparison.target:
            self.compared_with = of_deferral(self.request, self.decision)
            self.note(comparison.failed(self.compared_with))
        docs = any(r.text.startswith("dbt docs") and r.status == "success" for r in self.results)
        self.folder.keep(project.artifacts(docs), self.folder.path)
        state = sequence.flags.state
        if self.compared_with and state and project.artifacts(docs=False):
            everything = bool(self.request.parse_only)
            found = reasons(self.results, planned, state, project.target, everything)
            self.changes, failure = found
            remark = comparison.cloning.remark(self.changes) if comparison else ""
            for each in filter(None, (failure, remark)):
                self.note(each)
