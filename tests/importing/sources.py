"""Sources of importers as cases: files and folders, each with its ``.golden`` beside it.

A golden file is the draft as YAML, then what became of each field. ``python -m
tests.importing.sources`` writes them again; read the difference before you commit it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from runner.config import Loaded, from_bytes
from runner.importing import bolt, dbt_cloud, hand_written, jobs_as_code, terraform
from runner.importing.draft import Draft
from runner.importing.rows import Row

FOLDER = Path(__file__).parent
READERS: dict[str, Callable[[Sequence[Path]], Draft]] = {
    "bolt": bolt.read,
    "dbt_cloud": dbt_cloud.read,
    "jobs_as_code": lambda paths: jobs_as_code.read(paths, [*paths[0].glob("vars")]),
    "terraform": terraform.read,
    "workflow": hand_written.read,
}
CASES = sorted(
    path
    for source in READERS
    for path in (FOLDER / source).iterdir()
    if path.suffix in ("", ".yml", ".yaml", ".tf", ".json")
)


def draft_of(case: Path) -> Draft:
    return READERS[case.parent.name]([case])


def golden(case: Path) -> Path:
    return case.with_name(f"{case.stem}.golden")


def jobs_file(draft: Draft) -> dict[str, Any]:
    """The draft as the values of a jobs file."""
    return {
        "version": 1,
        **draft.top,
        "environments": draft.environments,
        **({"notifications": draft.notifications} if draft.notifications else {}),
        "jobs": draft.jobs,
    }


def loaded(draft: Draft) -> Loaded:
    text = yaml.safe_dump(jobs_file(draft), sort_keys=False, allow_unicode=True)
    return from_bytes(Path("dbt_jobs.yml"), text.encode())


def described(draft: Draft) -> str:
    text = yaml.safe_dump(jobs_file(draft), sort_keys=False, allow_unicode=True, width=100)
    comments = [f"# {'.'.join(path)}: {said}" for path, said in draft.comments.items()]
    comments = [each.replace(f"{FOLDER}/", "") for each in comments]
    rows = [_row(row).replace(f"{FOLDER}/", "") for row in draft.rows]
    return "\n".join([text, *comments, "", *rows, ""])


def _row(row: Row) -> str:
    to = f" -> {row.to}" if row.to else ""
    why = f"\n    why: {row.why}" if row.why else ""
    hint = f"\n    hint: {row.hint}" if row.hint else ""
    return f"{row.job or '-'} | {row.fate} {row.field} = {row.value}{to}{why}{hint}"


if __name__ == "__main__":
    for each in CASES:
        golden(each).write_text(described(draft_of(each)))
