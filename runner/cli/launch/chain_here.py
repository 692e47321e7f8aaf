"""A whole chain on one's own machine.

Each run is a process of its own, as it is a machine of its own on GitHub: its time, its signals and its
end are no other's. Runs at the same time have a target folder each, and leave the packages alone that the
first has installed; they share the checkout, which nobody else runs dbt in meanwhile.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import click

from runner.chain import Progress, dependents
from runner.cli.launch.overrides import find_job
from runner.dbt import leash
from runner.dbt.child import Child
from runner.durations import format_duration
from runner.errors import ExitCode
from runner.events import Upstream
from runner.execution.folder import CHECKOUT, HOME
from runner.execution.sequence import now
from runner.history import Entry
from runner.history_json import entry_to_json
from runner.model import Config
from runner.record import Run
from runner.record_json import RECORD, run_from_json, run_to_json
from runner.run_id import new_run_id
from runner.state.folder import Folder
from runner.stopping import Stopped, Stops

MAIN = Path(__file__).parents[2] / "__main__.py"


def run_chain(
    config: Config, job: str, cause: str, environ: Mapping[str, str], as_json: bool
) -> int:
    """Runs the job, those that start after it, and so on; the exit code of the first that failed."""
    find_job(config, job)
    progress = Progress(config=config, queue=[(job, None)])
    chain = _Chain(config=config, progress=progress, cause=cause, environ=environ)
    chain.run()
    if as_json:
        click.echo("[" + ",".join(run_to_json(each.run) for each in chain.done if each.run) + "]")
    else:
        click.echo(chain.table())
    return chain.exit_code


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """``run`` is None where it left no record."""

    job: str
    code: int
    run: Run | None


@dataclass(kw_only=True)
class _Chain:
    config: Config
    progress: Progress
    cause: str
    environ: Mapping[str, str]
    stop: Stops = field(default_factory=Stops)
    done: list[_Ended] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._slots = self.config.run_slots or 1
        self._printing = threading.Lock()

    def run(self) -> None:
        try:
            with self.stop.listening(), self._checkout():
                self._run_all()
        except Stopped as stopped:
            self._say("chain", f"stopped before the first run: {stopped}")

    def _run_all(self) -> None:
        running: dict[Future[_Ended], str] = {}
        with ThreadPoolExecutor(max_workers=self._slots, thread_name_prefix="run") as pool:
            while True:
                while len(running) < self._slots and not self.stop.asked:
                    following = self.progress.next(running.values())
                    if following is None:
                        break
                    running[pool.submit(self._one, *following)] = following[0]
                if not running:
                    return
                for each in wait(running, return_when=FIRST_COMPLETED).done:
                    del running[each]
                    self._ended(each.result())

    @contextmanager
    def _checkout(self) -> Iterator[None]:
        """Runs one at a time take turns by themselves, with whatever else runs here."""
        if self._slots == 1:
            yield
            return
        home = Folder(self.config.root / HOME)
        waiting = "waiting: a run of another job goes on here"
        with self.stop.raising():
            lock = home.lock(CHECKOUT, lambda: self._say("chain", waiting), None)
            lock.__enter__()
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def _one(self, job: str, upstream: Upstream | None) -> _Ended:
        """In a thread of the pool: what it says is passed on, line by line."""
        entry = Entry(
            run_id=new_run_id(job, now()),
            job=job,
            environment=self.config.jobs[job].environment,
            trigger="job" if upstream else "manual",
            cause=upstream.cause if upstream else self.cause or "asked for on the command line",
            planned_at=now(),
        )
        argv = [sys.executable, leash.__file__, sys.executable, "-I", str(MAIN)]
        argv += ["run", job, "--config", str(self.config.path), "--start", entry_to_json(entry)]
        argv += self._beside(job, first=upstream is None)
        child = Child(argv, cwd=Path.cwd(), env=self.environ, stop=self.stop.one(), talks=True)
        try:
            for line in child.lines():
                self._say(job, line.text)
            code = child.wait()
        finally:
            child.close()
        file = self.config.root / HOME / "runs" / entry.run_id / RECORD
        run = run_from_json(file.read_text(encoding="utf-8")) if file.exists() else None
        return _Ended(job=job, code=code if code >= 0 else ExitCode.INTERRUPTED, run=run)

    def _beside(self, job: str, *, first: bool) -> list[str]:
        if self._slots == 1:
            return []
        target = self.config.root / HOME / "targets" / job
        return ["--beside", str(target), *([] if first else ["--installed"])]

    def _ended(self, ended: _Ended) -> None:
        self.done.append(ended)
        run = ended.run
        status = run.status if run else "error"
        if status == "skipped":
            self.progress.endings[ended.job] = status
            return
        upstream = Upstream(job=ended.job, ending=status, run_id=run.run_id if run else "")
        for each in dependents(self.config, ended.job, status):
            if each.repository:
                self._say(ended.job, f"{each} isn't started from one's own machine")
        self.progress.end(upstream)

    def _say(self, job: str, text: str) -> None:
        # Who reads may have gone, as `head` does; the runs go on.
        with self._printing, suppress(OSError):
            click.echo(f"{job} | {text}", err=True)

    @property
    def exit_code(self) -> int:
        failed = next((each.code for each in self.done if each.code), ExitCode.SUCCESS)
        return failed or (ExitCode.INTERRUPTED if self.stop.asked else ExitCode.SUCCESS)

    def table(self) -> str:
        """Each run in the order in which they ended, and what wasn't run."""
        rows = [("job", "status", "time")]
        for each in self.done:
            status = each.run.status if each.run else "error"
            rows.append((each.job, status, format_duration(each.run.seconds if each.run else 0)))
        rows += [(job, "not started", "") for job, _ in self.progress.queue]
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        lines = [f"{job:{widths[0]}}  {status:{widths[1]}}  {time}" for job, status, time in rows]
        return "\n".join([*map(str.rstrip, lines), *self.progress.not_started()])
