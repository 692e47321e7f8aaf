"""A sound tree to a Config. Nothing is checked here: the schema and the checks have been by."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from runner.config.nodes import Mapping, Scalar, plain
from runner.config.targets import Target, resolve
from runner.config.written import Written, WrittenJob
from runner.durations import parse_duration
from runner.model import (
    GRACE,
    Channel,
    Config,
    DbtExecutable,
    Deferral,
    DispatchTrigger,
    Elsewhere,
    Environment,
    Job,
    JobTrigger,
    MergeTrigger,
    PinnedDbt,
    PullRequestTrigger,
    Retries,
    RuleSetting,
    Schedule,
    Triggers,
)
from runner.steps import parse_step

DEFAULT_STATE = ".dbt-gitops/state"
_NAME_AND_VERSION = re.compile(r"([A-Za-z][A-Za-z0-9_-]*(?:\[[^\]]*\])?)? ?(.*)")
T = TypeVar("T")


def build(written: Written) -> Config:
    """The Config of a file without errors. Relative folders start at the jobs file."""
    path = written.source.file.absolute()
    return Config(
        path=path,
        project=(path.parent / (written.root.text("project") or ".")).resolve(),
        state=written.root.text("state") or DEFAULT_STATE,
        environments={
            name: _environment(name, body, path.parent)
            for name, body in written.environments.items()
        },
        jobs={name: _job(written, job) for name, job in written.jobs.items()},
        notifications={name: _channel(name, body) for name, body in written.channels.items()},
        action=written.root.text("action") or "",
        run_slots=_value(written.root, "run_slots", int, None),
        watch=_schedule(written.root.mapping("watch")) if "watch" in written.root.entries else None,
        rules=_rules(written.root.mapping("rules")),
    )


def _rules(body: Mapping) -> dict[str, RuleSetting]:
    """YAML 1.1 reads `off` as false."""
    nodes = {code: body.scalar(code) for code in body.entries}
    return {
        code: cast("RuleSetting", "off" if node.value is False else node.text)
        for code, node in nodes.items()
        if node
    }


def _environment(name: str, body: Mapping, root: Path) -> Environment:
    profiles_dir = body.text("profiles_dir")
    return Environment(
        name=name,
        target=body.text("target"),
        schema=body.text("schema"),
        dbt=_dbt(body.mapping("dbt")) if body.get("dbt") else None,
        env=_texts_by_name(body, "env"),
        secrets=_texts(body, "secrets"),
        vars=_values(body, "vars"),
        profiles_dir=(root / profiles_dir).resolve() if profiles_dir else None,
        runs_on=_texts(body, "runs_on", ("ubuntu-latest",)),
        github_environment=body.text("github_environment"),
    )


def _dbt(body: Mapping) -> PinnedDbt | DbtExecutable:
    executable = body.text("executable")
    if executable is not None:
        return DbtExecutable(executable=executable)
    return PinnedDbt(
        core=core_requirement(body.text("core") or ""),
        adapter=adapter_requirement(body.text("adapter") or ""),
    )


def core_requirement(text: str) -> str:
    """``1.11.*`` as ``dbt-core==1.11.*``; two numbers mean every patch release of that version."""
    version = text.removeprefix("dbt-core").replace(" ", "")
    if re.fullmatch(r"[0-9]+\.[0-9]+", version):
        version = f"{version}.*"
    first, comma, rest = version.partition(",")
    return f"dbt-core{'==' if first[0].isdigit() else ''}{first}{comma}{rest}"


def adapter_requirement(text: str) -> str:
    """``duckdb==1.11.*`` as ``dbt-duckdb==1.11.*``."""
    name = text.replace(" ", "")
    return name if name.startswith("dbt-") else f"dbt-{name}"


def _job(written: Written, job: WrittenJob) -> Job:
    settings = job.settings
    # What says it more closely wins: defaults, then the environment, then the job itself.
    layers = (written.defaults, written.environment_of(job), job.body)
    return Job(
        name=job.name,
        environment=job.environment or "",
        steps=tuple(parse_step(text) for text in _texts(settings, "steps")),
        description=settings.text("description") or "",
        triggers=_triggers(job.triggers),
        defer=_deferral(written, job),
        generate_docs=_value(settings, "generate_docs", bool, False),
        source_freshness=_value(settings, "source_freshness", bool, False),
        timeout=_duration(settings, "timeout"),
        threads=_value(settings, "threads", int, None),
        target=next(filter(None, (layer.text("target") for layer in reversed(layers))), None),
        vars={name: value for layer in layers for name, value in _values(layer, "vars").items()},
        env={name: text for layer in layers for name, text in _texts_by_name(layer, "env").items()},
        retries=_retries(settings.mapping("retries")),
        sla=_duration(settings, "sla"),
        notify={
            name: _choices(settings.mapping("notify"), name)
            for name in settings.mapping("notify").entries
        },
        concurrency=cast("Any", settings.text("concurrency") or "replace"),
        grace=_duration(settings.mapping("catch_up"), "grace") or GRACE,
        disable_after=_value(settings, "disable_after", int, None),
        dispatches=tuple(_elsewhere(each) for each in settings.mappings("dispatches")),
        enabled=_value(settings, "enabled", bool, True),
    )


def _triggers(body: Mapping) -> Triggers:
    return Triggers(
        schedule=tuple(_schedule(each) for each in body.mappings("schedule")),
        pull_request=_pull_request(body) if "pull_request" in body.entries else None,
        merge=_merge(body.mapping("merge")) if "merge" in body.entries else None,
        job=tuple(_after(each) for each in body.mappings("job")),
        dispatch=_dispatch(body),
    )


def _schedule(body: Mapping) -> Schedule:
    return Schedule(cron=body.text("cron") or "", timezone=body.text("timezone") or "UTC")


def _after(body: Mapping) -> JobTrigger:
    name = body.text("name")
    names = (name,) if name else _texts(body, "all_of")
    return JobTrigger(names=names, on=_choices(body, "on", ("success",)))


def _dispatch(triggers: Mapping) -> DispatchTrigger | None:
    body = triggers.mapping("dispatch")
    if "overrides" in body.entries:
        return DispatchTrigger(overrides=_choices(body, "overrides"))
    return DispatchTrigger() if _value(triggers, "dispatch", bool, False) else None


def _elsewhere(body: Mapping) -> Elsewhere:
    return Elsewhere(
        repository=body.text("repository") or "",
        job=body.text("job") or "",
        token=body.text("token") or "",
        on=_choices(body, "on", ("success",)),
    )


def _pull_request(triggers: Mapping) -> PullRequestTrigger:
    body = triggers.mapping("pull_request")
    return PullRequestTrigger(
        branches=_texts(body, "branches"),
        types=_texts(body, "types", PullRequestTrigger().types),
        drafts=_value(body, "drafts", bool, False),
        paths=_texts(body, "paths"),
        labels=_texts(body, "labels"),
    )


def _merge(body: Mapping) -> MergeTrigger:
    return MergeTrigger(branches=_texts(body, "branches"), paths=_texts(body, "paths"))


def _deferral(written: Written, job: WrittenJob) -> Deferral | None:
    if job.defers is None:
        return None
    target = resolve(
        job.defers.text("to") or "", job.name, written.environments.keys(), written.jobs.keys()
    )
    assert isinstance(target, Target), "deferral_targets has looked at it"
    return Deferral(
        environment=target.environment,
        job=target.job,
        on_missing=cast("Any", job.defers.text("on_missing") or "fail"),
    )


def _retries(body: Mapping) -> Retries:
    delay = _duration(body, "delay")
    return Retries(attempts=_value(body, "attempts", int, 0), delay=delay or timedelta(0))


def _channel(name: str, body: Mapping) -> Channel:
    kind = next(iter(body.entries))
    return Channel(name=name, kind=kind, address=body.text(kind) or "")


def _value(body: Mapping, key: str, kind: Callable[[Any], T], default: T) -> T:
    node = body.scalar(key)
    return default if node is None else kind(node.value)


def _duration(body: Mapping, key: str) -> timedelta | None:
    text = body.text(key)
    return None if text is None else parse_duration(text)


def _texts(body: Mapping, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    if key not in body.entries:
        return default
    return tuple(node.text for node in body.scalars(key))


def _choices(body: Mapping, key: str, default: tuple[str, ...] = ()) -> Any:
    """A list whose words the schema has held to the model's literals."""
    return _texts(body, key, default)


def _texts_by_name(body: Mapping, key: str) -> dict[str, str]:
    entries = body.mapping(key).entries.items()
    return {name: each.node.text for name, each in entries if isinstance(each.node, Scalar)}


def _values(body: Mapping, key: str) -> dict[str, object]:
    return {name: plain(each.node) for name, each in body.mapping(key).entries.items()}
