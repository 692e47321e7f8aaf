"""Events: every example of GitHub's, odd ones, and whatever else may stand in the file."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import ConfigInvalid, EventMalformed
from runner.events import (
    Dispatch,
    DispatchOverrides,
    Event,
    Merge,
    MergeGroup,
    PullRequest,
    PullRequestClosed,
    Tick,
    Upstream,
    WorkflowRun,
    parse_event,
    read_event,
    started_by,
)
from runner.events.payload import MAX_BYTES

FOLDER = Path(__file__).parents[1] / "events"
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))
}
EXAMPLES["schedule"] = [
    {"schedule": "17 5 * * *", "repository": EXAMPLES["push"][0]["repository"], "workflow": "x.yml"}
]
TYPES: dict[str, tuple[type, ...]] = {
    "pull_request": (PullRequest, PullRequestClosed),
    "push": (Merge,),
    "merge_group": (MergeGroup,),
    "schedule": (Tick,),
    "workflow_dispatch": (Dispatch,),
    "repository_dispatch": (Dispatch,),
    "workflow_run": (WorkflowRun,),
}
REPOSITORY = {"full_name": "octo-org/octo-repo", "default_branch": "main"}
SHA = "5779607b49aab1200488439f02372c57b4f75444"


def parse(name: str, payload: object) -> Event:
    return parse_event(name, json.dumps(payload).encode())


def pull_request(**changes: object) -> dict[str, Any]:
    """The payload of a pull request, with some of its `pull_request` replaced."""
    payload = copy.deepcopy(EXAMPLES["pull_request"][0])
    payload["pull_request"].update(changes)
    return payload


def dispatch(inputs: object) -> Dispatch:
    payload = {"inputs": inputs, "ref": "refs/heads/main", "repository": REPOSITORY}
    event = parse("workflow_dispatch", payload)
    assert isinstance(event, Dispatch)
    return event


@pytest.mark.parametrize(
    ("name", "payload"), [(name, each) for name, all_ in EXAMPLES.items() for each in all_]
)
def test_every_example_parses(name: str, payload: dict[str, Any]) -> None:
    event = parse(name, payload)
    assert isinstance(event, TYPES[name])
    assert isinstance(event, PullRequestClosed) == (payload.get("action") == "closed")
    assert event.repository == payload["repository"]["full_name"]


def test_a_pull_request(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(EXAMPLES["pull_request"][0]))
    event = read_event("pull_request", file)
    assert event == PullRequest(
        repository="Codertocat/Hello-World",
        default_branch="master",
        actor="Codertocat",
        action="opened",
        number=2,
        head_sha="ec26c3e57ca3a959ca5aad62de7213c562f8c821",
        head_ref="changes",
        head_repository="Codertocat/Hello-World",
        base_sha="f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
        base_ref="master",
        author="Codertocat",
    )
    assert not event.fork


def test_forks() -> None:
    head = pull_request()["pull_request"]["head"]
    other = parse("pull_request", pull_request(head={**head, "repo": {"full_name": "eve/hello"}}))
    gone = parse("pull_request", pull_request(head={**head, "repo": None}, user=None))
    same = parse(
        "pull_request", pull_request(head={**head, "repo": {"full_name": "codertocat/hello-world"}})
    )
    assert isinstance(other, PullRequest)
    assert isinstance(gone, PullRequest)
    assert isinstance(same, PullRequest)
    assert (other.fork, other.head_repository) == (True, "eve/hello")
    assert (gone.fork, gone.head_repository, gone.author) == (True, None, "ghost")
    assert not same.fork


def test_dependabot_is_who_caused_it() -> None:
    payload = pull_request(user={"login": "dependabot[bot]"})
    assert not parse("pull_request", payload).dependabot
    payload["sender"]["login"] = "dependabot[bot]"
    assert parse("pull_request", payload).dependabot


@pytest.mark.parametrize("merged", [True, False])
def test_closed(merged: bool) -> None:
    event = parse("pull_request", {**pull_request(merged=merged), "action": "closed"})
    assert isinstance(event, PullRequestClosed)
    assert event.merged is merged


def push(**changes: object) -> Merge:
    payload = {
        "ref": "refs/heads/release/1.0", "before": SHA, "after": SHA[::-1], "created": False,
        "deleted": False, "forced": False, "commits": [], "repository": REPOSITORY,
    }  # fmt: skip
    event = parse("push", {**payload, **changes})
    assert isinstance(event, Merge)
    return event


def test_a_push() -> None:
    commits = [
        {"added": ["a.sql"], "removed": [], "modified": ["b.sql"]},
        {"added": [], "removed": ["a.sql"], "modified": []},
    ]
    assert push().branch == "release/1.0"
    assert push(commits=commits).changed_paths == ("a.sql", "b.sql")
    assert push(commits=[*commits, {"id": SHA}]).changed_paths is None  # as in Actions
    assert push(commits=commits, forced=True).changed_paths is None
    assert push(commits=commits, created=True).changed_paths is None
    assert push(ref="refs/tags/v1").branch is None
    assert push(deleted=True, after="0" * 40).deleted


def test_a_dispatch_by_hand() -> None:
    event = dispatch(
        {
            "job": "daily", "cause": "backfill", "threads": "8", "full": "true", "target": "",
            "steps": "dbt seed\n\n  dbt build --select tag:x\n", "vars": '{"start": "2026-01-01"}',
            "env": '{"REGION": "EU"}', "colour": "red",
        }
    )  # fmt: skip
    assert (event.job, event.cause, event.unknown) == ("daily", "backfill", ("colour",))
    assert event.overrides == DispatchOverrides(
        threads=8,
        full=True,
        steps=("dbt seed", "dbt build --select tag:x"),
        vars={"start": "2026-01-01"},
        env={"REGION": "EU"},
    )
    assert dispatch(None) == dispatch({})
    listed = dispatch({"steps": ' ["dbt seed", " dbt build"]'}).overrides.steps
    assert listed == ("dbt seed", "dbt build")


def test_a_dispatch_of_another_system() -> None:
    payload = {
        "action": "dbt-job", "branch": "main", "repository": REPOSITORY,
        "client_payload": {"job": "daily", "threads": 4, "steps": ["dbt build"], "vars": {"a": 1},
                           "timeout": "90m", "generate_docs": False, "full": False,
                           "upstream": '{"job": "ingest", "ending": "success", "depth": 2}'},
    }  # fmt: skip
    event = parse("repository_dispatch", payload)
    assert isinstance(event, Dispatch)
    assert event.upstream == Upstream(job="ingest", ending="success", depth=2)
    assert event.overrides == DispatchOverrides(
        threads=4,
        steps=("dbt build",),
        vars={"a": 1},
        timeout=timedelta(minutes=90),
        generate_docs=False,
    )
    given = ("steps", "threads", "timeout", "generate_docs", "vars")
    assert event.overrides.given() == given
    other = parse("repository_dispatch", {**payload, "action": "deploy-website"})
    assert isinstance(other, Dispatch)
    assert (other.job, other.event_type, other.unknown) == ("", "deploy-website", ())


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"job": 3}, "`inputs.job` is 3"),
        ({"job": "a\nb"}, "`inputs.job` is"),
        ({"job": "\ud800"}, "`inputs.job` is"),
        ({"threads": "0"}, "`inputs.threads` is 0"),
        ({"threads": "-1"}, '`inputs.threads` is "-1"'),
        ({"threads": True}, "`inputs.threads` is true"),
        ({"full": "maybe"}, '`inputs.full` is "maybe"; it should be true or false'),
        ({"full": [1]}, "`inputs.full` is [1]"),
        ({"vars": "start: 1"}, "it should be a JSON object"),
        ({"vars": "[" * 100_000}, "`inputs.vars` is"),
        ({"vars": [1]}, "it should be a JSON object"),
        ({"env": {"A": 1}}, "`inputs.env` is"),
        ({"env": {"a b": "1"}}, "`inputs.env` is"),
        ({"steps": [1]}, "`inputs.steps` is [1]"),
        ({"steps": 1}, "`inputs.steps` is 1"),
        ({"steps": '["dbt seed"'}, "a list of dbt commands, or one on each line"),
        ({"steps": "[" * 50_000}, "`inputs.steps` is"),
        ({"timeout": "soon"}, '`inputs.timeout` is "soon"; it should be a duration such as 90m'),
        ({"generate_docs": "yes"}, "`inputs.generate_docs` is"),
        ({"from_failure": 1.5}, "`inputs.from_failure` is 1.5; it should be true or false"),
        ({"upstream": "a"}, "`inputs.upstream` is"),
        ({"upstream": {"job": "a"}}, "`inputs.upstream.ending` is missing; it should be one of"),
        ({"upstream": {"job": "a", "ending": []}}, "`inputs.upstream.ending` is []"),
        ({"upstream": {"job": "a", "ending": "error"}}, "`inputs.upstream.depth` is missing"),
        ({"upstream": {"job": "a", "ending": "error", "depth": 0}}, "`inputs.upstream.depth` is 0"),
        ([], "`inputs` is []; it should be an object"),
    ],
)
def test_inputs_that_are_wrong(inputs: object, why: str) -> None:
    with pytest.raises(EventMalformed) as caught:
        dispatch(inputs)
    assert why in str(caught.value)


def test_inputs_that_are_too_long() -> None:
    with pytest.raises(EventMalformed, match="too long"):
        dispatch({"x": "a" * 200_000})


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"{", "is not JSON"),
        (b'{"a": NaN}', "is not JSON"),
        (b'{"a":' * 100_000, "is not JSON"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "is nested too deeply"),
        (b'{"a": ' + b"1" * 10_000 + b"}", "is not JSON"),
        (b" " * (MAX_BYTES + 1), "is too large"),
        (b"{}", "is malformed"),
    ],
)  # fmt: skip
def test_payloads_that_are_none(raw: bytes, what: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse_event("push", raw)
    assert what in caught.value.what


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"number": "2"}, '`pull_request.number` is "2"; it should be a whole number above 0'),
        ({"number": True}, "`pull_request.number` is true"),
        ({"draft": "no"}, "`pull_request.draft` is"),
        ({"labels": None}, "`pull_request.labels` is null; it should be a list of objects"),
        ({"labels": [{"name": None}]}, "`pull_request.labels[0].name` is null"),
        ({"base": {"sha": "--upload-pack=x", "ref": "main"}}, "`pull_request.base.sha` is"),
        ({"base": {"sha": SHA}}, "`pull_request.base.ref` is missing"),
        ({"head": {"sha": SHA, "ref": "a\nb", "repo": None}}, "`pull_request.head.ref` is"),
        ({"head": {"sha": SHA, "ref": "a", "repo": {"full_name": "x"}}}, "it should be a reposi"),
    ],
)
def test_fields_that_are_wrong(changes: dict[str, object], why: str) -> None:
    with pytest.raises(EventMalformed) as caught:
        parse("pull_request", pull_request(**changes))
    assert why in str(caught.value)
    assert "hint: " in str(caught.value)


def test_events_that_are_not_read() -> None:
    for name, words in {"pull_request_target": "on: pull_request", "fork": "workflow_run"}.items():
        with pytest.raises(ConfigInvalid) as caught:
            parse(name, EXAMPLES["pull_request"][0])
        assert words in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EventMalformed, match="can't be read"):
        read_event("push", tmp_path / "none.json")
    with pytest.raises(EventMalformed, match="can't be read"):
        read_event("push", Path("a\0b"))


@pytest.mark.parametrize(
    ("name", "payload", "refused"),
    [
        ("workflow_run", EXAMPLES["workflow_run"][1], False),
        (
            "workflow_run",
            {"repository": REPOSITORY, "workflow_run": {"head_repository": {"full_name": "eve/x"}}},
            True,
        ),
        ("workflow_run", {"repository": REPOSITORY, "workflow_run": {}}, True),
        ("issue_comment", {"issue": {"number": 1}}, False),
        ("issue_comment", {"issue": {"number": 1, "pull_request": {"url": "x"}}}, True),
        ("pull_request_target", {}, True),
    ],
)
def test_a_strangers_code_gets_no_secrets(
    name: str, payload: dict[str, Any], refused: bool, tmp_path: Path
) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(payload))
    environ = {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file), "GITHUB_ACTOR": "jo"}
    if refused:
        with pytest.raises(ConfigInvalid, match="dbt isn't run on"):
            started_by(environ)
    else:
        assert started_by(environ).trigger == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NAMES = st.sampled_from([*TYPES, "", "pull_request_target"])


def event_or_error(name: str, raw: bytes) -> None:
    try:
        event = parse_event(name, raw)
    except ConfigInvalid as error:
        str(error).encode()
    else:
        assert isinstance(event, TYPES[name])


@given(NAMES, JSON)
@settings(max_examples=200, deadline=None)
def test_any_json(name: str, value: object) -> None:
    event_or_error(name, json.dumps(value).encode())


@given(NAMES, st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes(name: str, raw: bytes) -> None:
    event_or_error(name, raw)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_any_change_of_an_example(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(EXAMPLES)))
    payload = copy.deepcopy(data.draw(st.sampled_from(EXAMPLES[name])))
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = payload
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, (dict, list)) and inner and data.draw(st.booleans()):
                place = inner
                continue
            if isinstance(place, dict) and data.draw(st.booleans()):
                del place[key]
            else:
                place[key] = data.draw(JSON)
            break
    event_or_error(name, json.dumps(payload).encode())


def test_a_run_on_a_pull_request_knows_its_number_and_branch() -> None:
    on = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_HEAD_REF": "jo/change"}
    started = started_by({**on, "GITHUB_REF": "refs/pull/71/merge"})
    assert (started.pr_number, started.head_branch) == (71, "jo/change")
    for ref in ("refs/heads/main", "refs/pull/x/merge", "refs/pull/" + "9" * 5000 + "/merge", ""):
        started = started_by({**on, "GITHUB_REF": ref})
        assert (started.pr_number, started.head_branch) == (None, "")
