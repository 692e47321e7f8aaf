"""Resources of Terraform's provider `dbtcloud`, from its files or from what `terraform show -json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What Terraform itself reads of a resource.
META = (
    "connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner",
    "timeouts",
)  # fmt: skip
SHOW = "import what `terraform show -json` prints instead: there every value is worked out"


class Address(str):
    """What stands for a resource's number: its address, ``dbtcloud_job.daily``."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """``number`` is what others call it by: dbt Cloud's number, or the address where it has none yet.

    ``values`` may hold what isn't known (Unresolved); ``notes`` are said of an attribute's row;
    ``sensitive`` attributes aren't repeated. ``several`` is `for_each` or `count` where it stands for
    several resources.
    """

    type: str
    address: str
    number: str
    label: str
    values: Mapping[str, Any] = field(repr=False)
    notes: Mapping[str, str] = field(default_factory=dict)
    sensitive: frozenset[str] = frozenset()
    several: str = ""


def now_called(kind: str) -> str:
    """A resource's type: `dbt_cloud_job` was `dbtcloud_job`'s name before version 0.3 of the provider."""
    return kind.replace("dbt_cloud_", "dbtcloud_", 1) if kind.startswith("dbt_cloud_") else kind
