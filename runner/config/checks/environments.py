"""Secrets, schema templates and the addresses of channels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.config.nodes import Entry, Scalar
from runner.config.text import shown
from runner.config.withholding import SECRET_CHANNELS
from runner.config.written import Written
from runner.model import Problem
from runner.unknown import did_you_mean

SCHEMA_FIELDS = ("pr_number", "job", "sha7", "branch")
_BRACES = re.compile(r"\{([^{}]*)\}")


def secrets(written: Written) -> Iterator[Problem]:
    """Names that GitHub keeps for itself, and secrets that are plain values too."""
    for name, environment in written.environments.items():
        hidden = {node.text for node in environment.scalars("secrets")}
        for node in environment.scalars("secrets"):
            if node.text.upper().startswith("GITHUB_"):
                what = f"{shown(node.text)} can't be the name of a secret"
                why = "GitHub keeps names that start with GITHUB_ for itself"
                yield written.source.problem(node.span, "wrong-name", what, why=why)
        for entry in environment.mapping("env").entries.values():
            if entry.key.text in hidden:
                yield _plain_secret(written, entry, name)
    for job in written.jobs.values():
        hidden = {node.text for node in written.environment_of(job).scalars("secrets")}
        for entry in job.settings.mapping("env").entries.values() if hidden else ():
            if entry.key.text in hidden:
                yield _plain_secret(written, entry, job.environment or "")


def _plain_secret(written: Written, entry: Entry, environment: str) -> Problem:
    what = f"{shown(entry.key.text)} is a plain value and a secret of environment `{environment}`"
    why = "one of the two would be lost, and a plain value isn't masked"
    hint = "remove it from `env` or from `secrets`"
    return written.source.problem(entry.key.span, "secret-in-env", what, why=why, hint=hint)


def schema_templates(written: Written) -> Iterator[Problem]:
    """Fields of `schema` that nothing fills in."""
    for environment in written.environments.values():
        node = environment.scalar("schema")
        if node is None:
            continue
        for field in _BRACES.findall(node.text):
            if field not in SCHEMA_FIELDS:
                yield _unknown_field(written, node, field)
        if re.search(r"[{}]", _BRACES.sub("", node.text)):
            what = f"a brace in {shown(node.text)} is not closed"
            hint = "a field is written like {pr_number}"
            yield written.source.problem(node.span, "schema-template", what, hint=hint)


def _unknown_field(written: Written, node: Scalar, field: str) -> Problem:
    return written.source.problem(
        written.source.narrowed(node.span, f"{{{field}}}"),
        "schema-template",
        f"a schema has no field {shown(f'{{{field}}}')}",
        why=f"its fields are {', '.join(f'{{{name}}}' for name in SCHEMA_FIELDS)}",
        hint=did_you_mean(field, SCHEMA_FIELDS),
    )


def channel_addresses(written: Written) -> Iterator[Problem]:
    """Plain addresses that can't be one, and those that should be secrets."""
    for channel in written.channels.values():
        for kind, entry in channel.entries.items():
            if isinstance(entry.node, Scalar) and not entry.node.text.startswith("$"):
                yield from _plain_address(written, kind, entry.node)


def _plain_address(written: Written, kind: str, node: Scalar) -> Iterator[Problem]:
    if kind in SECRET_CHANNELS:
        yield written.source.problem(
            node.span,
            "secret-in-file",
            f"the address of `{kind}` is written into the file",
            why="whoever can read the repository can send messages with it",
            hint=f"keep it in a secret, and write its name: `{kind}: ${kind.upper()}_ADDRESS`",
            severity="warning",
        )
    elif kind == "email" and "@" not in node.text:
        what = f"{shown(node.text)} is not an email address"
        hint = f"for a variable, write `${node.text}`" if node.text.isidentifier() else ""
        yield written.source.problem(node.span, "wrong-value", what, hint=hint)
    elif kind == "webhook" and not node.text.startswith(("https://", "http://")):
        what = f"{shown(node.text)} is not a URL"
        hint = f"for a variable, write `${node.text}`" if node.text.isidentifier() else ""
        yield written.source.problem(node.span, "wrong-value", what, hint=hint)
