"""`act` as GitHub: it runs the workflow of a commit, on this machine and without containers.

Where it differs from GitHub, and what is done about it:

- GITHUB_SHA is the commit of the folder that it runs in, so it is given a clone at that commit.
- GITHUB_REF would be the name of a branch there: it is given by ``--env``, as GITHUB_WORKFLOW_REF is.
- An action of another repository would be fetched from github.com: ``--local-repository`` names a folder
  for each that is pinned, which is ours for ours, and a stand-in for GitHub's own.
- ``concurrency`` and ``environment`` mean nothing to it. Events come one at a time here.
- ``permissions`` mean nothing to it either: the fake refuses what the jobs of the event aren't granted.
- Whatever its own environment has, steps have too.
- It refuses what GitHub has come to take since it was written: it runs a copy of the workflow without that.
- It knows no cache, and the artifacts that it can keep are not served by REST: both are stand-ins.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runner.cli.cache import cache_folder
from tests.conftest import ROOT, clean_environ
from tests.e2e.shop import Shop
from tests.e2e.uploads import PATH, uploads
from tests.fake_github.github import FakeGitHub
from tests.fake_github.routes import ROUTES
from tests.fake_github.things import OWN, WORKFLOW
from tests.fake_github.things import Run as FakeRun
from tests.workflows.checks import as_it_was

STAND_INS = Path(__file__).with_name("actions")
PASSWORD = "correct-horse-battery"
EVERYTHING = {route.permission for route in ROUTES}


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A finished run of the workflow. ``jobs``: "plan" or "run ci" → success, failure."""

    run: FakeRun
    jobs: dict[str, str]
    log: str

    def artifacts(self, fake: FakeGitHub) -> set[str]:
        return {one.name for one in fake.artifacts if one.run.id == self.run.id}


class Engine:
    """Runs the workflow of a shop's commits against a fake GitHub."""

    def __init__(self, folder: Path, shop: Shop, fake: FakeGitHub, cache: Path) -> None:
        self._folder = folder
        self._shop = shop
        self._fake = fake
        self._cache = cache
        self._action = folder / "action"
        self._action.mkdir()
        shutil.copyfile(ROOT / "action.yml", self._action / "action.yml")
        for name in ("runner", "schemas", "requirements"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, self._action / name, ignore=ignored)
        fake.storage = uploads(fake)

    def happens(
        self,
        event: str,
        payload: dict[str, Any],
        *,
        ref: str,
        commit: str,
        workflow: str = WORKFLOW,
        run: FakeRun | None = None,
        **of_run: Any,
    ) -> Workflow:
        """An event of GitHub's, which runs the ``workflow`` of ``commit``.

        ``of_run`` is what GitHub says of that run: its head, also where a merge is checked out. Where
        that is a fork's, there are no secrets, and the token can only read. ``run`` is there already
        where it was dispatched.
        """
        run = run or self._fake.add_run(event=event, path=workflow, conclusion=None)
        for name, value in of_run.items():
            setattr(run, name, value)
        checkout = self._folder / f"at-{run.id}"
        self._shop.checkout(commit, checkout)
        closed = payload.get("action") == "closed"
        own = run.head_repository == OWN
        self._fake.denied = EVERYTHING - _granted(checkout / workflow, closed, own)
        (self._folder / "event.json").write_text(json.dumps(payload))
        copy = self._folder / f"workflow-{run.id}.yml"
        copy.write_text(as_it_was((checkout / workflow).read_text()))
        done = subprocess.run(
            [*self._act(copy), event, *self._variables(run, ref)],
            cwd=checkout,
            env=self._environ(),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        run.conclusion = "failure" if done.returncode else "success"
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        log = "\n".join(
            f"{line['time'][11:19]} {line.get('job', '')}| {line['msg']}".rstrip() for line in lines
        )
        print(log, done.stderr)
        return Workflow(run=run, jobs=_jobs(lines), log=log + done.stderr)

    def _act(self, workflow: Path) -> list[str]:
        act = [str(Path(sys.executable).with_name("act")), "--json", "--rm", "--no-cache-server"]
        act += ["--no-skip-checkout", "--platform", "ubuntu-latest=-self-hosted"]
        act += ["--workflows", str(workflow), "--eventpath", str(self._folder / "event.json")]
        act += ["--actor", "jo", "--defaultbranch", "main"]
        act += ["--insecure-secrets"]  # it would mask what leaks, and nobody would see it
        texts = (workflow.read_text(), (ROOT / "action.yml").read_text())
        pinned = {each for text in texts for each in re.findall(r"uses: (\S+@[0-9a-f]{40})", text)}
        for action in sorted(pinned):
            act += ["--local-repository", f"{action}={self._local(action)}"]
        return act

    def _local(self, action: str) -> Path:
        owner, _, name = action.partition("@")[0].partition("/")
        return STAND_INS / name if owner == "actions" else self._action

    def _variables(self, run: FakeRun, ref: str) -> list[str]:
        env = {
            "GITHUB_API_URL": self._fake.api_url,
            "GITHUB_REF": ref,
            "GITHUB_RUN_ID": str(run.id),
            "GITHUB_WORKFLOW_REF": f"{OWN.full_name}/{run.path}@{ref}",
            "E2E_ORIGIN": self._shop.origin.as_uri(),
            "E2E_CACHE": str(self._cache),
            "E2E_DBT": str(cache_folder(os.environ)),
            "E2E_UPLOADS": f"{self._fake.storage_url}{PATH}",
        }
        secrets = {"GITHUB_TOKEN": self._fake.token}
        if run.head_repository == OWN:
            secrets["DBT_ENV_SECRET_PASSWORD"] = PASSWORD
        return [
            *(part for pair in env.items() for part in ("--env", "=".join(pair))),
            *(part for pair in secrets.items() for part in ("--secret", "=".join(pair))),
        ]

    def _environ(self) -> dict[str, str]:
        """Downloads come from the machine's own caches; act's folders are the test's."""
        environ = clean_environ(os.environ)
        del environ["PYTHONPATH"]
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return {
            "UV_CACHE_DIR": str(caches / "uv"),
            "PIP_CACHE_DIR": str(caches / "pip"),
            **environ,
            "XDG_CACHE_HOME": str(self._folder / "act"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}",
        }


def _granted(workflow: Path, closed: bool, own: bool) -> set[str]:
    """What the jobs that an event starts may do, all of them together: they have one token here."""
    found = set()
    for name, job in yaml.safe_load(workflow.read_text())["jobs"].items():
        for scope, level in job["permissions"].items() if (name == "clean") == closed else ():
            found |= {f"{scope}: read", f"{scope}: {level if own else 'read'}"}
    return found


def _jobs(lines: list[dict[str, Any]]) -> dict[str, str]:
    """A job of a matrix has the name of its job of dbt.

    By its steps: act says of every leg of a matrix that it failed once one of them has.
    """
    found: dict[str, str] = {}
    failed = set()
    for line in lines:
        matrix = line.get("matrix") or {}
        name = f"{line.get('jobID')} {matrix.get('job', '')}".strip()
        if line.get("stepResult") == "failure":
            failed.add(name)
        if "jobResult" in line:
            found[name] = "failure" if name in failed else "success"
    return found
