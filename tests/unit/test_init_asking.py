"""What `dbt-gitops init` asks at a terminal, typed at a real one."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterable
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Project, clean_environ
from tests.initial import SHOP, project_of, shop
from tests.unit.test_init import MODELS, PROJECT, assert_sound, snapshot

TARGET = b"Which target is production"
WHEN = b"When is it built"
ZONE = b"In which time zone"
MERGE = b"Deploy what is merged"
CI = b"Build what a pull request changes"
LONGEST = 60.0
PAUSE = 0.1


def typed(
    project: Project, talk: Iterable[tuple[bytes, bytes]], *arguments: str
) -> tuple[int, str]:
    """The exit code and the screen; ``talk`` are questions to wait for and what is typed then."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "init", *arguments],
        cwd=project.path,
        env={**clean_environ(os.environ), **project.env, "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_own_terminal,  # so that Ctrl-C is a signal
    )
    os.close(theirs)
    screen, seen = b"", 0
    try:
        for question, answer in talk:
            while question not in screen[seen:]:
                screen += _read(ours, screen)
            seen = screen.index(question, seen) + len(question)
            time.sleep(PAUSE)  # nobody types faster than a question is read
            os.write(ours, answer)
        while more := _rest(ours):
            screen += more
        return process.wait(LONGEST), screen.decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _own_terminal() -> None:
    ioctl(0, termios.TIOCSCTTY, 0)


def _read(terminal: int, screen: bytes) -> bytes:
    chunk = _rest(terminal)
    assert chunk, f"nothing more came after: {screen.decode()}"
    return chunk


def _rest(terminal: int) -> bytes:
    """What comes next, b"" at the end."""
    ready, _, _ = select.select([terminal], [], [], LONGEST)
    assert ready, "it waits for something that nobody types"
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def written(project: Project) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((project.path / "dbt_jobs.yml").read_text())
    return content


def test_return_takes_what_is_offered(tmp_path: Path) -> None:
    project = shop(tmp_path / "asked" / "shop")
    answers = [(each, b"\n") for each in (TARGET, WHEN, ZONE, CI, MERGE)]
    code, screen = typed(project, answers)
    assert code == 0, screen
    assert "(dev, prod) [prod]" in screen
    assert "an hour of the day, or cron [5]" in screen
    assert "In which time zone [UTC]" in screen
    same = shop(tmp_path / "yes" / "shop")
    assert same.cli("init", "--yes").code == 0
    assert snapshot(project.path) == snapshot(same.path)


def test_answers_are_written(tmp_path: Path) -> None:
    project = shop(tmp_path / "shop")
    code, screen = typed(
        project,
        [
            (TARGET, b"staging\n"),  # there is none
            (TARGET, b"dev\n"),
            (WHEN, b"25\n"),
            (WHEN, b"23\n"),
            (ZONE, b"Europe/Atlantis\n"),
            (ZONE, b"Europe/Berlin\n"),
            (CI, b"n\n"),
            (MERGE, b"n\n"),
        ],
    )
    assert code == 0, screen
    assert "25 is no hour from 0 to 23" in screen
    assert "Europe/Atlantis is no time zone" in screen
    content = written(project)
    assert list(content["environments"]) == ["production"]
    assert content["environments"]["production"]["target"] == "dev"
    assert list(content["jobs"]) == ["production", "full-refresh"]
    schedule = content["jobs"]["production"]["triggers"]["schedule"]
    assert schedule == {"cron": "6 23 * * *", "timezone": "Europe/Berlin"}
    assert_sound(project)


def test_a_cron_of_ones_own(tmp_path: Path) -> None:
    project = shop(tmp_path / "shop")
    cron = b"41 4,16 * * MON-FRI\n"
    talk = [(TARGET, b"\n"), (WHEN, cron), (ZONE, b"\n"), (CI, b"\n"), (MERGE, b"\n")]
    assert typed(project, talk)[0] == 0
    assert "Not on the hour" not in (project.path / "dbt_jobs.yml").read_text()
    jobs = written(project)["jobs"]
    assert jobs["production"]["triggers"]["schedule"]["cron"] == "41 4,16 * * MON-FRI"
    assert_sound(project)


@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["ctrl-c", "end-of-file"])
@pytest.mark.parametrize("at", [TARGET, MERGE])
def test_who_leaves_has_nothing_written(tmp_path: Path, key: bytes, at: bytes) -> None:
    project = shop(tmp_path / "shop")
    before = snapshot(project.path)
    questions = [TARGET, WHEN, ZONE, CI, MERGE]
    talk = [(each, b"\n") for each in questions[: questions.index(at)]]
    code, screen = typed(project, [*talk, (at, key)])
    assert code == 130, screen
    assert "interrupted" in screen
    assert snapshot(project.path) == before


def test_which_of_several_projects_and_which_adapter(tmp_path: Path) -> None:
    files = {f"a/{name}": text for name, text in SHOP.items()}
    files |= {"b/dbt_project.yml": PROJECT, **{f"b/{n}": text for n, text in MODELS.items()}}
    project = project_of(tmp_path / "mono", files)
    talk = [
        (b"Which dbt project (a, b)", b"b\n"),
        (b"Which adapter", b"Dbt-Trino\n"),
        *((each, b"\n") for each in (WHEN, ZONE, CI, MERGE)),
    ]
    code, screen = typed(project, talk)
    assert code == 0, screen
    assert "no profiles.yml has the project's profile" in screen
    text = (project.path / "b" / "dbt_jobs.yml").read_text()
    assert yaml.safe_load(text)["environments"]["production"]["dbt"]["adapter"].startswith("trino")


def test_yes_asks_nothing_at_a_terminal(tmp_path: Path) -> None:
    project = shop(tmp_path / "shop")
    began = time.monotonic()
    code, screen = typed(project, [], "--yes")
    assert (code, "Which target" in screen) == (0, False)
    assert time.monotonic() - began < LONGEST
