"""Secrets of workflows: what stands in plain text is masked, and no environment gets another's."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.importing import hand_written
from runner.importing.draft import Draft
from runner.importing.hand_written.masks import masked, script_without_values, without_values
from tests.importing.sources import CASES, described, draft_of


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("DBT_ENV_SECRET_X=a dbt build", "DBT_ENV_SECRET_X=**** dbt build"),
        ("export PASSWORD='a b' A=1", "export PASSWORD=**** A=1"),
        ("export PASSWORD=a'b c'd", "export PASSWORD=****"),
        ('echo "TOKEN=a b" >> $GITHUB_ENV', 'echo "TOKEN=****" >> $GITHUB_ENV'),
        ("curl --password=a x", "curl --password=**** x"),
        ('PASSWORD="a\nb" dbt run', "PASSWORD=**** \\\n dbt run"),
        ("PASSWORD=$PW TOKEN=$(cat x) dbt run", "PASSWORD=$PW TOKEN=$(cat x) dbt run"),
        ("PASSWORD=${{ secrets.A }} dbt run", "PASSWORD=${{ secrets.A }} dbt run"),
        ("TOKEN_URL=a REGION=us PASSWORD= dbt run", "TOKEN_URL=a REGION=us PASSWORD= dbt run"),
    ],
)
def test_assignments_of_secrets(script: str, expected: str) -> None:
    assert script_without_values(script) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DBT_ENV_SECRET_X", "a", "****"),
        ("PGPASSWORD", 1234, "****"),
        ("PGPASSWORD", "", ""),
        ("PGPASSWORD", None, None),
        ("PGPASSWORD", "${{ secrets.A }}", "${{ secrets.A }}"),
        ("PGHOST", "a", "a"),
    ],
)
def test_variables(name: str, value: object, expected: object) -> None:
    assert masked(name, value) == expected


@given(st.text(st.sampled_from("abPASSWORD= \"'\n\\${}")))
def test_a_masked_script_keeps_its_lines(script: str) -> None:
    assert script_without_values(script).count("\n") == script.count("\n")


def test_masks_are_put_on_however_deep() -> None:
    data = {"jobs": {"a": {"services": {"db": {"env": {"PASSWORD": "x"}}}}}, "steps": [{"run": "TOKEN=x"}]}  # fmt: skip
    assert "x" not in str(without_values(data))
    assert without_values({"name": "PASSWORD=x"}) == {"name": "PASSWORD=x"}


def test_nothing_that_looks_secret_is_written_or_told() -> None:
    case = next(case for case in CASES if case.stem == "hidden")
    texts = [file.read_text() for file in case.rglob("*.yml")]
    assert sum(text.count("hunter") for text in texts) == 11
    assert "hunter" not in described(draft_of(case))


def imported(tmp_path: Path, **workflows: str) -> Draft:
    for name, text in workflows.items():
        steps = "runs-on: x, steps: [{run: dbt build}]"
        (tmp_path / f"{name}.yml").write_text(text.replace("STEPS", steps))
    return hand_written.read(sorted(tmp_path.glob("*.yml")))


PROD = "on: push\njobs: {a: {env: {PW: '${{ secrets.PROD }}'}, STEPS}}\n"


@pytest.mark.parametrize(
    ("checks", "deploys", "checking"),
    [
        ("${{ secrets.PROD }}", ["PW"], ["PW"]),
        ("${{ secrets.prod }}", ["PW"], ["PW"]),
        ("${{ secrets.CI }}", [], []),
        ("${{ secrets.PW }}", [], ["PW"]),
    ],
)
def test_no_environment_gets_the_secret_of_another(
    checks: str, deploys: list[str], checking: list[str], tmp_path: Path
) -> None:
    ci = f"on: pull_request\njobs: {{b: {{env: {{PW: '{checks}'}}, STEPS}}}}\n"
    draft = imported(tmp_path, prod=PROD, ci=ci)
    assert draft.environments["production"].get("secrets", []) == deploys
    assert draft.environments["ci"].get("secrets", []) == checking
    lost = [row for row in draft.rows if row.field.endswith("env.PW") and row.fate == "dropped"]
    assert len(lost) == 2 - len(deploys) - len(checking)
    assert all("github_environment" in row.hint for row in lost)


def test_a_name_that_another_secret_has_isnt_given_to_a_job(tmp_path: Path) -> None:
    text = "on: pull_request\nenv: {PW: '${{ secrets.PW }}'}\njobs: {b: {env: {PW: '${{ secrets.CI }}'}, STEPS}}\n"
    assert "secrets" not in imported(tmp_path, ci=text).environments["ci"]


def test_a_value_isnt_beside_the_secret_of_the_same_name(tmp_path: Path) -> None:
    other = "on: schedule\njobs: {b: {env: {PW: plain}, STEPS}}\n"
    draft = imported(tmp_path, prod=PROD, other=other)
    assert "env" not in draft.jobs["other"]
    (row,) = [row for row in draft.rows if row.job == "other" and row.field == "jobs.b.env.PW"]
    assert (row.fate, row.value, row.why) == (
        "dropped", '"plain"', "it is a secret of the environment",
    )  # fmt: skip
