"""The jobs files that the rules' good and bad examples are made of: each breaks no rule."""

from __future__ import annotations

PRODUCTION = """\
  production: { target: prod, dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
"""
JOB = """\
  daily:
    environment: production
    triggers: { schedule: { cron: "17 4 * * *" } }
    steps: [dbt build]
    timeout: 4h
"""
CI_JOB = """\
  ci:
    environment: ci
    triggers: { pull_request: { branches: [main] } }
    steps: [dbt build --select state:modified+]
    defer: { to: production }
    timeout: 30m
"""
CI = """\
  ci:
    target: ci
    schema: "dbt_ci_pr_{pr_number}"
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
"""
# One deployment job, and the same with a job of pull requests.
DAILY = f"version: 1\nenvironments:\n{PRODUCTION}jobs:\n{JOB}"
WITH_CI = f"version: 1\nenvironments:\n{PRODUCTION}{CI}jobs:\n{JOB}{CI_JOB}"
