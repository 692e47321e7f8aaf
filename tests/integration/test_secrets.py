"""Secrets reach dbt where they are named for it, and nothing else anywhere."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Project
from tests.github_commands import commands_of


def test_a_secret_that_is_not_set(tiny: Project) -> None:
    add_secret(tiny)
    done = tiny.run("daily")
    assert done.code == 2
    assert "secret DBT_ENV_SECRET_WORD not set" in done.err
    assert "gh secret set DBT_ENV_SECRET_WORD; dbt-gitops sync passes it on" in done.err


def test_secrets_are_masked_everywhere(tiny: Project) -> None:
    add_secret(tiny)
    leak = "{% do log('the word is ' ~ env_var('PLAIN_WORD'), info=true) %}"
    tiny.write(
        "models/two.sql",
        f"{leak} select id, '{{{{ env_var('PLAIN_WORD') }}}}' as w from {{{{ ref('one') }}}}\n",
    )
    word = 'xyz"zy & plugh'
    done = tiny.run("daily", DBT_ENV_SECRET_WORD=word, PLAIN_WORD=word, OTHER_WORD="somewhere else")
    assert done.code == 0, done.err
    assert "the word is ***" in done.err
    assert tiny.query("select distinct w from analytics.two") == [(word,)]
    written = [path for path in (tiny.path / ".dbt-gitops").rglob("*") if path.is_file()]
    assert len(written) > 5
    for content in (done.out, done.err, *(path.read_text() for path in written)):
        assert word not in content
        assert json.dumps(word)[1:-1] not in content
    manifest = json.loads((tiny.runs[-1] / "manifest.json").read_text())
    assert "'***' as w" in manifest["nodes"]["model.tiny.two"]["compiled_code"]


def test_only_the_secrets_that_the_environment_names_reach_dbt(tiny: Project) -> None:
    tiny.write(
        "models/two.sql",
        "select 1 as id, '{{ env_var('GITHUB_TOKEN', 'withheld') }}' as w\n",
    )
    done = tiny.run("daily", GITHUB_TOKEN="ghs_" + "a" * 40, DBT_ENV_SECRET_OTHER="not for us")
    assert done.code == 0, done.err
    assert tiny.query("select w from analytics.two") == [("withheld",)]
    assert "DBT_ENV_SECRET_OTHER is withheld" in done.err


def add_secret(project: Project) -> None:
    jobs = (project.path / "dbt_jobs.yml").read_text()
    named = "    target: prod\n    secrets: [DBT_ENV_SECRET_WORD]\n"
    project.write("dbt_jobs.yml", jobs.replace("    target: prod\n", named))


def test_a_secret_that_names_a_schema_is_masked_but_deferral_works(tiny: Project) -> None:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    named = "    target: prod\n    secrets: [WAREHOUSE_SCHEMA]\n"
    tiny.write("dbt_jobs.yml", jobs.replace("    target: prod\n", named))
    profiles = (tiny.path / "profiles.yml").read_text()
    templated = "schema: \"{{ env_var('WAREHOUSE_SCHEMA', 'analytics') }}\""
    tiny.write("profiles.yml", profiles.replace("schema: analytics", templated))
    tiny.commit()
    done = tiny.run("daily", WAREHOUSE_SCHEMA="analytics", GITHUB_TOKEN="true")
    assert done.code == 0, done.err
    assert done.record["state_published"], done.record["state_reason"]
    assert "analytics" not in done.err
    manifest = json.loads((tiny.runs[-1] / "manifest.json").read_text())
    assert manifest["nodes"]["model.tiny.one"]["schema"] == "analytics"
    assert '"***"."people"' in manifest["nodes"]["model.tiny.one"]["compiled_code"]

    tiny.append("models/two.sql", "-- changed\n")
    done = tiny.run("ci", "--schema", "here")
    assert done.code == 0, done.err
    assert tiny.query("select count(*) from here.two") == [(2,)]


def test_what_the_command_line_says_is_masked_too(tiny: Project) -> None:
    word = "hunter2222"
    options = ("--cause", f"because {word}", "--vars", f"{{pw: {word}}}")
    done = tiny.run("daily", *options, DBT_ENV_SECRET_PW=word)
    assert done.code == 0
    assert word not in done.out + done.err
    assert done.record["cause"] == "because ***"


def test_the_addresses_of_channels_are_secrets(tiny: Project) -> None:
    tiny.append("dbt_jobs.yml", "notifications: { alerts: { slack: $SLACK_WEBHOOK_URL } }\n")
    tiny.write(
        "models/two.sql", 'select 1 as id, \'{{ env_var("SLACK_WEBHOOK_URL", "none") }}\' as w\n'
    )
    done = tiny.run("daily", SLACK_WEBHOOK_URL="https://hooks.example.com/services/T0/B0/xyz")
    assert done.code == 0, done.err
    assert tiny.query("select w from analytics.two") == [("none",)]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_nothing_that_dbt_prints_is_a_command_on_github(
    tiny: Project, options: tuple[str, ...]
) -> None:
    hostile = r"boom\n::set-output name=x::pwned\n##[error]pwned"
    raising = f"{{{{ exceptions.raise_compiler_error('{hostile}') }}}}\n"
    tiny.write("models/two.sql", "{% do log('::error::pwned', info=true) %}" + raising)
    done = tiny.cli("run", "daily", *options, GITHUB_ACTIONS="true")
    assert done.code == 1
    assert "pwned" in done.err + done.out
    assert commands_of(done.err.splitlines()) == ["group", "endgroup", "error"]  # the last is ours
    assert commands_of(done.out.splitlines()) == []


def test_nothing_in_a_jobs_file_is_a_command_on_github(tiny: Project) -> None:
    tiny.append("dbt_jobs.yml", "'##[error]pwned': 1\n")
    for arguments in (("validate",), ("run", "daily"), ("validate", "--format", "json")):
        done = tiny.cli(*arguments, GITHUB_ACTIONS="true")
        assert done.code == 2
        assert "pwned" in done.out + done.err
        assert set(commands_of((done.out + done.err).splitlines())) <= {"error"}  # ours
