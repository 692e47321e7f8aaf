"""The one thing outside the file that it must agree with."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.text import START, shown
from runner.config.written import Written
from runner.model import Problem

PROJECT_FILE = "dbt_project.yml"


def project_folder(written: Written) -> Iterator[Problem]:
    """The folder of dbt_project.yml, from the folder of the jobs file."""
    node = written.root.scalar("project")
    if node is None and "project" in written.whole.entries:
        return
    folder = written.source.file.parent / (node.text if node else ".")
    try:
        if (folder / PROJECT_FILE).is_file():
            return
        there = folder.is_dir()
    except (OSError, ValueError):  # a name that no file system takes
        there = False
    what = f"there is no {PROJECT_FILE} in {shown(str(folder), most=300)}"
    why = "`project` is the folder of the dbt project, from the folder of the jobs file"
    at = node.span if node else START
    hint = "set `project` to the folder of the dbt project"
    if not there:
        what = f"there is no folder {shown(str(folder), most=300)}"
    yield written.source.problem(at, "no-project", what, why=why, hint=hint)
