"""What starts each job, said on one's own machine: by the jobs files and the history at hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from runner.cli.past.histories import history_at_hand
from runner.history import History
from runner.model import Config
from runner.reports.overview import Overview
from runner.triggers.overscheduled import over_scheduled


def overview_of(files: tuple[Config, ...], environ: Mapping[str, str], now: datetime) -> Overview:
    history, why_not = history_at_hand(files[0], environ)
    jobs = [job for config in files for job in config.jobs.values()]
    too_often = over_scheduled(jobs, history or History(), now)
    return Overview(
        files=files,
        now=now,
        history=history,
        warnings=tuple(map(str, too_often)),
        notes=(why_not,) if why_not else (),
    )
