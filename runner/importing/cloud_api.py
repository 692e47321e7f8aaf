"""Requests to dbt Cloud's API. They only read, and the token goes to the named host alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from runner import __version__
from runner.errors import ConfigInvalid, DbtCloudFailed
from runner.importing.cloud_json import MOST_BYTES, NotJson, decoded, message_of
from runner.masking import Mask
from runner.reports.text import clipped, one_line
from runner.unreached import unreached

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

Json = Mapping[str, Any]

# The names of dbt Labs' Terraform provider and of dbt-jobs-as-code, and the one that others use.
TOKENS = ("DBT_CLOUD_TOKEN", "DBT_API_KEY", "DBT_CLOUD_API_TOKEN")
PER_PAGE = 100
MOST_ITEMS = 10_000
_TOKEN = re.compile(r"[!-~]+")
_HOST = re.compile(r"(?:https://)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?)/?")
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?")
_LONGEST = 300


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds: for the beginning of an answer, for all of it, and for pauses.

    ``limited`` is the longest pause that dbt Cloud may ask for, ``growing`` the unit of those that double;
    ``tries`` counts those after the first.
    """

    answer: float = 30.0
    whole: float = 120.0
    limited: float = 60.0
    growing: float = 1.0
    tries: int = 3


@dataclass(frozen=True, kw_only=True)
class Account:
    """``address`` is ``https://host``; ``token_name`` the variable that the token stands in."""

    address: str
    number: int
    token: str = field(repr=False)
    token_name: str


def account_of(environ: Mapping[str, str], host: str, number: int) -> Account:
    """Raises ConfigInvalid."""
    match = _HOST.fullmatch(host)
    if not match and not _LOOPBACK.fullmatch(host):
        raise ConfigInvalid(
            f"--host {clipped(one_line(host), _LONGEST)} is no host of dbt Cloud",
            why="it is a name such as emea.dbt.com, and https alone",
        )
    name = next((name for name in TOKENS if environ.get(name, "").strip()), "")
    token = environ.get(name, "").strip()
    if not _TOKEN.fullmatch(token):
        raise ConfigInvalid(
            f"the token in {name} can't be one" if name else "there is no token for dbt Cloud",
            why="it has spaces, or letters that no token has"
            if name
            else f"none of {', '.join(TOKENS)} is set",
            hint=f"export {name or TOKENS[0]} with a service token that may read jobs",
        )
    return Account(
        address=f"https://{match['host']}" if match else host,
        number=number,
        token=token,
        token_name=name,
    )


class CloudApi:
    """One account. Everything raises :class:`DbtCloudFailed`."""

    def __init__(self, account: Account, patience: Patience) -> None:
        self._account = account
        self._patience = patience
        self._mask = Mask([account.token])
        self._session = requests.Session()
        # As `auth` the token can't be replaced by that of a .netrc.
        self._session.auth = _Bearer(account.token)
        self._session.headers["User-Agent"] = f"dbt-gitops/{__version__}"
        self._session.headers["Accept"] = "application/json"
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_retries(patience)))

    def close(self) -> None:
        self._session.close()

    def get(self, what: str, path: str, parameters: Mapping[str, str | int]) -> Json:
        """The answer; ``path`` follows that of the account's API: ``v2/jobs/``."""
        version, _, rest = path.partition("/")
        url = f"{self._account.address}/api/{version}/accounts/{self._account.number}/{rest}"
        wait = self._patience.answer
        try:
            with self._session.get(
                url, params=parameters, timeout=wait, allow_redirects=False, stream=True
            ) as response:
                raw = self._body(what, response)
        except requests.RequestException as error:
            raise DbtCloudFailed(
                f"dbt Cloud can't be reached: {what}",
                why=f"{self._account.address}: {unreached(error)}",
                hint="check the network and --host, then run it again",
            ) from error
        if response.status_code != 200:
            raise self._refused(what, response, raw)
        try:
            answer = decoded(raw)
        except NotJson as error:
            raise self._useless(what, f"it {error.what}", error.why) from error
        if not isinstance(answer, Mapping):
            raise self._useless(what, "it holds no `data`")
        return answer

    def listed(
        self, what: str, path: str, parameters: Mapping[str, str | int], tell: Callable[[str], None]
    ) -> list[Json]:
        """All items of a list, by their numbers; each once. ``tell`` is told how far it is."""
        found: dict[int, Json] = {}
        announced: set[int] = set()
        while True:
            asked = {**parameters, "limit": PER_PAGE, "offset": len(found)}
            answer = self.get(what, path, asked)
            items = self._items(what, answer)
            new = {item["id"]: item for item in items if item["id"] not in found}
            announced |= _total(answer)
            if not items:
                break
            if not new:
                raise self._useless(what, f"its page from {len(found)} on repeats what came before")
            found |= new
            if len(found) > MOST_ITEMS:
                raise self._useless(what, f"it has more than {MOST_ITEMS:,}")
            tell(f"{len(found)} of {max(announced, default=len(found))} {what}")
        if announced - {len(found)}:
            said = " and ".join(map(str, sorted(announced)))
            raise self._useless(what, f"it announced {said}, and gave {len(found)}")
        return list(found.values())

    def _items(self, what: str, answer: Json) -> list[Json]:
        items = answer.get("data")
        if not isinstance(items, list):
            raise self._useless(what, "it holds no list of `data`")
        for item in items:
            if not isinstance(item, Mapping) or type(item.get("id")) is not int:
                raise self._useless(what, "what it lists has no numbers")
        return items

    def _body(self, what: str, response: requests.Response) -> bytes:
        until = time.monotonic() + self._patience.whole
        raw = bytearray()
        for chunk in response.iter_content(64 * 1024):
            raw += chunk
            if len(raw) > MOST_BYTES:
                break
            if time.monotonic() > until:
                raise self._useless(what, f"it took longer than {self._patience.whole:g} seconds")
        return bytes(raw)

    def _useless(self, what: str, why: str, more: str = "") -> DbtCloudFailed:
        return DbtCloudFailed(
            f"dbt Cloud's answer can't be used: {what}",
            why="; ".join(filter(None, (why, more))),
            hint=f"run it again; if it stays so, check that {self._account.address} is dbt Cloud's"
            " address, or save its answers and import the files",
        )

    def _refused(self, what: str, response: requests.Response, raw: bytes) -> DbtCloudFailed:
        status = response.status_code
        if 300 <= status < 400:
            return self._elsewhere(what, response)
        said = clipped(self._mask.text(one_line(_message(raw))), _LONGEST)
        return DbtCloudFailed(
            f"dbt Cloud refused: {what}",
            why=f"{status}: {said}" if said else f"it answered {status}",
            hint=self._hint(status, response.headers.get("Retry-After", "")),
        )

    def _elsewhere(self, what: str, response: requests.Response) -> DbtCloudFailed:
        host = urlsplit(response.headers.get("Location", "")).netloc.rpartition("@")[2]
        named = clipped(one_line(host), _LONGEST) or "itself"
        return DbtCloudFailed(
            f"dbt Cloud points elsewhere: {what}",
            why=f"{self._account.address} sends us to {named}, where the token doesn't go",
            hint="name the host that stands in the browser's address of your account: --host HOST",
        )

    def _hint(self, status: int, later: str) -> str:
        if status == 401:
            return (
                f"the token in {self._account.token_name} is wrong, expired, or of another region:"
                " see --host"
            )
        if status == 403:
            return "give the token a permission set that may read jobs and environments: Read-Only"
        if status == 404:
            return "check --account-id and --host: both stand in the browser's address of your jobs"
        if status == 429:
            after = f" in {later} seconds" if later.isdigit() else " later"
            return f"a limit of dbt Cloud's API is used up; run it again{after}"
        if status >= 500:
            return "dbt Cloud has trouble: see status.getdbt.com, then run it again"
        return ""


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Retry(Retry):
    """urllib3's, with an end to the pause that the other side may ask for."""

    longest: float = 0.0

    def new(self, **changes: Any) -> _Retry:
        again = super().new(**changes)
        again.longest = self.longest
        return again

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, self.longest)


def _retries(patience: Patience) -> Retry:
    retries = _Retry(
        total=patience.tries,
        backoff_factor=patience.growing,
        allowed_methods={"GET"},
        status_forcelist=[429, 500, 502, 503, 504],
        raise_on_status=False,  # the last answer is worth more than that there were too many
    )
    retries.longest = patience.limited
    return retries


def _total(answer: Json) -> set[int]:
    """How many there are in all, where the answer says it."""
    extra = answer.get("extra")
    pagination = extra.get("pagination") if isinstance(extra, Mapping) else None
    total = pagination.get("total_count") if isinstance(pagination, Mapping) else None
    return {total} if type(total) is int else set()


def _message(raw: bytes) -> str:
    try:
        answer = decoded(raw)
    except NotJson:
        return ""
    return message_of(answer)
