"""`dbt-gitops import` of 1,000 jobs from each of dbt Cloud's forms, from the command to the file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from tests.bench.projects import cron
from tests.bench.timing import bench_env, run_timed

JOBS = 1000
ROUNDS = 3
BAR = 5.0
TRIGGERS = ("github_webhook", "git_provider_webhook", "schedule", "on_merge")
TF_HEAD = """\
resource "dbtcloud_project" "analytics" {
  name = "Analytics"
}
resource "dbtcloud_environment" "prod" {
  name       = "Production"
  project_id = dbtcloud_project.analytics.id
  type       = "deployment"
}
"""
TF_JOB = """\

# {name}, each weekday
resource "dbtcloud_job" "job_{n}" {{
  name                 = "{name}"
  environment_id       = dbtcloud_environment.prod.environment_id
  project_id           = dbtcloud_project.analytics.id
  execute_steps = [
    "dbt seed",
    "dbt build --select tag:area_{n} --target prod",
  ]
  generate_docs        = true
  run_generate_sources = true
  num_threads          = 8
  target_name          = "prod"
  timeout_seconds      = 3600
  self_deferring       = true
  triggers = {{
    "github_webhook" : false
    "git_provider_webhook" : false
    "schedule" : true
    "on_merge" : false
  }}
  schedule_type = "custom_cron"
  schedule_cron = "{cron}"
}}
"""


def print_figures(root: Path) -> None:
    """A line each: the median of fresh processes, in seconds."""
    for name, (source, write) in SOURCES.items():
        folder = root / write.__name__
        folder.mkdir(parents=True)
        file = folder / write(folder)
        argv = [
            sys.executable,
            "-m",
            "runner",
            "import",
            source,
            file.name,
            "--out",
            "dbt_jobs.yml",
        ]
        env = bench_env(os.environ, PYTHONPATH=str(Path.cwd()))
        measured = []
        for _ in range(ROUNDS):
            (folder / "dbt_jobs.yml").unlink(missing_ok=True)
            measured.append(run_timed(argv, folder, env))
        seconds, cpu = (median(getattr(each, of) for each in measured) for of in ("wall", "cpu"))
        verdict = "ok" if seconds <= BAR else "MISSED"
        peak = max(each.peak_rss for each in measured) / 2**20
        text = f"import of {JOBS:,} jobs, {name}, {file.stat().st_size / 1e6:.1f} MB"
        figures = f"{seconds:6.2f} s | {cpu:6.2f} s CPU | {peak:4.0f} MiB | ≤ {BAR:.2f} s"
        print(f"| {text:55} | {figures} | {verdict} |", flush=True)


def _job(n: int) -> dict[str, Any]:
    return {
        "id": n + 1,
        "account_id": 9,
        "project_id": 5,
        "environment_id": 70,
        "name": f"Job {n}",
        "description": "",
        "execute_steps": ["dbt seed", f"dbt build --select tag:area_{n} --target prod"],
        "execution": {"timeout_seconds": 3600},
        "settings": {"threads": 8, "target_name": "prod"},
        "generate_docs": True,
        "run_generate_sources": True,
        "job_type": "scheduled",
        "triggers": dict.fromkeys(TRIGGERS, False) | {"schedule": True},
        "triggers_on_draft_pr": False,
        "schedule": {"cron": cron(n), "date": {"type": "custom_cron", "cron": cron(n)}},
        "deferring_environment_id": None,
        "deferring_job_definition_id": n + 1,
        "run_compare_changes": False,
        "state": 1,
    }


def _cloud(folder: Path) -> str:
    place = {"environment": {"name": "Production", "dbt_version": "1.9.0-latest"}}
    data = [{**_job(n), **place} for n in range(JOBS)]
    (folder / "jobs.json").write_text(json.dumps({"status": {"code": 200}, "data": data}))
    return "jobs.json"


def _code(folder: Path) -> str:
    jobs = {f"job_{n}": {"linked_id": n + 1, **_job(n)} for n in range(JOBS)}
    for job in jobs.values():
        del job["id"]
    (folder / "jobs.yml").write_text(yaml.safe_dump({"jobs": jobs}, sort_keys=False))
    return "jobs.yml"


def _files(folder: Path) -> str:
    jobs = (TF_JOB.format(n=n, name=f"Job {n}", cron=cron(n)) for n in range(JOBS))
    (folder / "jobs.tf").write_text(TF_HEAD + "".join(jobs))
    return "jobs.tf"


def _show(folder: Path) -> str:
    resources = [
        {
            "address": "dbtcloud_environment.prod",
            "mode": "managed",
            "type": "dbtcloud_environment",
            "name": "prod",
            "values": {"id": "5:70", "environment_id": 70, "name": "Production"},
        },
        *map(_shown, range(JOBS)),
    ]
    whole = {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}
    (folder / "show.json").write_text(json.dumps(whole))
    return "show.json"


def _shown(n: int) -> dict[str, Any]:
    job = _job(n)
    values = {
        **{
            name: each
            for name, each in job.items()
            if name not in ("schedule", "settings", "state")
        },
        "id": str(n + 1),
        "job_id": n + 1,
        "num_threads": 8,
        "target_name": "prod",
        "self_deferring": True,
        "deferring_job_definition_id": None,
        "schedule_type": "custom_cron",
        "schedule_cron": cron(n),
        "is_active": True,
    }
    address = f"dbtcloud_job.job_{n}"
    return {
        "address": address, "mode": "managed", "type": "dbtcloud_job", "name": f"job_{n}",
        "values": values, "sensitive_values": {"execute_steps": [False, False]},
    }  # fmt: skip


SOURCES: dict[str, tuple[str, Callable[[Path], str]]] = {
    "dbt Cloud's JSON": ("dbt-cloud", _cloud),
    "dbt-jobs-as-code": ("jobs-as-code", _code),
    "Terraform's .tf": ("terraform", _files),
    "terraform show -json": ("terraform", _show),
}
