"""The command in processes of their own that need no interpreter and no imports anew: a server forks them."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

FORKS = multiprocessing.get_context("forkserver")
# What the verbs import late; dbt is imported by a process of its own in any case.
FORKS.set_forkserver_preload(
    ["__main__", "tests.forks", "runner.cli.main", "runner.cli.plan", "runner.cli.run", "github"]
)
LIMIT = 240.0


def call(arguments: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
    """As ``python -m runner`` is called: the exit code, standard output, standard error."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = FORKS.Process(target=_command, args=(arguments, cwd, dict(env), out, err))
        process.start()
        process.join(LIMIT)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{arguments} in {cwd}: {err.read_text()}")
        code = process.exitcode
        process.close()
        return code, out.read_text(), err.read_text()


def _command(
    arguments: Sequence[str], cwd: Path, env: Mapping[str, str], out: Path, err: Path
) -> None:
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["dbt-gitops", *arguments]
    from runner.cli.main import main

    main()
