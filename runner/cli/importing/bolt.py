"""``dbt-gitops import bolt``: schedules of Paradime Bolt."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.importing.ending import end, import_options
from runner.config import default_file
from runner.errors import ExitCode
from runner.importing.bolt import read
from runner.importing.projects import seen_from


@click.command("bolt")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@import_options
def bolt(
    files: tuple[Path, ...], out: Path | None, check: bool, report: str, dry_run: bool
) -> ExitCode:
    """Import schedules of Paradime Bolt.

    FILES are its YAML files, globs, or folders of dbt projects; without them paradime_schedules.yml and
    .bolt/**/*.yml of this folder. Import what belongs together at once: schedules name each other.
    """
    draft = read(files or (Path(),))
    return end(seen_from(draft, out or default_file()), out, check, report, dry_run)
