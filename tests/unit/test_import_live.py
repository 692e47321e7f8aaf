"""Jobs from dbt Cloud's API: pages, what comes apart, and everything that can go wrong on the way."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.cli.main import run
from runner.errors import ConfigInvalid, DbtCloudFailed
from runner.importing.cloud_api import TOKENS, Patience, account_of
from runner.importing.cloud_json import MOST_BYTES
from runner.importing.cloud_live import read_live
from runner.importing.writing import config_of, drafted
from tests.fake_dbt_cloud import ACCOUNT, TOKEN, FakeDbtCloud, answer, page, refusal
from tests.fake_github.server import Answer, Request, Server
from tests.unit.test_importing_dbt_cloud import job

FILE = Path("dbt_jobs.yml")
QUICK = Patience(answer=0.3, whole=1, limited=0.05, growing=0.01)
PLACES = [
    {"id": 70, "project_id": 5, "name": "Production", "dbt_version": "1.9.0-latest"},
    {
        "id": 71,
        "project_id": 5,
        "name": "Staging",
        "use_custom_branch": True,
        "custom_branch": "next",
    },
]
MERGE = {"job_type": "merge", "triggers": {"on_merge": True}}


def bare(number: int, **more: Any) -> dict[str, Any]:
    """As dbt Cloud lists it: without its environment."""
    return job(number, environment=None, **more)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDbtCloud]:
    """One with two jobs; whatever happens, it is only read from."""
    monkeypatch.chdir(tmp_path)
    for name in TOKENS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DBT_CLOUD_TOKEN", TOKEN)
    fake = FakeDbtCloud([bare(1), bare(2, environment_id=71, **MERGE)], PLACES)
    yield fake
    fake.close()
    assert {request.method for request in fake.requests} <= {"GET"}


def live(cloud: FakeDbtCloud, said: list[str] | None = None, project: str = "") -> Any:
    account = account_of({"DBT_API_KEY": TOKEN}, cloud.url, ACCOUNT)
    return read_live(account, project, (said if said is not None else []).append, QUICK)


def command(cloud: FakeDbtCloud, *more: str) -> int:
    return run(["import", "dbt-cloud", "--account-id", str(ACCOUNT), "--host", cloud.url, *more])


def test_jobs_with_their_environments_and_variables(
    cloud: FakeDbtCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.variables[1] = {
        "DBT_DAY": {"project": {"id": 1, "value": "1"}, "job": {"id": 2, "value": "2"}},
        "DBT_KEY": {"environment": {"id": 3, "value": "**********"}},
    }
    assert command(cloud) == 0
    config = config_of(FILE, FILE.read_text())
    assert config.jobs["job-1"].env == {"DBT_DAY": "2"}
    assert config.environments["production"].secrets == ("DBT_KEY",)
    merge = config.jobs["job-2"].triggers.merge
    assert merge is not None
    assert merge.branches == ("next",)
    captured = capsys.readouterr()
    assert (
        "2 of 2 jobs\n2 of 2 environments\nenvironment variables of 2 of 2 jobs\n" in captured.err
    )
    assert TOKEN not in captured.out + captured.err + FILE.read_text()
    assert command(cloud, "--check") == 0


def test_all_pages(cloud: FakeDbtCloud) -> None:
    cloud.jobs = [bare(number, state=2 if number > 3 else 1) for number in range(1, 251)]
    cloud.jobs += [bare(300, project_id=6)]
    said: list[str] = []
    draft = live(cloud, said, project="5")
    assert [*draft.jobs] == ["job-1", "job-2", "job-3"]
    assert said[:3] == ["100 of 250 jobs", "200 of 250 jobs", "250 of 250 jobs"]
    with pytest.raises(ConfigInvalid, match="of 2 projects: 5, 6"):
        live(cloud)
    with pytest.raises(ConfigInvalid, match="no job of project 7"):
        live(cloud, project="7")


def test_the_same_as_from_files(cloud: FakeDbtCloud) -> None:
    cloud.variables[1] = {"DBT_DAY": {"job": {"id": 2, "value": "2"}}}
    Path("jobs.json").write_text(
        json.dumps([{**cloud.jobs[0], "environment_variables": cloud.variables[1]}, cloud.jobs[1]])
    )
    Path("places.json").write_text(json.dumps({"data": PLACES}))
    assert run(["import", "dbt-cloud", "jobs.json", "places.json"]) == 0
    assert FILE.read_text() == drafted(live(cloud), None)


def times(number: int, wrong: Answer) -> Callable[[Request], Answer | None]:
    left = [wrong] * number
    return lambda _: left.pop() if left else None


@pytest.mark.parametrize(
    "wrong",
    [
        refusal(502, "Bad gateway"),
        refusal(429, "Slow down", Retry_After="3600"),
        Answer(cut="before"),
        Answer(delay=0.6),
    ],
    ids=["502", "429", "hung up", "too slow"],
)
def test_what_passes_is_tried_again(cloud: FakeDbtCloud, wrong: Answer) -> None:
    cloud.spoil = times(1, wrong)
    assert [*live(cloud).jobs] == ["job-1", "job-2"]


def html(_: Request) -> Answer:
    return Answer(
        body=b"<!doctype html><html>Sign in</html>", headers={"Content-Type": "text/html"}
    )


def repeated(cloud: FakeDbtCloud) -> Callable[[Request], Answer | None]:
    def first(request: Request) -> Answer | None:
        whole = page(
            cloud.jobs, Request(**{**vars(request), "query": {"limit": "100", "offset": "0"}})
        )
        return whole if "/jobs/" in request.path else None

    return first


def lying(cloud: FakeDbtCloud, total: int) -> Callable[[Request], Answer | None]:
    return lambda request: page(cloud.jobs, request, total) if "/v2/" in request.path else None


def always(wrong: Answer) -> Callable[[FakeDbtCloud], Callable[[Request], Answer | None]]:
    return lambda _: lambda _: wrong


WRONG: dict[str, tuple[Any, str, str, str]] = {
    "401": (
        always(refusal(401, "Invalid token.")),
        "dbt Cloud refused: jobs",
        "401: Invalid token.",
        "the token in DBT_API_KEY is wrong",
    ),
    "403": (always(refusal(403, "No.")), "refused: jobs", "403: No.", "a permission set"),
    "404": (always(refusal(404, "Not found")), "refused: jobs", "404: Not", "check --account-id"),
    "429": (
        always(refusal(429, "Slow down", Retry_After="1")),
        "refused: jobs",
        "429: Slow down",
        "run it again in 1 seconds",
    ),
    "500": (always(Answer(status=500)), "refused: jobs", "it answered 500", "status.getdbt.com"),
    "an echo": (
        always(refusal(401, f"{'x' * 280} Bearer {TOKEN}\x1b[2J")),
        "refused: jobs",
        "x ",
        "the token",
    ),
    "a page that repeats": (
        repeated,
        "answer can't be used: jobs",
        "its page from 2 on repeats what came before",
        "run it again",
    ),
    "more than announced": (
        lambda c: lying(c, 1),
        "used: jobs",
        "announced 1, and gave 2",
        "again",
    ),
    "fewer than announced": (
        lambda c: lying(c, 5),
        "used: jobs",
        "announced 5, and gave 2",
        "again",
    ),
    "a sign-on page": (
        lambda _: html,
        "used: jobs",
        "a web page, not JSON",
        "check that http://127",
    ),
    "truncated": (
        always(Answer(body=b'{"data": [{"id": 1, "exec')),
        "used: jobs",
        "it is not JSON; it ends in the middle",
        "run it again",
    ),
    "broken off": (
        always(Answer(body=b'{"data": []}', cut="middle")),
        "can't be reached: jobs",
        "broke off in the middle",
        "run it again",
    ),
    "nothing": (always(Answer()), "used: jobs", "it is empty", "run it again"),
    "endless": (
        always(Answer(body=b" " * (MOST_BYTES + 1))),
        "used: jobs",
        "it is too large",
        "run it again",
    ),
    "another shape": (always(answer({})), "used: jobs", "no list of `data`", "run it again"),
    "a list": (always(Answer(body=b"[]")), "used: jobs", "it holds no `data`", "run it again"),
    "no numbers": (always(answer([{"id": "1"}])), "used: jobs", "no numbers", "run it again"),
    "no job": (
        lambda _: lambda r: page([{"id": 1}], r),
        "used: jobs",
        "no list of `execute_steps`",
        "the files",
    ),
    "too slow": (always(Answer(delay=0.6)), "reached: jobs", "took too long", "check the network"),
    "no variables": (
        lambda _: lambda r: answer([]) if "variables" in r.path else None,
        "environment variables of job 1",
        "no mapping",
        "run it again",
    ),
}


@pytest.mark.parametrize(("spoil", "what", "why", "hint"), WRONG.values(), ids=WRONG)
def test_what_went_wrong_is_told(
    cloud: FakeDbtCloud, spoil: Any, what: str, why: str, hint: str
) -> None:
    cloud.spoil = spoil(cloud)
    with pytest.raises(DbtCloudFailed) as caught:
        live(cloud)
    assert what in caught.value.what
    assert why in caught.value.why
    assert hint in caught.value.hint
    assert TOKEN[:8] not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(cloud.requests) <= 6


@pytest.mark.parametrize("wrong", ["401", "a sign-on page", "a page that repeats", "truncated"])
def test_the_jobs_file_is_not_touched(
    cloud: FakeDbtCloud, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(cloud) == 0
    before = FILE.read_bytes()
    cloud.spoil = WRONG[wrong][0](cloud)
    cloud.jobs.append(bare(3))
    for more in ([], ["--check"], ["--dry-run"]):
        assert command(cloud, *more) == 4
        assert FILE.read_bytes() == before
    assert WRONG[wrong][1] in capsys.readouterr().err
    assert [*Path().iterdir()] == [FILE]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_goes_to_no_other_host(cloud: FakeDbtCloud, status: int) -> None:
    heard: list[Request] = []

    def listening(request: Request) -> Answer:
        heard.append(request)
        return answer([])

    other = Server("storage", "localhost", listening)
    try:
        cloud.spoil = lambda _: Answer(status=status, headers={"Location": f"{other.url}/api/v2/"})
        with pytest.raises(DbtCloudFailed, match="points elsewhere") as caught:
            live(cloud)
    finally:
        other.close()
    assert heard == []
    assert other.url.partition("//")[2] in caught.value.why
    assert "--host" in caught.value.hint


def test_a_netrc_does_not_replace_the_token(
    cloud: FakeDbtCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert live(cloud).jobs


def test_nobody_there(cloud: FakeDbtCloud) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    account = account_of({"DBT_CLOUD_API_TOKEN": TOKEN}, closed, ACCOUNT)
    with pytest.raises(DbtCloudFailed, match="can't be reached: jobs") as caught:
        read_live(account, "", print, QUICK)
    assert closed in caught.value.why
    assert "--host" in caught.value.hint


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("cloud.getdbt.com", "https://cloud.getdbt.com"),
        ("https://ab123.us1.dbt.com/", "https://ab123.us1.dbt.com"),
        ("http://localhost:80", "http://localhost:80"),
    ],
)
def test_hosts(host: str, address: str) -> None:
    assert account_of({"DBT_CLOUD_TOKEN": f" {TOKEN}\n"}, host, 1).address == address
    assert TOKEN not in repr(account_of({"DBT_CLOUD_TOKEN": TOKEN}, host, 1))


@pytest.mark.parametrize(
    ("host", "token", "said"),
    [
        ("http://cloud.getdbt.com", TOKEN, "https alone"),
        ("http://localhost.evil.com", TOKEN, "https alone"),
        ("cloud.getdbt.com@evil.com", TOKEN, "no host of dbt Cloud"),
        ("cloud.getdbt.com/x", TOKEN, "no host of dbt Cloud"),
        ("a\nb", TOKEN, "no host of dbt Cloud"),
        ("", TOKEN, "no host of dbt Cloud"),
        ("cloud.getdbt.com", " ", "there is no token for dbt Cloud\nnone of DBT_CLOUD_TOKEN"),
        ("cloud.getdbt.com", "a\nb", "the token in DBT_CLOUD_TOKEN can't be one"),
    ],
)
def test_no_host_and_no_token(host: str, token: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        account_of({"DBT_CLOUD_TOKEN": token}, host, 1)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["jobs.json", "--account-id", "9"],
        ["jobs.json", "--host", "a.com"],
        ["--account-id", "0"],
    ],
)
def test_files_or_an_account(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "dbt-cloud", *arguments]) == 2
    assert "Usage:" in capsys.readouterr().err
