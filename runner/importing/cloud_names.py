"""What dbt Cloud calls its jobs, and their names in the jobs file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from runner.importing.draft import name_of

IDENTIFIER_AT_END = "]]"


def called_of(job: Mapping[str, Any]) -> str:
    """What dbt Cloud calls the job."""
    return str(job.get("name") or f"job {job.get('id', '')}".strip())


def texts_for_names(jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to name each job by: with its number where several are called alike.

    So a job's name doesn't depend on which others there are before it, and is never that of another job
    that is gone.
    """
    texts = [_nameable(called_of(job)) for job in jobs]
    names = Counter(name_of(text, ()) for text in texts)
    return [
        f"{text} {_spelt(job)}" if names[name_of(text, ())] > 1 else text
        for text, job in zip(texts, jobs, strict=True)
    ]


def called_alike(jobs: Sequence[Mapping[str, Any]]) -> set[str]:
    """What several jobs are called."""
    return {called for called, count in Counter(map(called_of, jobs)).items() if count > 1}


def without_identifier(called: str) -> str:
    head, _, identifier = called.rpartition("[[")
    return head.strip() if head.strip() and identifier.endswith(IDENTIFIER_AT_END) else called


def _nameable(called: str) -> str:
    """dbt-jobs-as-code writes its identifier at a name's end: ``Daily [[daily]]``, or ``[[eu:daily]]``."""
    identifier = called.rpartition("[[")[2].removesuffix(IDENTIFIER_AT_END)
    return called if without_identifier(called) == called else identifier.rpartition(":")[2]


def _spelt(job: Mapping[str, Any]) -> str:
    """Its number, or what tells it apart in Terraform's files: `x` of `dbtcloud_job.x`."""
    return re.split(r"[.]", str(job.get("id", "")))[-1]
