"""dbt projects and jobs files of any size, the same each time they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Layer = Literal["staging", "intermediate", "marts"]

MODELS_PER_FOLDER = 50
SEED_ROWS = 20
# Column and test, in the order in which they are given to a model.
TESTS = (("id", "not_null"), ("id", "unique"), ("amount", "not_null"), ("day", "not_null"))
PREFIX: dict[Layer, str] = {"staging": "stg", "intermediate": "int", "marts": "mart"}

PROJECT = """\
name: bench
version: "1.0.0"
profile: bench
flags:
  send_anonymous_usage_stats: false
models:
  bench:
    staging: { +materialized: view, +tags: [staging] }
    intermediate: { +materialized: view, +tags: [intermediate] }
    marts: { +materialized: table, +tags: [marts] }
"""
PROFILES = """\
bench:
  target: prod
  outputs:
    prod: { type: duckdb, path: bench.duckdb, schema: analytics, threads: 4 }
    ci: { type: duckdb, path: bench.duckdb, schema: dbt_ci, threads: 4 }
"""
JOBS_HEAD = """\
version: 1
environments:
  production: { target: prod }
jobs:
"""
JOB = """\
  job_{index:05}:
    environment: production
    triggers: {{ schedule: {{ cron: "{cron}" }} }}
    steps: [dbt build --select tag:{layer}]
"""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model to write; ``number`` counts from 0 within its layer, ``refs`` are 1 to 3 names."""

    layer: Layer
    number: int
    refs: tuple[str, ...]

    @property
    def name(self) -> str:
        return model_name(self.layer, self.number)

    @property
    def folder(self) -> Path:
        """Below ``models``; at most 50 models share one."""
        return Path(self.layer, f"{self.layer}_{self.number // MODELS_PER_FOLDER:03}")


def write_project(root: Path, models: int, tests_per_model: int = 1) -> None:
    """Write a project of exactly ``models`` models, each with 0 to 4 tests, into ``root``.

    Two fifths are staging (views on the seed ``raw_events``), a quarter marts (tables), the rest
    intermediate (views). Every test passes. The profile ``bench`` has the targets prod and ci.
    """
    if models < 1 or not 0 <= tests_per_model <= len(TESTS):
        raise ValueError(f"{models} models with {tests_per_model} tests each can't be written")
    root.mkdir(parents=True, exist_ok=True)
    (root / "dbt_project.yml").write_text(PROJECT)
    (root / "profiles.yml").write_text(PROFILES)
    (root / "seeds").mkdir(exist_ok=True)
    (root / "seeds" / "raw_events.csv").write_text(seed())
    folders: dict[Path, list[Model]] = {}
    for model in dag(models):
        folders.setdefault(root / "models" / model.folder, []).append(model)
    for folder, members in folders.items():
        _write_folder(folder, members, tests_per_model)


def write_jobs_file(path: Path, jobs: int) -> None:
    """Write a jobs file of ``jobs`` scheduled jobs, at most 180 bytes each, in ``production``."""
    layers = tuple(PREFIX)
    entries = (
        JOB.format(index=index, cron=cron(index), layer=layers[index % len(layers)])
        for index in range(jobs)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(JOBS_HEAD + "".join(entries))


def model_name(layer: Layer, number: int) -> str:
    """``stg_00000``, ``int_00000``, ``mart_00000``."""
    return f"{PREFIX[layer]}_{number:05}"


def dag(models: int) -> Iterator[Model]:
    """Each model after everything that it refs."""
    staging = max(1, models * 2 // 5)
    marts = models // 4
    intermediate = models - staging - marts
    for number in range(staging):
        yield Model(layer="staging", number=number, refs=("raw_events",))
    for number in range(intermediate):
        yield Model(
            layer="intermediate", number=number, refs=_refs("intermediate", number, staging)
        )
    for number in range(marts):
        yield Model(layer="marts", number=number, refs=_refs("marts", number, intermediate))


def seed() -> str:
    """CSV: id (unique), amount, day."""
    rows = (f"{row},{row * 10},2025-01-{row:02}" for row in range(1, SEED_ROWS + 1))
    return "\n".join(["id,amount,day", *rows, ""])


def cron(index: int) -> str:
    """One of five shapes: every quarter of an hour, hourly, daily, on weekdays, weekly."""
    minute, hour = 1 + index * 7 % 58, index % 24
    shapes = (
        f"{minute % 15}-59/15 * * * *",
        f"{minute} * * * *",
        f"{minute} {hour} * * *",
        f"{minute} {hour} * * 1-5",
        f"{minute} {hour} * * {index % 7}",
    )
    return shapes[index % len(shapes)]


def _refs(layer: Layer, number: int, below: int) -> tuple[str, ...]:
    """One or two models of the layer below, and a third of its own layer for every other one.

    The model of its own layer is the one of half its number, so that chains grow with the
    logarithm of the layer's size: deep enough for a DAG, shallow enough for nested views.
    """
    lower: Layer = "staging" if layer == "intermediate" else "intermediate"
    picked = [number % below] + ([(number * 7 + 3) % below] if number % 3 else [])
    names = [model_name(lower, index) for index in picked]
    if number % 2:
        names.append(model_name(layer, number // 2))
    return tuple(dict.fromkeys(names))


def _write_folder(folder: Path, models: list[Model], tests_per_model: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for model in models:
        (folder / f"{model.name}.sql").write_text(_sql(model))
    blocks = [_properties(model, tests_per_model) for model in models]
    (folder / "schema.yml").write_text("\n".join(["version: 2", "models:", *blocks, ""]))


def _sql(model: Model) -> str:
    first, *others = model.refs
    amounts = " + ".join(f"t{index}.amount" for index in range(len(model.refs)))
    joins = [
        f"inner join {{{{ ref('{name}') }}}} as t{index} on t0.id = t{index}.id"
        for index, name in enumerate(others, start=1)
    ]
    # A double, because sums over a long chain outgrow an integer.
    select = f"select t0.id, cast({amounts} as double) as amount, t0.day"
    return "\n".join([select, f"from {{{{ ref('{first}') }}}} as t0", *joins, ""])


def _properties(model: Model, tests_per_model: int) -> str:
    lines = [
        f"  - name: {model.name}",
        f"    description: Model {model.number} of the layer {model.layer}.",
        f"    config: {{ tags: [t{model.number % 10}] }}",
        "    columns:",
    ]
    for column in ("id", "amount", "day"):
        tests = [test for name, test in TESTS[:tests_per_model] if name == column]
        lines += [f"      - name: {column}", f"        description: The {column} of the event."]
        lines += [f"        data_tests: [{', '.join(tests)}]"] if tests else []
    return "\n".join(lines)
