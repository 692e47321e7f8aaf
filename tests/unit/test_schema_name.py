"""The name of a pull request's schema: safe in every warehouse, and nobody else's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import ConfigInvalid
from runner.execution.schema_name import LONGEST, schema_name

FIELDS = {"pr_number": "7", "job": "slim_ci", "sha7": "0123abc", "branch": "feature"}


def named(template: str, **fields: str) -> str:
    return schema_name(template, {**FIELDS, **fields})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("dbt_ci_pr_{pr_number}", "dbt_ci_pr_7"),
        ("DBT_CI_{pr_number}", "DBT_CI_7"),
        ("{job}_{pr_number}", "slim_ci_7"),
        ("ci_{branch}", "ci_feature"),
        ("ci_{sha7}", "ci_0123abc"),
        ("dbt_20261120", "dbt_20261120"),
    ],
)
def test_a_plain_name_stays_as_it_is_written(template: str, expected: str) -> None:
    assert named(template) == expected


@pytest.mark.parametrize(
    ("template", "fields", "start"),
    [
        ("ci_{branch}", {"branch": "Feature"}, "ci_feature_"),
        ("ci_{branch}", {"branch": "jo/Größe & more"}, "ci_jo_gr_e_more_"),
        ("ci_{branch}", {"branch": "x_0123abcd"}, "ci_x_0123abcd_"),
        ("{branch}", {"branch": "тест"}, "dbt_"),
        ("{pr_number}_ci", {}, "dbt_7_ci_"),
        ("{job}_{branch}", {"job": "a", "branch": "b_c"}, "a_b_c_"),
        ("{job}{pr_number}", {"job": "ci1", "pr_number": "2"}, "ci12_"),
        ("{branch}", {"branch": "{job}"}, "job_"),
    ],
)
def test_what_could_be_anothers_ends_in_a_digest(
    template: str, fields: dict[str, str], start: str
) -> None:
    name = named(template, **fields)
    assert re.fullmatch(re.escape(start.lstrip("_")) + "[0-9a-f]{8}", name.lstrip("_")), name


def test_a_long_branch_is_cut_and_told_apart() -> None:
    names = {named("dbt_ci_{branch}", branch="x" * 200 + end) for end in "ab"}
    assert {len(name) for name in names} == {LONGEST}
    assert len(names) == 2


def test_two_branches_that_differ_by_case_alone() -> None:
    names = [named("ci_{branch}", branch=branch).lower() for branch in ("feature", "Feature")]
    assert len(set(names)) == 2


def test_a_field_that_the_run_does_not_have() -> None:
    with pytest.raises(ConfigInvalid, match=r"needs \{branch\}, which this run doesn't have"):
        named("ci_{branch}", branch="")


words = st.text(alphabet="aAb1_-/é", min_size=1, max_size=6)
jobs = st.from_regex(r"[a-c1][a-c1_-]{0,3}", fullmatch=True)
numbers = st.integers(1, 120).map(str)
values = st.tuples(jobs, words, numbers)


@given(
    template=st.sampled_from(
        ["{job}_{branch}", "ci_{branch}{pr_number}", "{branch}_{job}", "{job}{pr_number}_{branch}"]
    ),
    one=values,
    other=values,
)
def test_other_values_give_another_name(
    template: str, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    """Also where a warehouse folds case; values of fields that aren't in the template don't count."""
    filled = [
        {
            key: value
            for key, value in zip(("job", "branch", "pr_number"), each, strict=True)
            if key in template
        }
        for each in (one, other)
    ]
    names = [schema_name(template, each) for each in filled]
    assert (names[0].lower() == names[1].lower()) == (filled[0] == filled[1])
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", name) for name in names)
