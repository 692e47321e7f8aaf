"""`validate --format sarif`, held to the schema of SARIF 2.1.0, which GitHub checks uploads by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft4Validator, ValidationError

from runner.cli.main import cli
from runner.config.rules import CODES, RULES
from runner.errors import ExitCode
from tests.configs import INVALID, VALID
from tests.reference import ROOT

# The standard's schema, as a package of test matchers carries it.
SCHEMAS = ROOT / "tests/node/node_modules/@microsoft/jest-sarif/lib/schemas"
SARIF = Draft4Validator(
    json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text()),
    format_checker=Draft4Validator.FORMAT_CHECKER,
)
GOOD = RULES[0].good


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dbt_project.yml").touch()
    return tmp_path


def sarif(*files: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(cli, ["validate", "--format", "sarif", *files], standalone_mode=False)
    assert done.exception is None
    log = json.loads(done.stdout)
    SARIF.validate(log)
    [run] = log["runs"]
    return int(done.return_value), run


def test_the_schema_is_one_and_refuses() -> None:
    Draft4Validator.check_schema(SARIF.schema)
    with pytest.raises(ValidationError):
        SARIF.validate({"$schema": "https://x/sarif-2.1.0.json", "version": "2.1", "runs": [{}]})


def test_a_file_without_problems_has_the_rules_and_no_result(here: Path) -> None:
    (here / "dbt_jobs.yml").write_text(GOOD)
    code, run = sarif()
    assert (code, run["results"]) == (ExitCode.SUCCESS, [])
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(CODES)
    first = run["tool"]["driver"]["rules"][0]
    assert RULES[0].why in first["fullDescription"]["text"]
    assert f"```yaml\n{RULES[0].bad}```" in first["help"]["markdown"]


def test_a_result_has_its_region(here: Path) -> None:
    (here / "dbt jobs.yml").write_text(GOOD.replace("17 4", "0 4"))
    _, run = sarif("dbt jobs.yml")
    [result] = run["results"]
    assert (result["ruleId"], result["level"]) == ("top-of-the-hour", "warning")
    assert result["message"]["text"].startswith(
        "`0 4 * * *` fires on the hour: at 04:00 (UTC)\neveryone's"
    )
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "dbt%20jobs.yml"
    line = (here / "dbt jobs.yml").read_text().splitlines()[place["region"]["startLine"] - 1]
    start, end = place["region"]["startColumn"], place["region"]["endColumn"]
    assert line[start - 1 : end - 1] == '"0 4 * * *"'


@pytest.mark.parametrize(
    ("reason", "kept", "suppression"),
    [
        (" it is ready then", 1, {"kind": "inSource", "justification": "it is ready then"}),
        ("", 2, {"kind": "inSource"}),
    ],
)
def test_what_is_ignored_is_suppressed(
    here: Path, reason: str, kept: int, suppression: dict[str, str]
) -> None:
    comment = f" # dbt-gitops: ignore[top-of-the-hour]{reason}"
    text = GOOD.replace('"17 4 * * *" } }', f'"0 4 * * *" }} }}{comment}')
    (here / "dbt_jobs.yml").write_text(text)
    code, run = sarif()
    *_, silenced = run["results"]
    assert (code, len(run["results"])) == (ExitCode.SUCCESS, kept)
    assert (silenced["ruleId"], silenced["suppressions"]) == ("top-of-the-hour", [suppression])


@pytest.mark.parametrize("case", [*VALID, *INVALID], ids=lambda case: case.name)
def test_every_case_is_sound_sarif(case: Path, here: Path) -> None:
    (here / "dbt_jobs.yml").write_bytes(case.read_bytes())
    code, run = sarif()
    errors = [result for result in run["results"] if result["level"] == "error"]
    assert bool(errors) == (code == ExitCode.CONFIG_INVALID)
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    assert len(set(ids)) == len(ids)
    for rule in rules:  # what GitHub's page about SARIF calls required
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    assert {result["ruleId"] for result in run["results"]} <= set(ids)
