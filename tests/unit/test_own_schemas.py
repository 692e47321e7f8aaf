"""Which schemas a pull request may call its own."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.execution.own_schemas import Claim, own_and_left, why_not_own
from runner.execution.schema_name import schema_name
from runner.record import Schema

TAKEN = {"analytics": "production uses it", "pr_7_shared": "production uses it"}


def claim(template: str | None = "pr_{pr_number}", number: int = 7, **fields: str) -> Claim:
    plain = {"pr_number": str(number), "job": "ci", "sha7": "0123abc", "branch": "feature"}
    return Claim(
        number=number,
        environment="ci",
        template=template,
        fields={**plain, **fields},
        taken=TAKEN,
    )


def why_not(name: str, claim: Claim) -> str:
    return why_not_own(Schema(database="db", schema=name), claim)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("pr_{pr_number}", "pr_7"),
        ("pr_{pr_number}", "PR_7"),
        ("pr_{pr_number}", "pr_7_marts"),
        ("pr_{pr_number}", "staging_pr_7"),
        ("dbt_ci_pr_{pr_number}", "marts_dbt_ci_pr_7"),
        ("dbt_ci_pr_{pr_number}", "dbt_ci_pr_7_marts"),
        ("pr_{pr_number}", "pr_7_layer_2"),
        ("ci_{branch}", "ci_feature"),
        ("ci_{branch}", "ci_feature_marts"),
        ("ci_{sha7}", "ci_0123abc"),
        ("x_{pr_number}_{pr_number}", "x_7_7_marts"),
        ("{job}_{pr_number}", "ci_7_marts"),
    ],
)
def test_its_own(template: str, name: str) -> None:
    assert why_not(name, claim(template)) == ""


@pytest.mark.parametrize(
    ("template", "name", "reason"),
    [
        ("pr_{pr_number}", "pr_71", "its name is that of pull request 71"),
        ("pr_{pr_number}", "pr_17_marts", "its name is that of pull request 17"),
        ("pr_{pr_number}", "pr_2_layer_7", "its name is that of pull request 2"),
        ("pr_{pr_number}", "layer7", "its name isn't that of pull request 7 alone"),
        ("pr_{pr_number}", "layer_7", "its name isn't that of pull request 7 alone"),
        ("dbt_ci_pr_{pr_number}", "finance_pr_7", "its name isn't that of pull request 7 alone"),
        ("{pr_number}", "finance_7", "its name isn't that of pull request 7 alone"),
        ("dbt_ci", "dbt_ci_7", "its name isn't that of pull request 7 alone"),
        ("pr_{pr_number}", "main", "its name isn't that of pull request 7 alone"),
        ("pr_{pr_number}", "70_7x", "its name isn't that of pull request 7 alone"),
        ("pr_{pr_number}", "ANALYTICS", "production uses it"),
        ("pr_{pr_number}", "pr_7_shared", "production uses it"),
        ("analytics_{branch}", "analytics", "production uses it"),
        ("{branch}", "features", "its name isn't that of pull request 7 alone"),
        ("dbt_ci", "dbt_ci", "its name isn't that of pull request 7 alone"),
        ("{job}", "ci", "its name isn't that of pull request 7 alone"),
        (None, "pr_7", "environment `ci` has no `schema` that is a pull request's own"),
    ],
)
def test_not_its_own(template: str | None, name: str, reason: str) -> None:
    assert why_not(name, claim(template)) == reason


def test_a_field_that_the_run_did_not_have_claims_nothing() -> None:
    assert "isn't that of" in why_not("ci", claim("ci_{branch}", branch=""))


@pytest.mark.parametrize(("number", "name"), [(2024, "finance_2024"), (1, "layer_1")])
def test_a_number_alone_makes_no_name_its_own(number: int, name: str) -> None:
    own = claim("dbt_ci_pr_{pr_number}", number)
    assert why_not(name, own) == f"its name isn't that of pull request {number} alone"


def test_what_may_be_a_deployments_is_sure_by_the_number_alone() -> None:
    assert why_not("pr_7", replace(claim(), unknown="production")) == ""
    for template, name in (("{branch}", "feature"), ("ci_{sha7}", "ci_0123abc")):
        assert why_not(name, claim(template)) == ""
        reason = why_not(name, replace(claim(template), unknown="production"))
        assert reason.startswith("it may be one that environment `production` writes into")


def test_what_is_left_has_its_reason() -> None:
    schemas = [Schema(database="db", schema=name) for name in ("pr_7", "analytics", "pr_7_a")]
    own, left = own_and_left(schemas, claim())
    assert [each.schema for each in own] == ["pr_7", "pr_7_a"]
    assert [(str(schema), reason) for schema, reason in left] == [
        ("db.analytics", "production uses it")
    ]


TEMPLATES = ["pr_{pr_number}", "dbt-ci/{pr_number}", "{job}_{pr_number}", "ci_{branch}_{pr_number}"]


@given(
    template=st.sampled_from(TEMPLATES),
    number=st.integers(1, 200),
    other=st.integers(1, 200),
    end=st.sampled_from(["", "_marts", "_dbt_test__audit"]),
)
def test_what_one_pull_request_calls_its_own_no_other_does(
    template: str, number: int, other: int, end: str
) -> None:
    fields = {"pr_number": str(number), "job": "ci", "branch": "feature"}
    name = schema_name(template, fields) + end
    assert (why_not(name, claim(template, other)) == "") == (number == other)
