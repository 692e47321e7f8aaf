"""Projects without a jobs file, for `dbt-gitops init`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.conftest import Project

CANARY = "canary-5up3rs3cret"
SHOP = {
    "dbt_project.yml": """\
name: shop
profile: shop
models:
  shop:
    marts:
      +materialized: table
      +tags: [daily]
""",
    "profiles.yml": """\
shop:
  target: dev
  outputs:
    dev: &base
      type: snowflake
      account: "{{ env_var('SNOWFLAKE_ACCOUNT') }}"
      user: "{{ env_var('SNOWFLAKE_USER') }}"
      password: "{{ env_var('DBT_ENV_SECRET_PASSWORD') }}"
      database: analytics
      schema: dbt_dev
      threads: 4
    prod:
      <<: *base
      user: dbt
      password: "{{ env_var('DBT_ENV_SECRET_PROD_PASSWORD') }}"
      schema: analytics
""",
    "requirements.txt": "dbt-core==1.11.6\ndbt-snowflake~=1.11.0\n",
    "models/staging/stg_orders.sql": "select * from {{ source('raw', 'orders') }}\n",
    "models/staging/_sources.yml": """\
sources:
  - name: raw
    loaded_at_field: loaded_at
    freshness: { warn_after: { count: 1, period: day } }
    tables: [{ name: orders }, { name: fixed, freshness: null }]
""",
    "models/marts/orders.sql": "select * from {{ ref('stg_orders') }}\n",
    "models/marts/events.sql": """\
{{ config(
    materialized='incremental', unique_key='id'
) }}
select * from {{ ref('stg_orders') }}
""",
}


def project_of(path: Path, files: Mapping[str, str], *, git: bool = True) -> Project:
    """In a home of its own, whose time zone is UTC, and with no dbt on PATH."""
    home = path.parent / "home"
    home.mkdir(parents=True, exist_ok=True)
    env = {"HOME": str(home), "TZ": "UTC", "PATH": "/usr/bin:/bin", "VIRTUAL_ENV": ""}
    project = Project(path=path, env=env)
    for name, text in files.items():
        project.write(name, text)
    if git:
        project.init()
    return project


def shop(path: Path) -> Project:
    """A project on Snowflake: a view, a table, an incremental model, and a source with freshness."""
    return project_of(path, SHOP)
