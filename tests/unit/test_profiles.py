"""What profiles.yml says of where a target writes."""

from pathlib import Path

import pytest

from runner.dbt.profiles import plain_schemas
from runner.errors import ConfigInvalid

PROFILES = """\
config: { send_anonymous_usage_stats: false }
shop:
  target: "{{ env_var('TARGET', 'prod') }}"
  outputs:
    prod: { type: postgres, schema: analytics }
    ci: { type: postgres, schema: "{{ env_var('USER') }}_ci" }
    big: { type: bigquery, dataset: marts, schema: 2024 }
    broken: 7
other:
  outputs:
    prod: { type: postgres, schema: Other }
empty:
"""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("prod", {"analytics", "Other"}),
        ("ci", set()),
        ("big", {"marts", "2024"}),
        ("unknown", set()),
        (None, {"analytics", "Other", "marts", "2024"}),
    ],
)
def test_the_plain_schemas_of_a_target(
    tmp_path: Path, target: str | None, expected: set[str]
) -> None:
    (tmp_path / "profiles.yml").write_text(PROFILES)
    assert plain_schemas(tmp_path, target) == expected


def test_profiles_that_are_no_mapping(tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").write_text("- prod")
    with pytest.raises(ConfigInvalid, match="is not a mapping of profiles"):
        plain_schemas(tmp_path, "prod")
