"""What profiles.yml says of where a target writes."""

from pathlib import Path

import pytest

from runner.dbt.profiles import all_plain, default_target, names_read, plain_schemas
from runner.errors import ConfigInvalid

PROFILES = """\
config: { send_anonymous_usage_stats: false }
shop:
  target: "{{ env_var('TARGET', 'prod') }}"
  outputs:
    prod: { type: postgres, schema: analytics }
    ci: { type: postgres, schema: "{{ env_var('USER') }}_ci" }
    big: { type: bigquery, dataset: marts, schema: 2024 }
    block: { type: postgres, schema: "{% if true %}analytics{% endif %}" }
    broken: 7
other:
  outputs:
    prod: { type: postgres, schema: Other }
empty:
"""


@pytest.mark.parametrize(
    ("target", "expected", "known"),
    [
        ("prod", {"analytics", "Other"}, True),
        ("ci", set(), False),
        ("block", set(), False),
        ("big", {"marts", "2024"}, True),
        ("broken", set(), False),
        ("unknown", set(), False),
        (None, {"analytics", "Other", "marts", "2024"}, False),
    ],
)
def test_the_plain_schemas_of_a_target(
    tmp_path: Path, target: str | None, expected: set[str], known: bool
) -> None:
    (tmp_path / "profiles.yml").write_text(PROFILES)
    assert plain_schemas(tmp_path, target) == expected
    assert all_plain(tmp_path, target) is known


def test_profiles_that_are_no_mapping(tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").write_text("- prod")
    with pytest.raises(ConfigInvalid, match="is not a mapping of profiles"):
        plain_schemas(tmp_path, "prod")


@pytest.mark.parametrize(
    "value", ["*canary", "!canary x", "'canary", "%canary", "canary: x: y", "@canary"]
)
def test_what_is_not_yaml_is_told_without_a_word_of_it(tmp_path: Path, value: str) -> None:
    (tmp_path / "profiles.yml").write_text(
        f"shop:\n  outputs:\n    prod:\n      password: {value}\n"
    )
    with pytest.raises(ConfigInvalid) as raised:
        plain_schemas(tmp_path, None)
    said = f"{raised.value.what} {raised.value.why} {raised.value.hint}"
    assert "canary" not in said
    assert f"{tmp_path / 'profiles.yml'}:" in said
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("profile", "default", "reads"),
    [
        ("shop", "", {"TARGET", "USER"}),
        ("other", "default", set()),
        ("empty", "", set()),
        ("nowhere", "", set()),
        ("both", "dev", {"HOST", "PORT", "user", "ROLE"}),
        ("made", "prod", None),
    ],
)
def test_the_default_target_and_what_a_profile_reads(
    tmp_path: Path, profile: str, default: str, reads: set[str] | None
) -> None:
    (tmp_path / "profiles.yml").write_text(
        PROFILES
        + """\
both:
  target: dev
  outputs:
    dev:
      host: '{{ env_var("HOST") }}'
      port: "{{ env_var( 'PORT', '5432' ) | as_number }}"
      user: "{{ var('user') }}"
      role: "{{ env_var(\\"ROLE\\") }}"
made:
  target: prod
  outputs:
    prod: { user: "{{ env_var('USER_' ~ target.name) }}", host: "{{ env_var('HOST') }}" }
"""
    )
    assert default_target(tmp_path, profile) == default
    assert names_read(tmp_path, profile) == reads
