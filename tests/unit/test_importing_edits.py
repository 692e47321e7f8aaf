"""A merge changes only the place that it is about, and keeps the comments around it."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import ConfigInvalid
from runner.importing.changes import at
from runner.importing.draft import Draft
from runner.importing.writing import config_of, drafted

FILE = Path("dbt_jobs.yml")
ANCHORS = """\
version: 1
environments:
  p: &env {secrets: [A]}
  ci: *env
jobs:
  a: &job
    environment: p
    triggers: &t
      schedule: {cron: "0 1 * * *"}

      # when main moves
    steps: &steps
      - dbt build  # all of it

  # b is as a
  b:
    <<: *job
    description: b
  c:
    environment: ci
    triggers: *t
    steps: *steps
    threads: &n 4
  d:
    environment: p
    triggers: {<<: *t, dispatch: true}
    steps: [dbt test]
    threads: *n
"""
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "environment": ({"ci": {"runs_on": "big"}}, {}),
    "its anchor": ({"p": {"runs_on": "x"}}, {}),
    "holder": ({}, {"a": {"triggers": {"merge": {}}}}),
    "a list at its anchor": ({}, {"a": {"steps": ["dbt run"]}}),
    "a list at its alias": ({}, {"c": {"steps": ["dbt build", "dbt test"]}}),
    "alias": ({}, {"c": {"triggers": {"merge": {"branches": ["x"]}}}}),
    "merged": ({}, {"b": {"triggers": {"merge": {}}, "threads": 2}}),
    "merged in one line": ({}, {"d": {"triggers": {"schedule": {"cron": "0 2 * * *"}}}}),
    "number": ({}, {"c": {"threads": 8}}),
    "all": (
        {},
        {name: {"threads": at, "triggers": {"merge": {}}} for at, name in enumerate("abcd", 1)},
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_others_share_stays_theirs(case: str) -> None:
    environments, jobs = CHANGES[case]
    text = drafted(Draft(environments=environments, jobs=jobs), ANCHORS)
    before, after = config_of(FILE, ANCHORS), config_of(FILE, text)
    for name in before.jobs:
        assert (after.jobs[name] == before.jobs[name]) == (name not in jobs), name
    for name in before.environments:
        same = after.environments[name] == before.environments[name]
        assert same == (name not in environments), name
    for name, job in jobs.items():
        wanted = {**plain(ANCHORS)["jobs"][name]}
        for key, value in job.items():
            mixed = isinstance(value, dict)
            wanted[key] = {**wanted.get(key, {}), **value} if mixed else value
        assert plain(text)["jobs"][name] == wanted
    for comment in ("# when main moves", "# all of it", "# b is as a"):
        assert comment in text
    assert drafted(Draft(environments=environments, jobs=jobs), text) == text


def plain(text: str) -> Any:
    return yaml.safe_load(text)


LISTED = dedent("""\
    version: 1
    environments: {p: {}}
    jobs:
      a:
        environment: p
        steps:
          - dbt seed    # once
          # then the models
          - dbt build   # slow

          # last
          - dbt test    # quick

      # the end
""")


@pytest.mark.parametrize(
    "steps",
    [
        ["dbt seed", "dbt deps", "dbt build", "dbt test"],
        ["dbt build", "dbt test"],
        ["dbt seed", "dbt test"],
        ["dbt seed", "dbt build"],
        ["dbt deps"],
        ["dbt deps", "dbt seed", "dbt build --threads 2", "dbt test", "dbt compile"],
    ],
)
def test_comments_of_steps_that_stay(steps: list[str]) -> None:
    text = drafted(Draft(jobs={"a": {"steps": steps}}), LISTED)
    assert [step.text for step in config_of(FILE, text).jobs["a"].steps] == steps
    for line in LISTED.splitlines():
        kept = line.strip().startswith("#")
        if "- " in line:
            kept = line.partition("#")[0].strip().removeprefix("- ") in steps
        assert not kept or line in text.splitlines(), line


@pytest.mark.parametrize(
    "head", ["", "---\n", "# ours\n\n---  # here\n# and here\n", "%YAML 1.2\n---\n"]
)
@pytest.mark.parametrize("tail", ["", "# trailing\n...\n", "\n# a\n...\n# b\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_stands_around_the_document(head: str, tail: str, end: str) -> None:
    there = f"{head}{LISTED}{tail}".replace("\n", end)
    text = drafted(Draft(jobs={"a": {"threads": 4}}), there)
    assert config_of(FILE, text).jobs["a"].threads == 4
    added = [line for line in text.split(end) if line not in there.split(end)]
    assert added == ["    threads: 4"]
    assert [line for line in text.split(end) if line not in added] == there.split(end)


EDGES = {
    "appended to a last line without an end": (
        "    timeout: 1h",
        {"threads": 4},
        (),
        "    timeout: 1h\n    threads: 4\n",
    ),
    "beside a last comment without an end": (
        "    timeout: 1h  # long",
        {"threads": 4},
        (),
        "    timeout: 1h  # long\n    threads: 4\n",
    ),
    "below a text without an end": (
        "    description: |\n      all",
        {"threads": 4},
        (),
        "    description: |-\n      all\n    threads: 4\n",
    ),
    "emptied": (
        "    triggers:\n      schedule: {cron: 0 6 * * *}\n\n    # then\n    timeout: 1h\n",
        {},
        ("triggers", "schedule"),
        "    triggers: {}\n\n    # then\n    timeout: 1h\n",
    ),
    "emptied between comments": (
        "    triggers: &t  # when\n      # at six\n      schedule: {cron: 0 6 * * *}  # UTC\n\n    timeout: 1h",
        {},
        ("triggers", "schedule"),
        "    triggers: &t {} # when\n      # at six\n\n    timeout: 1h\n",
    ),
    "emptied below a blank line": (
        "    triggers:\n\n      # at six\n      schedule: {cron: 0 6 * * *}\n    timeout: 1h\n",
        {},
        ("triggers", "schedule"),
        "    triggers: {}\n\n      # at six\n    timeout: 1h\n",
    ),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("case", EDGES)
def test_edges(case: str, end: str) -> None:
    last, job, gone, expected = EDGES[case]
    head = "version: 1\nenvironments:   {p: {}}\njobs:\n  a:\n    environment: p\n    steps:   [dbt build]\n"
    draft = Draft(jobs={"a": job})
    draft.off = {("jobs", "a", *gone)} if gone else set()
    text = drafted(draft, f"{head}{last}".replace("\n", end))
    assert text == f"{head}{expected}".replace("\n", end)
    assert drafted(draft, text) == text


def test_what_is_taken_away_does_not_come_back_by_a_merge_key() -> None:
    there = """\
version: 1
environments: {p: {}}
jobs:
  base: &b
    environment: p
    timeout: 1h
    steps: [dbt build]
  a:
    <<: *b
    timeout: 2h  # own
    # then
    threads: 3
"""
    draft = Draft(jobs={"a": {"threads": 3}})
    draft.off = {("jobs", "a", "timeout")}
    text = drafted(draft, there)
    assert plain(text)["jobs"] == {
        "base": {"environment": "p", "timeout": "1h", "steps": ["dbt build"]},
        "a": {"environment": "p", "threads": 3, "steps": ["dbt build"]},
    }
    assert "# then" in text
    assert drafted(draft, text) == text


def test_what_cannot_be_read_to_change_it_is_refused() -> None:
    """PyYAML takes this tab, and ruamel.yaml doesn't."""
    there = f"{LISTED}    description:\tall\n"
    assert config_of(FILE, there).jobs["a"].description == "all"
    with pytest.raises(ConfigInvalid, match="nothing is written") as refused:
        drafted(Draft(jobs={"a": {"threads": 4}}), there)
    assert "another file with --out" in str(refused.value)


def test_a_name_of_two_anchors(capfd: pytest.CaptureFixture[str]) -> None:
    there = ANCHORS.replace("threads: *n", "threads: &n 5")
    text = drafted(Draft(jobs={"d": {"threads": 6}}), there)
    assert plain(text)["jobs"]["c"]["threads"] == 4
    assert plain(text)["jobs"]["d"]["threads"] == 6
    assert capfd.readouterr().err == ""


# Values of a job; what is drawn may stand in several jobs, and then has an anchor.
triggers = st.dictionaries(
    st.sampled_from(["schedule", "merge", "pull_request"]),
    st.sampled_from([{"cron": "0 5 * * *"}, {"branches": ["a", "b"]}, True, {}]),
    min_size=1,
    max_size=3,
)
steps = st.lists(st.sampled_from(["dbt seed", "dbt build", "dbt test"]), max_size=3)
bodies = st.fixed_dictionaries(
    {},
    optional={"triggers": triggers, "steps": steps, "threads": st.integers(1, 9), "env": st.just({"A": "1"})},
)  # fmt: skip
# No job that is imported has no steps: the result wouldn't be valid.
drafts = bodies.filter(lambda body: body.get("steps") != [])
NAMES = ("a", "b", "c", "d")
OFF = ("triggers", "merge"), ("triggers",), ("threads",), ("steps",)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Jobs, of which some are the same object, and some of their values are."""
    pool = draw(st.lists(bodies, min_size=1, max_size=3))
    jobs: dict[str, Any] = {}
    for name in NAMES:
        body = draw(st.sampled_from(pool))
        if draw(st.booleans()):
            body = {**body, **draw(st.sampled_from(pool))}
        jobs[name] = body
    return {"version": 1, "jobs": jobs}


def written(text: str, noise: list[tuple[int, str]], end: str, last: bool) -> str:
    """The text as people may have it: comments and blank lines, their ends of lines, one at the last."""
    lines = text.splitlines()
    for at_line, each in noise:
        place = at_line % (len(lines) + 1)
        if not each.startswith("  # beside"):
            lines.insert(place, each)
        elif place < len(lines) and lines[place].strip() and "#" not in lines[place]:
            lines[place] += each
    return end.join([*lines, ""] if last else lines)


noises = st.lists(
    st.tuples(
        st.integers(0, 99),
        st.sampled_from(["", "# first", "  # second", "      # far", "   ", "  # beside"]),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=100)
@given(
    shared=st.booleans(),
    there=files(),
    new=st.dictionaries(st.sampled_from((*NAMES, "new")), drafts, max_size=3),
    off=st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(OFF)), max_size=3),
    merged=st.booleans(),
    noise=noises,
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_whatever_is_shared_the_result_is_what_is_meant(
    shared: bool,
    there: dict[str, Any],
    new: dict[str, Any],
    off: set[tuple[str, tuple[str, ...]]],
    merged: bool,
    noise: list[tuple[int, str]],
    end: str,
    last: bool,
) -> None:
    """As if every job had been written out, merged key by key, and read again.

    Comments between anchored lists may be more than ruamel.yaml can move: such a merge is refused.
    """
    if shared:
        noise = []
    else:
        there, merged = json.loads(json.dumps(there)), False
    text = yaml.safe_dump(there, sort_keys=False, indent=2)
    if merged:  # the last job is the first one, with a key of its own
        text = f"x: &x {json.dumps(there['jobs']['a'])}\n{text}  e:\n    <<: *x\n    own: 1\n"
    whole = yaml.safe_load(text)
    text = written(text, noise, end, last)
    assert yaml.safe_load(text) == whole
    wanted = json.loads(json.dumps(whole))
    draft = Draft(jobs=new)
    draft.off = {("jobs", name, *path) for name, path in off}
    for name, job in new.items():
        mix(wanted["jobs"].setdefault(name, {}), job)
    for name, path in off:
        if name in new and at(new[name], path) is None:
            holder = wanted["jobs"][name]
            for key in path[:-1]:
                holder = holder.get(key, {})
            holder.pop(path[-1], None)
    for editing in (Draft(jobs={"e": {"threads": 3}}), Draft(jobs={"e": {"steps": []}})):
        if merged:
            text = drafted(editing, text)
            mix(wanted["jobs"]["e"], editing.jobs["e"])
    result = drafted(draft, text)
    assert yaml.safe_load(result) == wanted
    assert drafted(draft, result) == result
    assert result == text or result.count("\n") == result.count(end)


def mix(into: dict[str, Any], new: dict[str, Any]) -> None:
    for key, value in new.items():
        both = isinstance(value, dict) and isinstance(into.get(key), dict)
        if both and key != "schedule":
            mix(into[key], value)
        else:
            into[key] = json.loads(json.dumps(value))
