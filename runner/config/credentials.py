"""Which of the secrets that an environment names are for an object store, and which of them open it."""

from __future__ import annotations

import re

from runner.model import Environment

# What the names of a store's credentials begin with.
_CREDENTIALS = {
    "s3": ("AWS_",),
    "gs": ("GOOGLE_", "GCS_"),
    "gcs": ("GOOGLE_", "GCS_"),
    "az": ("AZURE_",),
    "abfs": ("AZURE_",),
}
_WHERE = re.compile(
    r"_(?:REGION|LOCATION|ZONE|PROJECT(?:_ID|_NUMBER)?|ENDPOINT(?:_URL)?(?:_[A-Z0-9]+)?|TENANT_ID"
    r"|SUBSCRIPTION_ID|ACCOUNT(?:_ID|_NAME)?|PROFILE|BUCKET|AUTHORITY_HOST)$"
)


def store_credentials(state: str, environment: Environment) -> tuple[str, ...]:
    """Their names, in the environment's order; none where state isn't in an object store."""
    prefixes = _CREDENTIALS.get(state.partition("://")[0], ())
    return tuple(name for name in environment.secrets if prefixes and name.startswith(prefixes))


def opens(name: str) -> bool:
    """Whether it lets anyone in; a region, a project or an address only says where."""
    return not _WHERE.search(name)
