"""Find the dbt of an environment, or install it with uv into a cached virtual environment."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.dbt.child import Child
from runner.errors import DbtMissing
from runner.model import DbtExecutable, PinnedDbt
from runner.stopping import Stop, Stopped

COMPLETE = ".complete"
LAST_LINES = 20


@dataclass(frozen=True, kw_only=True)
class DbtLocation:
    """Either a Python that can import dbt, or an executable. ``how`` says it for people."""

    how: str
    python: Path | None = None
    executable: Path | None = None
    adapter: str = ""


def locate(
    dbt: PinnedDbt | DbtExecutable | None,
    *,
    root: Path,
    cache: Path,
    environ: Mapping[str, str],
    stop: Stop,
    say: Callable[[str], None],
) -> DbtLocation:
    """The dbt to run; installs it where it is pinned and not there yet.

    A relative path of an executable starts at ``root``, the folder of the jobs file. ``environ``
    is what uv gets, so it holds no secrets.
    """
    if isinstance(dbt, PinnedDbt):
        return _installed(dbt, cache, environ, stop, say)
    if isinstance(dbt, DbtExecutable):
        return _executable(dbt.executable, root, environ)
    return _on_path(environ)


def adapter_type(dbt: PinnedDbt) -> str:
    """The adapter's name as profiles.yml says it: ``duckdb``."""
    name = re.split(r"[^A-Za-z0-9_-]", dbt.adapter.removeprefix("dbt-"))[0]
    return name.replace("-", "_")


def _executable(name: str, root: Path, environ: Mapping[str, str]) -> DbtLocation:
    place = str(root / name) if "/" in name else name
    found = shutil.which(place, path=environ.get("PATH"))
    if found is None:
        raise DbtMissing(
            f"`{name}` is not an executable",
            why="the environment's `dbt.executable` names it",
            hint="give its path, or put its folder on PATH",
        )
    path = Path(found).absolute()
    return DbtLocation(how=f"{path}, a process a step", executable=path)


def _on_path(environ: Mapping[str, str]) -> DbtLocation:
    found = shutil.which("dbt", path=environ.get("PATH"))
    if found is None:
        raise DbtMissing(
            "there is no dbt",
            why="the environment pins none and there is no `dbt` on PATH",
            hint='pin it: `dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }` in the environment',
        )
    path = Path(found)
    python = interpreter(path)
    if python is None:
        return DbtLocation(how=f"{path}, a process a step", executable=path.absolute())
    return DbtLocation(how=f"{path}, kept warm", python=python)


def interpreter(script: Path) -> Path | None:
    """The Python of an installed console script, None where it isn't one (dbt v2 is a binary)."""
    with script.open("rb") as file:
        head = file.read(1024).decode("utf-8", errors="replace").splitlines()
    # Installers write a long or spaced path in a second line: '''exec' "/path/python" "$0" "$@"
    for line in head[:2]:
        match = re.match(r"""(?:#!|'''exec' )"?(/[^"]*?python[0-9.]*)(?:"|\s|$)""", line)
        if match and Path(match.group(1)).is_file():
            return Path(match.group(1))
    return None


def _installed(
    dbt: PinnedDbt,
    cache: Path,
    environ: Mapping[str, str],
    stop: Stop,
    say: Callable[[str], None],
) -> DbtLocation:
    folder = cache / "dbt" / _key(dbt.core, dbt.adapter)
    location = DbtLocation(
        how=f"{dbt.core} {dbt.adapter}, kept warm",
        python=folder / "bin" / "python",
        adapter=adapter_type(dbt),
    )
    if not _whole(folder):
        _install(folder, (dbt.core, dbt.adapter), environ, stop, say)
    return location


def _whole(folder: Path) -> bool:
    """Installed to the end, and its Python is still there: caches outlive the machines they fill."""
    return (folder / COMPLETE).exists() and (folder / "bin" / "python").exists()


def _key(*parts: str) -> str:
    exact = (*parts, platform.python_version(), platform.machine(), sys.platform)
    digest = hashlib.sha256("\n".join(exact).encode()).hexdigest()[:12]
    return re.sub(r"[^A-Za-z0-9]+", "-", "-".join(parts)).strip("-") + "-" + digest


def _install(
    folder: Path,
    packages: tuple[str, ...],
    environ: Mapping[str, str],
    stop: Stop,
    say: Callable[[str], None],
) -> None:
    """Under a lock, and only the last file says that it is whole: two jobs may come at once."""
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if _whole(folder):
            return
        say(f"installing {' '.join(packages)} into {folder}")
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)
        _uv(("venv", "--python", sys.executable, str(folder)), environ, stop)
        python = str(folder / "bin" / "python")
        _uv(("pip", "install", "--compile-bytecode", "--python", python, *packages), environ, stop)
        (folder / COMPLETE).touch()


def _uv(arguments: tuple[str, ...], environ: Mapping[str, str], stop: Stop) -> None:
    from uv import find_uv_bin

    child = Child(
        [find_uv_bin(), *arguments, "--no-progress", "--color", "never"],
        cwd=Path.cwd(),
        env=environ,
        stop=stop,
    )
    try:
        output = [line.text for line in child.lines()]
        code = child.wait()
    finally:
        child.close()
    if stop.asked:
        raise Stopped(stop.reason)
    if code:
        raise DbtMissing(
            f"dbt can't be installed: `uv {' '.join(arguments[:2])}` failed",
            why="\n".join(output[-LAST_LINES:]),
            hint="check `dbt.core` and `dbt.adapter` of the environment, and the network",
        )
