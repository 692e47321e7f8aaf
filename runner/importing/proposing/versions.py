"""The versions of dbt that a project has, as pins of the jobs file."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.dbt.install import interpreter

# Of what nobody has said. Adapters and dbt-core have their versions apart since 1.8.
CORE, ADAPTER = "1.11.*", ">=1.8,<2"
# Lock files first: they say one version.
_FILES = ("uv.lock", "poetry.lock", "requirements*.txt", "requirements/*.txt", "pyproject.toml")
_SIGN = r"(?:==|~=|!=|>=|<=|>|<)\s*[0-9][0-9A-Za-z.*+!]*"
_PLAIN = re.compile(r"(\d+)\.(\d+)(\.(\d+|\*))*")


@dataclass(frozen=True, kw_only=True)
class Pins:
    """As `dbt` of an environment has them; ``source`` says for people where they come from.

    ``known``: neither is a guess.
    """

    core: str
    adapter: str
    source: str
    known: bool = True


@dataclass(frozen=True, kw_only=True)
class _Place:
    name: str
    core: str
    adapter: str


def pins_of(
    adapter: str,
    folder: Path,
    root: Path,
    wanted: object,
    manifest_version: str,
    environ: Mapping[str, str],
) -> Pins:
    """``wanted`` is `require-dbt-version` of dbt_project.yml."""
    package = f"dbt-{adapter.replace('_', '-')}"
    places = list(_places(package, folder, root, environ))
    places.append(_Place(name="target/manifest.json", core=_of(manifest_version), adapter=""))
    places.append(_Place(name="require-dbt-version", core=_bounded(wanted), adapter=""))
    both = [place for place in places if place.core and place.adapter]
    core = next((p for p in (*both, *places) if p.core), None)
    own = next((p for p in (*both, *places) if p.adapter), None)
    return Pins(
        core=core.core if core else _beside(own.adapter) if own else CORE,
        adapter=f"{adapter}{_signed(own.adapter if own else ADAPTER)}",
        source=_said(package, core, own),
        known=core is not None and own is not None,
    )


def _said(package: str, core: _Place | None, own: _Place | None) -> str:
    if core is None and own is None:
        return f"a guess, because no dbt-core and no {package} is pinned or installed here"
    if core is own and core is not None:
        return core.name
    of_core = f"{core.name} for dbt-core" if core else "a guess for dbt-core"
    return f"{of_core}, {own.name if own else 'a guess'} for {package}"


def adapters_named(folder: Path, root: Path) -> tuple[str, ...]:
    """The adapters that requirement files name, each once: ``("snowflake",)``."""
    found: dict[str, None] = {}
    for path in _requirement_files(folder, root):
        for name in re.findall(r"""(?:^|["'\s])dbt[-_]([a-z]+)\b""", _text(path), re.MULTILINE):
            if name in ADAPTERS:
                found[name] = None
    return tuple(found)


# By the names that requirement files have for them; a profile may name any other.
ADAPTERS = (
    "athena", "bigquery", "clickhouse", "databricks", "duckdb", "fabric", "postgres", "redshift",
    "snowflake", "spark", "sqlserver", "trino",
)  # fmt: skip


def _places(package: str, folder: Path, root: Path, environ: Mapping[str, str]) -> Iterator[_Place]:
    """What the project says, then what is installed beside it, then what is at hand."""
    for path in _requirement_files(folder, root):
        text = _text(path)
        name = str(path.relative_to(root))
        yield _Place(name=name, core=_required(text, "dbt-core"), adapter=_required(text, package))
    for name, venv in _environments(folder, root, environ):
        core, own = _installed(venv, "dbt-core"), _installed(venv, package)
        yield _Place(name=name, core=_of(core), adapter=_of(own))
    core, own = _here("dbt-core"), _here(package)
    yield _Place(name="this Python", core=_of(core), adapter=_of(own))


def _requirement_files(folder: Path, root: Path) -> Iterator[Path]:
    for place in _up(folder, root):
        for pattern in _FILES:
            yield from sorted(filter(Path.is_file, place.glob(pattern)))


def _up(folder: Path, root: Path) -> Iterator[Path]:
    """The project's folder and those above it, to the top of the repository."""
    yield folder
    yield from (above for above in folder.parents if above == root or root in above.parents)


def _environments(
    folder: Path, root: Path, environ: Mapping[str, str]
) -> Iterator[tuple[str, Path]]:
    for place in _up(folder, root):
        for name in (".venv", "venv", "env"):
            if (place / name / "pyvenv.cfg").is_file():
                yield name, place / name
    if environ.get("VIRTUAL_ENV"):
        yield "the active virtual environment", Path(environ["VIRTUAL_ENV"])
    dbt = shutil.which("dbt", path=environ.get("PATH"))
    python = interpreter(Path(dbt)) if dbt else None
    if python:
        yield "the dbt on PATH", python.parent.parent


def _installed(venv: Path, package: str) -> str:
    name = package.replace("-", "_")
    found = sorted(venv.glob(f"lib/python*/site-packages/{name}-*.dist-info"))
    return found[-1].name.removeprefix(f"{name}-").removesuffix(".dist-info") if found else ""


def _here(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _required(text: str, package: str) -> str:
    name = package.replace("-", "[-_]")
    locked = re.search(rf'^name = "{name}"\nversion = "([^"]+)"', text, re.MULTILINE)
    if locked:
        return _of(locked[1])
    line = rf"""(?:^|["'\s]){name}(?:\[[^\]]*\])?\s*({_SIGN}(?:\s*,\s*{_SIGN})*)"""
    written = re.search(line, text, re.MULTILINE)
    return _bounded(written[1]) if written else ""


def _of(version: str) -> str:
    """``1.11.6`` as ``1.11.*``; one that isn't a plain release as it is."""
    plain = _PLAIN.fullmatch(version)
    return f"{plain[1]}.{plain[2]}.*" if plain else version


def _bounded(wanted: object) -> str:
    """A requirement as the jobs file has it, "" of one that takes each new release."""
    parts = wanted if isinstance(wanted, list) else [wanted]
    signs = [re.sub(r"\s", "", str(part)) for part in parts if isinstance(part, str)]
    text = ",".join(filter(None, signs))
    if not re.fullmatch(rf"{_SIGN}(,{_SIGN})*", text):
        return ""
    if re.fullmatch(r"==[^,]+", text):
        return _of(text.removeprefix("=="))
    return text if re.search(r"~=|<", text) else ""


def _signed(version: str) -> str:
    return version if version[0] in "=~!<>" else f"=={version}"


def _beside(adapter: str) -> str:
    """The dbt-core of an adapter: of the same version before 1.8."""
    plain = re.fullmatch(r"1\.([0-7])\.\*", adapter)
    return adapter if plain else CORE


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
