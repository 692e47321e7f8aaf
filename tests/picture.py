"""Draw docs/run.svg, the README's picture: a real run of the example's CI job, as a terminal shows it.

Part of `make docs`, and not compared by a test: its times differ each time.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.conftest import EXAMPLE, MADE, ROOT, Project

PICTURE = ROOT / "docs" / "run.svg"
COLUMNS = 112


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(path=Path(folder) / EXAMPLE.name)
        shutil.copytree(EXAMPLE, project.path, ignore=MADE)
        project.init()
        assert project.run("daily").code == 0
        project.git("checkout", "--quiet", "-b", "change-products")
        project.append("models/marts/products.sql", "-- changed\n")
        project.commit()
        command = ("run", "ci", "--schema", "dbt_ci_pr_42")
        done = project.cli(*command, COLUMNS=str(COLUMNS))
    draw(f"$ dbt-gitops {' '.join(command)}\n{done.err}{done.out}")


def draw(text: str) -> None:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    for line in text.splitlines():
        console.print(Text(line, style=_style(line)), overflow="ellipsis", no_wrap=True)
    PICTURE.write_text(console.export_svg(title="dbt-gitops"), encoding="utf-8")


def _style(line: str) -> str:
    if line.startswith("$"):
        return "bold"
    if line.startswith(("success", "ci: success", "deferring")):
        return "green"
    return "dim" if line[:2].isdigit() else ""


if __name__ == "__main__":
    main()
