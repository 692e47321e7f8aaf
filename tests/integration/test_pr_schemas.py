"""The schemas of a pull request: recorded as they are written, dropped when it closes, and no others."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

from tests.conftest import Project

SEVERAL = """\
{% macro generate_schema_name(custom, node) -%}
  {%- if custom == 'scratch' -%} scratch
  {%- elif target.name == 'prod' -%} {{ custom or target.schema }}
  {%- else -%} {{ target.schema }}{{ '_' ~ custom if custom }}
  {%- endif -%}
{%- endmacro %}
"""


@pytest.fixture
def several(tiny: Project) -> Project:
    """Models that go to schemas of their own, one of which all pull requests share."""
    tiny.write("macros/generate_schema_name.sql", SEVERAL)
    for schema in ("marts", "scratch"):
        config = f"{{{{ config(schema='{schema}') }}}}"
        tiny.write(f"models/{schema}.sql", f"{config} select * from {{{{ ref('one') }}}}\n")
    tiny.commit("schemas")
    assert tiny.run("daily").code == 0
    tiny.git("checkout", "--quiet", "-b", "change")
    tiny.append("seeds/people.csv", "3,Edsger\n")
    tiny.commit("change")
    return tiny


def pull_request(number: int) -> dict[str, str]:
    """What GitHub's runner sets on a pull request."""
    return {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_REF": f"refs/pull/{number}/merge",
        "GITHUB_HEAD_REF": "change",
    }


def ci(project: Project, number: int) -> dict[str, Any]:
    done = project.run("ci", **pull_request(number))
    assert done.code == 0, done.err
    return done.record


def test_a_run_records_the_schemas_that_are_the_pull_requests_alone(several: Project) -> None:
    record = ci(several, 7)
    assert record["pr_number"] == 7
    assert record["branch"] == "change"
    assert record["schemas"] == ["tiny.pr_7", "tiny.pr_7_marts", "tiny.scratch"]
    assert record["own_schemas"] == [
        {"database": "tiny", "schema": "pr_7"},
        {"database": "tiny", "schema": "pr_7_marts"},
    ]
    assert (
        "schema tiny.scratch stays when pull request 7 closes:"
        " it is in the manifest that the run defers to"
    ) in record["notes"]


def test_a_run_outside_of_a_pull_request_has_none(several: Project) -> None:
    done = several.run("ci", "--schema", "ci_7_local")
    assert done.code == 0, done.err
    assert (done.record["pr_number"], done.record["own_schemas"]) == (None, [])


def test_an_interrupted_run_records_where_it_may_have_written(several: Project) -> None:
    several.write(
        "models/slow.sql",
        "{{ config(schema='slow', materialized='table') }}"
        " select count(*) as n from range(1000000) a, range(1000000) b\n",
    )
    several.commit("slow")
    process = several.start("run", "ci", "--json", **pull_request(7))
    assert process.stderr is not None
    for line in process.stderr:
        if "model pr_7_slow.slow" in line:
            break
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    own = [each["schema"] for each in json.loads(out)["own_schemas"]]
    assert "pr_7_slow" in own
    assert {"scratch", "analytics", "dbt_ci", "marts"}.isdisjoint(own)


REPOSITORY = {"full_name": "octo-org/shop", "default_branch": "main"}


def closed(
    project: Project, number: int, *, base: str = "main", merged: bool = True
) -> dict[str, str]:
    """What GitHub's runner sets and leaves when a pull request is closed."""
    head = {"ref": "change", "sha": project.git("rev-parse", "HEAD"), "repo": REPOSITORY}
    body = {
        "number": number, "draft": False, "labels": [], "user": {"login": "jo"}, "head": head,
        "base": {"ref": "main", "sha": project.git("rev-parse", base), "repo": REPOSITORY},
        "merged": merged,
    }  # fmt: skip
    payload = {"action": "closed", "pull_request": body, "repository": REPOSITORY}
    path = project.path / ".git" / f"closed-{number}.json"
    path.write_text(json.dumps(payload))
    return {**pull_request(number), "GITHUB_EVENT_PATH": str(path)}


def clean(project: Project, *options: str, code: int = 0, **env: str) -> dict[str, Any]:
    done = project.cli("clean", "--json", *options, **env)
    assert done.code == code, done.err
    return done.record


def fates(cleaned: dict[str, Any]) -> dict[str, str]:
    schemas = cleaned["schemas"]
    return {f"{s['schema']['database']}.{s['schema']['schema']}": s["fate"] for s in schemas}


def there(project: Project) -> set[str]:
    """The schemas that are in the warehouse."""
    found = project.query("select schema_name from duckdb_schemas() where database_name = 'tiny'")
    return {name for (name,) in found} - {"information_schema", "pg_catalog", "main"}


PRODUCTION = {"analytics", "marts", "scratch"}


def test_closing_drops_exactly_what_the_pull_request_made(several: Project) -> None:
    for number in (7, 71):
        ci(several, number)
    others = {"pr_71", "pr_71_marts"}
    assert there(several) == PRODUCTION | {"pr_7", "pr_7_marts"} | others
    cleaned = clean(several, "--dry-run", **closed(several, 7))
    assert fates(cleaned) == {"tiny.pr_7": "listed", "tiny.pr_7_marts": "listed"}
    assert "pr_7" in there(several)
    cleaned = clean(several, **closed(several, 7, merged=False))
    assert fates(cleaned) == {"tiny.pr_7": "dropped", "tiny.pr_7_marts": "dropped"}
    assert there(several) == PRODUCTION | others
    cleaned = clean(several, **closed(several, 7))
    assert fates(cleaned) == {"tiny.pr_7": "gone", "tiny.pr_7_marts": "gone"}
