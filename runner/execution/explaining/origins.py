"""Where each value of a job comes from: the job, its environment, the defaults, or what is built in."""

from __future__ import annotations

import json
from collections.abc import Iterator

from runner.config import Loaded
from runner.config.nodes import Entry, Mapping, find, plain
from runner.config.schema import schema_text
from runner.config.wording import flow
from runner.masking import MASK
from runner.model import Job
from runner.reports.explanation import Value
from runner.secrecy import secrets_in

# These are merged name by name, and the environment has its say, as of the target.
MERGED = ("vars", "env")
OF_THE_FILE = ("project", "state", "action", "run_slots", "watch")
BUILT_IN = "built in"
Place = tuple[str, tuple[str, ...]]


def values(loaded: Loaded, job: Job) -> Iterator[Value]:
    """In the order of the schema: the job's, its environment's, the file's."""
    schema = json.loads(schema_text("dbt_jobs.schema.json"))
    own: Place = ("job", ("jobs", job.name))
    environment: Place = ("environment", ("environments", job.environment))
    defaults: Place = ("defaults", ("defaults",))
    for key in schema["$defs"]["job"]["properties"]:
        if key == "triggers":
            yield from _each(loaded, key, (own,))
        elif key in MERGED:
            yield from _each(loaded, key, (own, environment, defaults))
        else:
            layers = (own, environment, defaults) if key == "target" else (own, defaults)
            yield from _one(loaded, (key,), layers, _default(schema, schema["$defs"]["job"], key))
    for key in schema["$defs"]["environment"]["properties"]:
        if key not in (*MERGED, "target"):
            default = _default(schema, schema["$defs"]["environment"], key)
            yield from _one(loaded, (key,), (environment,), default)
    for key in OF_THE_FILE:
        yield from _one(loaded, (key,), (("file", ()),), _default(schema, schema, key))


def _each(loaded: Loaded, key: str, layers: tuple[Place, ...]) -> Iterator[Value]:
    """One for each name below the key, in the order in which the layers have them."""
    names: dict[str, None] = {}
    for _, path in reversed(layers):
        found = _entry(loaded, (*path, key))
        if found and isinstance(found.node, Mapping):
            names |= dict.fromkeys(found.node.entries)
    for name in names:
        yield from _one(loaded, (key, name), layers, "")


def _one(
    loaded: Loaded, key: tuple[str, ...], layers: tuple[Place, ...], default: str
) -> Iterator[Value]:
    found = [(source, path, e) for source, path in layers if (e := _entry(loaded, (*path, *key)))]
    said = ".".join(key)
    if found:
        (source, path, entry), *others = found
        yield Value(
            key=said,
            value=_value(entry),
            source=source,
            where=loaded.place(*path, *key),
            instead_of=tuple(f"{loaded.place(*p, *key)} ({s})" for s, p, _ in others),
        )
    elif default:
        yield Value(key=said, value=default, source=BUILT_IN)


def _value(entry: Entry) -> str:
    """As YAML; of what its own name calls a secret, the sign that stands for one."""
    value = plain(entry.node)
    found = [secret.at for secret in secrets_in(value, (entry.key.text,))]
    return MASK if (entry.key.text,) in found else flow(value)


def _entry(loaded: Loaded, path: tuple[str, ...]) -> Entry | None:
    found = find(loaded.tree, path) if loaded.tree else None
    return found if isinstance(found, Entry) else None


def _default(schema: dict[str, object], owner: object, key: str) -> str:
    """The schema's own, "" where it has none or nothing to say."""
    assert isinstance(owner, dict)
    each = owner["properties"][key]
    reference = each.get("$ref", "").rpartition("/")[2]
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    merged = {**definitions.get(reference, {}), **each}
    value = merged.get("default", "")
    return "" if value in ("", [], {}) else flow(value)
