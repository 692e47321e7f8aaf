"""What is asked of the answers that dbt gives: pure, on nodes written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.builds.facts import Builds, Node, Selected, never_built, nothing_selected, sizes
from runner.builds.misses import Miss, misses
from runner.model import Job, PullRequestTrigger, Schedule, Triggers
from runner.schedule.fires import fires_within
from runner.schedule.together import AHEAD, built_together
from runner.steps import Selection, parse_step

NOW = datetime(2026, 11, 21, 10, 0, 30, tzinfo=timezone.utc)


def node(name: str, kind: str = "model", *tags: str, folder: str = "marts", **more: object) -> Node:
    made = Node(
        unique_id=f"{kind}.shop.{name}",
        resource_type=kind,
        name=name,
        package="shop",
        path=f"models/{folder}/{name}.sql",
        fqn=("shop", folder, name),
        tags=tags,
        materialized="view" if kind == "model" else "",
    )
    return replace(made, **more)  # type: ignore[arg-type]


NODES = (
    node("orders", "model", "nightly"),
    node("customers", "model", "nightly", "pii"),
    node("stg_orders", folder="staging"),
    node("helper", materialized="ephemeral"),
    node("gone", "model", "retired", enabled=False),
    node("people", "seed"),
    node("unique_orders", "test"),
    node("raw", "source", source="landing"),
)


def job(name: str, *steps: str, cron: str = "", **more: object) -> Job:
    schedule = (Schedule(cron=cron),) if cron else ()
    made = Job(
        name=name,
        environment="production",
        steps=tuple(parse_step(f"dbt {step}") for step in steps),
        triggers=Triggers(schedule=schedule),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def builds(answers: Mapping[str, Selected | str]) -> Builds:
    """``answers``: a step, and the names of the nodes that it selects."""
    known: dict[Selection, Selected] = {}
    for text, answer in answers.items():
        selection = parse_step(f"dbt {text}").selection
        assert selection
        known[selection] = answer if isinstance(answer, Selected) else selected(answer)
    return Builds(
        nodes={each.unique_id: each for each in NODES}, answers=known, selectors=("nightly",)
    )


def selected(names: str) -> Selected:
    return Selected(
        unique_ids=frozenset(each.unique_id for each in NODES if each.name in names.split())
    )


def by_state(names: str, surely: str = "") -> Selected:
    return replace(selected(surely), by_state=selected(names).unique_ids or frozenset())


def unmatched(*criteria: str) -> Selected:
    return Selected(unique_ids=frozenset(), unmatched=criteria)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("build -s a b", "build -s a b --full-refresh"),
        ("build --select a --threads 4", "build --vars '{x: 1}' --select a"),
        ("test --selector=x", "test --selector=x --fail-fast"),
    ],
)
def test_steps_that_select_the_same_are_one_question(one: str, other: str) -> None:
    assert parse_step(f"dbt {one}").selection == parse_step(f"dbt {other}").selection


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("build", "run"),
        ("build -s a", "build --exclude a"),
        ("build", "build --resource-type model"),
        ("build --selector x", "build --selector x --indirect-selection cautious"),
    ],
)
def test_steps_that_may_select_otherwise_are_two(one: str, other: str) -> None:
    assert parse_step(f"dbt {one}").selection != parse_step(f"dbt {other}").selection


@pytest.mark.parametrize("text", ["deps", "run-operation x", "show --inline 'select 1'", "parse"])
def test_some_steps_select_nothing_by_nature(text: str) -> None:
    assert parse_step(f"dbt {text}").selection is None


def test_what_jobs_build() -> None:
    found = builds(
        {
            "build -s a": "orders unique_orders helper people",
            "test": "unique_orders",
            "ls": "raw orders",
            "run -s nothing": "",
            "run -s state:new": by_state("orders"),
        }
    )
    daily = job("daily", "deps", "build -s a", "test", "ls")
    empty, slim = job("empty", "run -s nothing"), job("slim", "run -s state:new", "build -s a")
    assert sizes(found, [daily, empty]) == {
        "daily": {"model": 2, "seed": 1, "test": 1},
        "empty": {},
    }
    assert found.built_by(daily) == {"model.shop.orders", "seed.shop.people"}
    assert [(job.name, index) for job, index in nothing_selected(found, [daily, empty, slim])] == [
        ("empty", 0)
    ]
    assert [found.is_known(each) for each in (daily, empty, slim)] == [True, True, False]


def test_models_that_no_job_builds() -> None:
    found = builds(
        {
            "build -s a": "orders customers",
            "run -s b": "stg_orders",
            "test": "stg_orders",
            "run -s state:new b": by_state("stg_orders helper", surely="people"),
            "test -s state:new": by_state("stg_orders"),
            "run -s c": Selected(unique_ids=None, error="no such thing"),
        }
    )
    daily, tests = job("daily", "build -s a", "test -s state:new"), job("tests", "test")
    pull = job("ci", "run -s b", triggers=Triggers(pull_request=PullRequestTrigger()))
    off = job("off", "run -s b", enabled=False)
    left = never_built(found, [daily, tests, pull, off])
    assert [each.name for each in left] == ["stg_orders"]
    assert never_built(found, [daily, job("more", "run -s b")]) == ()
    slim = job("slim", "run -s state:new b")
    assert found.built_by(slim) == {"seed.shop.people"}
    assert found.may_be_built_by(slim) == {"seed.shop.people", "model.shop.stg_orders"}
    assert never_built(found, [daily, slim]) == ()
    assert [each.name for each in never_built(found, [slim])] == ["orders", "customers"]
    assert never_built(found, [daily, job("wrong", "run -s c")]) == ()


@pytest.mark.parametrize(
    ("criterion", "part", "near"),
    [
        ("tag:nightl", "tag:nightl", "tag:nightly"),
        ("2+tag:nihgtly+1", "2+tag:nihgtly+1", "2+tag:nightly+1"),
        ("@ordrs", "@ordrs", "@orders"),
        ("stg_order+", "stg_order+", "stg_orders+"),
        ("path:models/mart", "path:models/mart", "path:models/marts"),
        ("models/stagin", "models/stagin", "models/staging"),
        ("orders,tag:piii", "tag:piii", "tag:pii"),
        ("source:landin.raw", "source:landin.raw", "source:landing.raw"),
        ("config.materialized:vieww", "config.materialized:vieww", "config.materialized:view"),
        ("package:shopp", "package:shopp", "package:shop"),
        ("customer.sql", "customer.sql", "customers.sql"),
        ("tags:nightly", "tags:nightly", "tag:nightly"),
        ("tag:zebra", "tag:zebra", ""),
        ("tag:z*", "tag:z*", ""),
        ("tag:pii,stg_orders", "", ""),
        ("orders,tag:n*", "", ""),
        ("test_type:odd", "", ""),
    ],
)
def test_what_nothing_has_and_what_is_near(criterion: str, part: str, near: str) -> None:
    found = builds({f"build -s {criterion}": unmatched(criterion)})
    [miss] = misses(found, [job("daily", "deps", f"build -s {criterion}")])
    assert (miss.job, miss.step, miss.criterion) == ("daily", 1, criterion)
    assert (miss.part, miss.nearest, miss.disabled) == (part, near, False)


@pytest.mark.parametrize("criterion", ["gone", "tag:retired", "+gone+"])
def test_what_is_there_but_disabled(criterion: str) -> None:
    found = builds({f"run -s {criterion}": unmatched(criterion)})
    [miss] = misses(found, [job("daily", f"run -s {criterion}")])
    assert (miss.disabled, miss.nearest) == (True, "")


def test_what_dbt_refuses_is_named_where_it_is_a_name() -> None:
    wrong = Selected(unique_ids=None, error="Runtime Error")
    found = builds(
        {"run --selector nightyl": wrong, "run -s tgg:pii orders": wrong, "run -s x": wrong}
    )
    jobs = [job("a", "run --selector nightyl", "run -s tgg:pii orders", "run -s x")]
    assert list(misses(found, jobs)) == [
        Miss(job="a", step=0, criterion="nightyl", part="nightyl", method="selector", nearest="nightly"),
        Miss(job="a", step=1, criterion="tgg:pii", part="tgg:pii", method="tgg", nearest="tag:pii"),
    ]  # fmt: skip


CRONS = ("7 * * * *", "*/15 * * * *", "30 4 * * *", "30 4 * * 1", "7 4 1 1 *", "")
NAMES = st.frozensets(st.sampled_from("abcde"), max_size=3)


@given(st.lists(st.tuples(st.sampled_from(CRONS), NAMES, st.booleans(), st.booleans()), max_size=8))
def test_who_builds_the_same_at_the_same_minute(
    drawn: list[tuple[str, frozenset[str], bool, bool]],
) -> None:
    """Held against the plain way: each pair of jobs, all their times."""
    jobs = [job(f"j{n}", cron=cron, enabled=on) for n, (cron, _, on, _) in enumerate(drawn)]
    built = {each.name: names for each, (_, names, _, _) in zip(jobs, drawn, strict=True)}
    turns = frozenset(f"j{n}" for n, (_, _, _, in_turn) in enumerate(drawn) if in_turn)
    start = NOW.replace(second=0)

    def times(of: Job) -> set[datetime]:
        schedules = of.triggers.schedule if of.enabled else ()
        found = (each for one in schedules for each in fires_within(one, start, start + AHEAD))
        return {each.astimezone(timezone.utc) for each in found}

    expected = []
    for place, one in enumerate(jobs):
        pairs = [
            (other.name, times(one) & times(other), built[one.name] & built[other.name])
            for other in jobs[place + 1 :]
            if not {one.name, other.name} <= turns
        ]
        with_it = [each for each in pairs if each[1] and each[2]]
        if with_it:
            at = min(min(minutes) for _, minutes, _ in with_it)
            nodes = frozenset().union(*(names for _, _, names in with_it))
            expected.append((one.name, tuple(name for name, _, _ in with_it), at, nodes))
    found = [
        (each.job, each.others, each.at, each.nodes)
        for each in built_together(jobs, built, NOW, turns)
    ]
    assert found == expected


def test_only_the_coming_week_counts() -> None:
    at = NOW + timedelta(days=8)
    cron = f"{at.minute} {at.hour} {at.day} {at.month} *"
    built = {"a": frozenset("x"), "b": frozenset("x")}
    jobs = [job("a", cron=cron), job("b", cron=cron)]
    assert list(built_together(jobs, built, NOW)) == []
    assert [each.others for each in built_together(jobs, built, at - AHEAD)] == [("b",)]
