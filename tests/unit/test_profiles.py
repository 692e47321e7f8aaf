"""What profiles.yml says of where a target writes."""

from pathlib import Path

import pytest

from runner.dbt.profiles import all_plain, plain_schemas
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
