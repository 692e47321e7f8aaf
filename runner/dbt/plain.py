"""A plain executable (dbt v2, or any dbt): one process a command, the same results."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from runner.dbt import artifacts, leash
from runner.dbt.child import Child
from runner.dbt.engine import Command, Outcome, Watcher, node_result
from runner.errors import DbtMissing
from runner.record import NodeResult
from runner.stopping import Stop


class PlainDbt:
    """``executable`` is an absolute path."""

    def __init__(
        self, *, executable: Path, project: Path, target: Path, env: Mapping[str, str], stop: Stop
    ) -> None:
        self.versions: dict[
            str, str
        ] = {}  # known from what it writes, not asked for: that takes a start
        self._executable = executable
        self._project = project
        self._target = target
        self._env = env
        self._stop = stop

    def ready(self) -> None:
        """Each command starts its own process."""

    def run(self, command: Command, watcher: Watcher) -> Outcome:
        before = self._stamps()
        last: deque[str] = deque(maxlen=1)
        child = self._start([str(self._executable), *command.argv])
        try:
            for line in child.lines():
                last.append(line.text)
                watcher.line(line.text)
            code = child.wait()
        finally:
            child.close()
        if code == leash.NOT_STARTED:
            raise DbtMissing(
                f"`{self._executable}` can't be started",
                why=" ".join(last),
                hint="check `dbt.executable` of the environment",
            )
        after = self._stamps()
        written = tuple(name for name in artifacts.RESULT_FILES if after[name] != before[name])
        nodes = self._nodes(written)
        if code and self._stop.asked:
            return Outcome(exit_code=None, message=self._stop.reason, nodes=nodes)
        if code < 0:
            return Outcome(exit_code=None, message=f"dbt was killed by signal {-code}", nodes=nodes)
        return Outcome(exit_code=code, nodes=nodes, written=written)

    def close(self) -> None:
        """Nothing runs between commands."""

    def _start(self, argv: list[str]) -> Child:
        """On a leash: a command that outlived the runner would outlive the job's lock."""
        leashed = [sys.executable, leash.__file__, *argv]
        return Child(leashed, cwd=self._project, env=self._env, stop=self._stop, talks=True)

    def _nodes(self, written: tuple[str, ...]) -> tuple[NodeResult, ...]:
        """Read in a process of its own: a large manifest would stay in the runner's memory."""
        if not written:
            return ()
        argv = [sys.executable, artifacts.__file__, "results", str(self._target), *written]
        child = Child(argv, cwd=self._project, env=self._env, stop=Stop())
        try:
            lines = list(child.lines())
            code = child.wait()
        finally:
            child.close()
        if code:
            last = lines[-1].text if lines else "it said nothing"
            raise DbtMissing(
                f"what dbt wrote into {self._target} can't be read",
                why=last,
                hint="is it a dbt whose artifacts are those of dbt-core?",
            )
        return tuple(node_result(json.loads(line.text)) for line in lines if line.stream == "out")

    def _stamps(self) -> dict[str, tuple[int, int] | None]:
        return {name: _stamp(self._target / name) for name in artifacts.RESULT_FILES}


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino
