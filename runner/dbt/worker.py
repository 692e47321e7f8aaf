"""The worker of a warm session: imports dbt once, parses once, runs one command after another.

``worker.py [ADAPTER]`` runs under dbt's own interpreter, so it needs the standard library and dbt
alone; Python 3.9 is enough. It reads a command a line (JSON) from standard input. Standard output
carries the answers, a JSON object a line; what dbt prints goes to standard error.
"""

from __future__ import annotations

import sys

HERE = __file__.rpartition("/")[0]
if sys.path and sys.path[0] == HERE:
    # Python puts the script's folder first; its neighbours must not shadow dbt's imports.
    del sys.path[0]

import atexit
import contextlib
import gc
import json
import os
import pickle
import queue
import signal
import threading
import time
import traceback
from datetime import datetime, timezone

# The runner's packages are there for these imports alone: what dbt imports comes from dbt's own.
sys.path.insert(0, HERE.rpartition("/runner/")[0])
from runner.dbt.answering import answer
from runner.dbt.artifacts import Artifacts
from runner.dbt.parsed import fingerprint, frozen, thawed

del sys.path[0]

TYPE_CHECKING = False
if TYPE_CHECKING:  # as `typing` has it, without the import
    from collections.abc import Iterator
    from typing import Any

# What dbt gets to cancel its queries in when nobody is left to wait for it.
GRACE_SECONDS = 10.0


class Protocol:
    """The line to the runner, which dbt and its children neither see nor disturb.

    Whatever else writes to standard output lands in standard error, and whatever else reads
    standard input finds it empty: an ssh that `dbt deps` starts would swallow commands.
    """

    def __init__(self) -> None:
        self._in = os.fdopen(os.dup(0), encoding="utf-8")
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        self._commands: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._busy = False
        self._turn = threading.Lock()  # dbt's threads tell of their nodes at once
        threading.Thread(target=self._read, daemon=True).start()

    def commands(self) -> Iterator[dict[str, Any]]:
        """Commands as they arrive, until the runner closes the line."""
        while line := self._commands.get():
            self._busy = True
            yield json.loads(line)

    def _read(self) -> None:
        for line in self._in:
            self._commands.put(line)
        self._commands.put("")
        if self._busy:
            # The runner is gone, and with it the job's lock: dbt must not go on alone.
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(GRACE_SECONDS)
            os._exit(1)

    def end(self, **how: Any) -> None:
        """The command's last word, on which the runner may close the line before this goes on."""
        self._busy = False
        self.send("end", **how)

    def send(self, kind: str, **fields: Any) -> None:
        with self._turn:
            self._out.write(json.dumps({"kind": kind, **fields}) + "\n")
            self._out.flush()


class Session:
    """dbt, imported once, and the manifest of the last parse."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._parsed_from: str | None = None
        self._manifest = b""
        self._lent: Any = None
        self._compares = False
        self._compared_at: datetime | None = None

    def run(self, command: dict[str, Any]) -> None:
        """One command: its events, its node results, and how it ended."""
        if command["question"] is not None:
            exit_code, message = answer(command["question"], self._protocol.send)
            self._end(command["marker"], exit_code=exit_code, message=message)
            return
        artifacts = Artifacts(command["target"])
        exit_code, message, parse = self._invoke(command)
        written = artifacts.written()
        for node in artifacts.read(written):
            self._protocol.send("node", **node)
        how = {"exit_code": exit_code, "message": message, "parse": parse}
        self._end(command["marker"], written=written, **how)

    def _end(self, marker: str, **how: Any) -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.write(2, ("\n" + marker + "\n").encode())
        self._protocol.end(**{"parse": "", "written": [], **how})

    def _invoke(self, command: dict[str, Any]) -> tuple[int, str, str]:
        manifest, parse = None, ""
        if command["parse"] is not None and (command["reuse"] or self._parsed_from):
            source = fingerprint(command["project"], command["target"], command["parse"])
            if source == self._parsed_from:
                manifest, parse = thawed(self._manifest), "reused"
            elif command["reuse"]:
                logs = ["--log-path", command["log_folder"]]
                manifest, failure = self._parse([*command["parse"], *logs], source)
                if failure:
                    return failure
                parse = "parsed"
        return (*self._dbt(command["argv"], manifest)[:2], parse)

    def _parse(self, argv: list[str], source: str) -> tuple[Any, tuple[int, str, str] | None]:
        """Parse apart from running: running changes a manifest, the next step needs it as parsed."""
        exit_code, message, manifest = self._dbt(["parse", "--no-write-json", *argv], None)
        if exit_code or manifest is None:
            return None, (exit_code or 2, message, "failed")
        try:
            self._manifest = frozen(manifest)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            print(f"dbt-gitops: each step parses anew: {error}", file=sys.stderr)
            return None, None
        self._parsed_from = source
        return manifest, None

    def _dbt(self, argv: list[str], manifest: Any) -> tuple[int, str, Any]:
        """Exit code (dbt's: 0, 1 handled failure, 2 unhandled), message, result."""
        from dbt.cli.main import dbtRunner

        self._lent = manifest
        self._compares = "--project-dir" in argv  # the parse that the rest is compared with
        outcome = dbtRunner(manifest=manifest, callbacks=[self._event]).invoke(argv)
        if outcome.exception is None:
            return (0 if outcome.success else 1), "", outcome.result
        message = str(outcome.exception) or type(outcome.exception).__name__
        if type(outcome.exception).__name__ == "DbtUsageException":
            # The only errors that dbt leaves to its command line to print.
            print(f"Usage error: {message}", file=sys.stderr)
        return 2, message, None

    def _event(self, event: Any) -> None:
        name = event.info.name
        if name == "MainReportVersion":
            self._keep_time()
        if name == "MainReportVersion" and self._lent is not None:
            # As dbt does for a manifest that it has just parsed: its files name the command's run.
            self._lent.metadata.invocation_id = event.info.invocation_id
            self._lent.metadata.generated_at = datetime.now(timezone.utc).replace(tzinfo=None)
        elif name == "NodeStart":
            self._protocol.send("started", unique_id=event.data.node_info.unique_id)
        elif name == "NodeFinished":
            info = event.data.node_info
            self._protocol.send("finished", unique_id=info.unique_id, status=info.node_status)
        elif name == "ConcurrencyLine":
            self._protocol.send("total", nodes=event.data.node_count)

    def _keep_time(self) -> None:
        """One `run_started_at` for both sides of a comparison, so that no config differs by it."""
        from dbt import tracking

        if tracking.active_user is None:
            return
        if self._compares:
            self._compared_at = tracking.active_user.run_started_at
        elif self._compared_at:
            tracking.active_user.run_started_at = self._compared_at


def import_dbt(adapter: str) -> dict[str, str]:
    """Import dbt and the adapter, and return their versions.

    The collector is off meanwhile and then leaves what was imported alone: it would walk through
    all of dbt's modules again and again, and never find garbage there.
    """
    gc.disable()
    from dbt.cli.main import dbtRunner  # noqa: F401 - the slow import, on purpose here
    from dbt.version import __version__

    if adapter:
        # Where it is missing, dbt says so when it loads the profile.
        with contextlib.suppress(ImportError):
            __import__("dbt.adapters." + adapter)
    gc.freeze()
    gc.set_threshold(500_000, 20, 50)
    gc.enable()
    return {"dbt": str(__version__), **adapter_version(adapter)}


def adapter_version(adapter: str) -> dict[str, str]:
    """``{"dbt-duckdb": "1.11.1"}``, or nothing where the runner didn't name the adapter."""
    from importlib import metadata

    distribution = "dbt-" + adapter.replace("_", "-")
    try:
        return {distribution: metadata.version(distribution)}
    except metadata.PackageNotFoundError:
        return {}


def serve(adapter: str) -> None:
    """Import dbt, say so, and run what comes until the runner closes the line."""
    protocol = Protocol()
    try:
        versions = import_dbt(adapter)
    except ImportError as error:
        protocol.send("unusable", message=str(error))
        return
    session = Session(protocol)
    protocol.send("ready", versions=versions)
    for command in protocol.commands():
        session.run(command)


def main(adapter: str) -> None:
    """Serve, and leave at once.

    A query that goes on must not hold the process, and taking dbt's modules apart would cost a
    fifth of a second.
    """
    try:
        serve(adapter)
    except KeyboardInterrupt:
        os._exit(130)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    # What adapters do at the end of a process: DuckDB closes its file and empties its journal.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main("".join(sys.argv[1:]))
