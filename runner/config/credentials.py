"""Which of the secrets that an environment names open an object store."""

from __future__ import annotations

from runner.model import Environment

# What the names of a store's credentials begin with.
_CREDENTIALS = {
    "s3": ("AWS_",),
    "gs": ("GOOGLE_", "GCS_"),
    "gcs": ("GOOGLE_", "GCS_"),
    "az": ("AZURE_",),
    "abfs": ("AZURE_",),
}


def store_credentials(state: str, environment: Environment) -> tuple[str, ...]:
    """Their names, in the environment's order; none where state isn't in an object store."""
    prefixes = _CREDENTIALS.get(state.partition("://")[0], ())
    return tuple(name for name in environment.secrets if prefixes and name.startswith(prefixes))
