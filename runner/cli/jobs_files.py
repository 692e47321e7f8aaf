"""Which jobs files are meant where none is named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from runner.cli.saying import say
from runner.config import default_file
from runner.errors import ConfigInvalid
from runner.git import repository_root


def jobs_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The one of this folder; on one's own machine else those that the compiled workflow names.

    On GitHub each command is told its files, and whatever else is there is no one's word.
    """
    here = default_file()
    if here.exists() or environ.get("GITHUB_ACTIONS") == "true":
        return (here,)
    named = _of_workflow(environ)
    if named:
        files, are = ", ".join(map(str, named)), "are" if len(named) > 1 else "is"
        say(
            f"note: there is no {here} in this folder: {files} of the compiled workflow {are} taken"
        )
    return named or (here,)


def jobs_file(environ: Mapping[str, str]) -> Path:
    """The same of a command that takes one; raises ConfigInvalid where the workflow names several."""
    files = jobs_files(environ)
    if len(files) > 1:
        raise ConfigInvalid(
            f"there is no {default_file()} in this folder, and the workflow has several jobs files",
            why=f"they are {', '.join(map(str, files))}",
            hint=f"name the one that you mean: --config {files[0]}",
        )
    return files[0]


def _of_workflow(environ: Mapping[str, str]) -> tuple[Path, ...]:
    # Late: a command that finds its file needs nothing of what reads workflows.
    from runner.cli.compiling import files_of, workflow_at

    root = repository_root(Path.cwd(), environ)
    names = files_of(workflow_at(root)) if root else ()
    return tuple(Path(os.path.relpath(root / name)) for name in names) if root else ()
