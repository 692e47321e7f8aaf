"""What the code knows better than any author: `make docs` writes it, a test compares it.

Parts of the README and of docs/migration.md, between `<!-- generated: name -->` and `<!-- end: name -->`, and the
whole of docs/reference.md, docs/rules.md and docs/jobs.svg.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from runner.cli.main import VERBS, cli
from runner.config.rules import RULES, Rule
from runner.config.rules.elsewhere import ELSEWHERE
from runner.config.rules.rule import HISTORY, MANIFEST, PACKAGES
from runner.config.schema import schema_text
from runner.errors import ExitCode
from runner.importing.dbt_cloud import read
from runner.importing.writing import drafted
from runner.reports.losses import as_text
from tests.drawn import drawn
from tests.initial import shop

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
REFERENCE = ROOT / "docs" / "reference.md"
RULES_PAGE = ROOT / "docs" / "rules.md"
JOBS_PICTURE = ROOT / "docs" / "jobs.svg"
MIGRATION = ROOT / "docs" / "migration.md"
CLOUD_JOBS = ROOT / "examples" / "migration" / "dbt_cloud.json"
FIRST = ROOT / "examples" / "dbt_jobs.yml"
# The help is wrapped at this width, whatever the terminal of who writes it.
WIDTH = 96


def first_jobs_file() -> str:
    return f"```yaml\n{FIRST.read_text()}```"


def import_report() -> str:
    report = as_text(read([CLOUD_JOBS]).rows)
    return f"```text\n$ dbt-gitops import dbt-cloud dbt_cloud.json\n{report}\n```"


def imported_jobs_file() -> str:
    return f"```yaml\n{drafted(read([CLOUD_JOBS]), None)}```"


def exit_codes() -> str:
    rows = [f"| {int(code)} | {code.meaning} |" for code in ExitCode]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


def commands() -> str:
    """Each verb's `--help`, its groups' verbs below it."""
    context = click.Context(cli, info_name="dbt-gitops")
    parts = []
    for verb in VERBS:
        command = cli.get_command(context, verb)
        assert command is not None
        parts += [f"```text\n$ {line} --help\n{text}\n```" for line, text in _help(command, verb)]
    return "\n\n".join(parts)


def jobs_file() -> str:
    """A table for each place of the jobs file: key, what it takes, its default, what it means."""
    schema = json.loads(schema_text("dbt_jobs.schema.json"))
    return "\n\n".join(_tables(schema, schema, ()))


def record() -> str:
    """A table for each object of the run record."""
    schema = json.loads(schema_text("run.schema.json"))
    return "\n\n".join(_tables(schema, schema, ()))


def first_init() -> str:
    """What `init` says of a small project."""
    with TemporaryDirectory() as folder:
        done = shop(Path(folder) / "shop").cli("init", "--yes")
    assert done.code == 0, done.err
    return f"```text\n$ dbt-gitops init --yes\n{done.out}```"


# The generated parts of each document.
SECTIONS: dict[Path, dict[str, Callable[[], str]]] = {
    README: {
        "init": first_init,
        "first-jobs-file": first_jobs_file,
        "exit-codes": exit_codes,
    },
    MIGRATION: {"import-report": import_report, "imported-jobs-file": imported_jobs_file},
}


def reference() -> str:
    """The text of docs/reference.md."""
    parts = (
        "# Reference",
        "Generated from the code by `make docs`.",
        "## The jobs file",
        jobs_file(),
        "## Commands",
        commands(),
        "## Exit codes",
        exit_codes(),
        "## The record of a run: `run.json`",
        record(),
    )
    return "\n\n".join(parts) + "\n"


HOW_TO_SET = """\
`dbt-gitops validate` runs these rules on jobs files that are valid. Of what it says, a file sets the severity \
by code, and a comment silences one with its reason, on the line that it is about or on the line above:

```yaml
rules: { missing-timeout: error, top-of-the-hour: off }   # off, warning or error
jobs:
  daily:
    triggers:
      # dbt-gitops: ignore[top-of-the-hour] the source is complete at four, and not before
      schedule: { cron: "0 4 * * *" }
```

An error makes `validate` end with exit code 2; it stops no run. Other commands run no rules, and print the \
warnings that they have as the file sets and ignores them. A comment above all else in the file also silences \
what is about the file as a whole, such as `stale-workflow`. An ignore that says no reason is a warning itself, \
and so is one that silences nothing. Of more than ten warnings alike a terminal shows ten; \
`validate --format json` has all, and `--format sarif` tells them to code scanning.

Files of one project that are checked at once are looked at together: for models that no job builds, and for \
jobs that do the same, or build the same, at the same times (with `run_slots: 1` no two run at once). Whether two \
jobs connect alike is read from the file, and from profiles.yml where it is at hand: its default target, and the \
variables that it reads.

Rules that need dbt's answers run with `validate --manifest`: dbt parses the project as production does, \
or reads the manifest.json that is named, and says what each step selects, without a connection. Of a job with \
another target, other vars or other variables, such as a pull request's, the answers are those of production's \
parse. What compares with state counts as unknown, and never as nothing. Printed too is how many nodes each job \
builds."""


NEEDS = {
    HISTORY: "the history of runs",
    MANIFEST: "`validate --manifest`",
    PACKAGES: "a project with packages",
}


def rules() -> str:
    """The text of docs/rules.md."""
    table = ["| code | severity | |", "|---|---|---|"]
    table += [f"| [`{r.code}`](#{r.code}) | {r.severity} | {_cell(r.title)} |" for r in RULES]
    others = ["| code | | why |", "|---|---|---|"]
    others += [f"| `{t.code}` | {_cell(t.title)} | {_cell(t.why)} |" for t in ELSEWHERE]
    parts = (
        "# Rules",
        "Generated from the code by `make docs`.",
        HOW_TO_SET,
        "\n".join(table),
        "Warnings that other checks give are set and silenced in the same way:",
        "\n".join(others),
        *map(_rule, RULES),
    )
    return "\n\n".join(parts) + "\n"


def jobs_picture() -> str:
    """The jobs of the example, as `graph` draws them."""
    return drawn("jaffle", "svg")


def _rule(rule: Rule) -> str:
    why = f"{rule.title}: {rule.why}."
    if rule.needs:
        why += f" It needs {NEEDS[rule.needs]}."
    bad, good = (f"```yaml\n{text}```" for text in (rule.bad, rule.good))
    return f"## {rule.code}\n\n{why}\n\nBad:\n\n{bad}\n\nGood:\n\n{good}"


def rendered(document: Path) -> str:
    """The text of a document with its generated parts as the code has them now."""
    text = document.read_text()
    for name, section in SECTIONS[document].items():
        opening, closing = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        pattern = re.compile(rf"{re.escape(opening)}.*?{re.escape(closing)}", re.DOTALL)
        assert len(pattern.findall(text)) == 1, f"{document} has no place for {name}"
        part = f"{opening}\n{section()}\n{closing}"
        text = text.replace(pattern.findall(text)[0], part)
    return text


def _help(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    context = click.Context(
        command,
        info_name=f"dbt-gitops {name}",
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        **cli.context_settings,
    )
    yield f"dbt-gitops {name}", command.get_help(context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from _help(found, f"{name} {below}")


def _tables(root: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    properties = schema.get("properties", {})
    if properties and path[:1] != ("defaults",):
        yield _table(root, schema, path)
    for key, raw in properties.items():
        for part, below in _below(root, _resolved(root, raw)):
            yield from _tables(root, below, (*path, key, *part))


def _below(
    root: dict[str, Any], schema: dict[str, Any]
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The mappings inside: one's own properties, the values of names, the items of lists."""
    if "properties" in schema:
        yield (), schema
    values = schema.get("additionalProperties")
    if isinstance(values, dict) and "properties" in _resolved(root, values):
        yield ("<name>",), _resolved(root, values)
    inside = [schema.get(branch, {}) for branch in ("then", "else")] + schema.get("anyOf", [])
    for inner in (_resolved(root, each) for each in inside):
        if "properties" in inner:
            yield (), inner
    items = _resolved(root, schema.get("items", {}))
    if "properties" in items:
        yield ("[]",), items


def _table(root: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...]) -> str:
    title = ".".join(path).replace(".[]", "[]") or "the file"
    lines = [
        f"**`{title}`**" if path else f"**{title}**",
        "",
        "| key | default | example | |",
        "|---|---|---|---|",
    ]
    for key, raw in schema["properties"].items():
        each = _resolved(root, raw)
        required = key in schema.get("required", ())
        default = "required" if required else _code(each["default"]) if "default" in each else ""
        example = _code(each["examples"][0]) if each.get("examples") else ""
        lines.append(f"| `{key}` | {default} | {example} | {_cell(each.get('description', ''))} |")
    return "\n".join(lines)


def _resolved(root: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if not reference:
        return schema
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return {**_resolved(root, found), **{k: v for k, v in schema.items() if k != "$ref"}}


def _code(value: object) -> str:
    if value in ("", [], {}):
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    for document in SECTIONS:
        document.write_text(rendered(document))
    REFERENCE.write_text(reference())
    RULES_PAGE.write_text(rules())
    JOBS_PICTURE.write_text(jobs_picture())
