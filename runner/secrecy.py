"""What looks like a password, a token or a key, by its name or by itself.

Source of the names: what dbt's adapters and their drivers call theirs, such as ``PGPASSWORD``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# What a stage adds to a name: `SNOWFLAKE_PASSWORD_PROD`.
_STAGE = r"(?:_?(?:\d+|(?:pre_?)?prod|production|live|staging|stg|test|dev|ci|qa|uat|sandbox))?$"
# Of a variable that a project reads. What a name that ends so has is where something is, and not that itself.
_LIKELY = re.compile(
    r"^DBT_ENV_SECRET|^(?!.*(?:path|ur[il]|file|endpoint|_id)$).*"
    rf"(?:pass(?:word|wd|phrase)?{_STAGE}|secret|token|credential|(?:api|private|access)_?key|keyfile_json$)",
    re.IGNORECASE,
)
# Names of which any value is secret, and those that ordinary words have too, such as `partition_token`.
_PASSWORD = re.compile(
    rf"^DBT_ENV_SECRET|(?:password|passwd|passphrase|secret|(?:^|[_-]|db|pg)pass|(?:^|[_-])pwd){_STAGE}",
    re.IGNORECASE,
)
_KEY = re.compile(
    rf"(?:token|credentials?|(?:api|private|access|secret|signing|encryption)[_-]?key){_STAGE}",
    re.IGNORECASE,
)
# Shorter ones can't be told from other text.
_SHORTEST = 4
# The last is a key in lines, without the line that says so.
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])\S{8,}|\S{24,}|[\w+/=-]{24,}(?:\s+[\w+/=-]+)*\s*")
# Such a word stands in many places where it is no secret, such as the target's name or a command's.
_ORDINARY = re.compile(r"[A-Za-z_-]{1,11}|[0-9]{1,4}")
# A switch, a placeholder, a day, a method, a variable's name, Jinja, a file or an address: nothing that
# opens a door.
_NO_SECRET = re.compile(
    r"(?i:true|false|none|null|enabled|disabled|required|optional|\*+|x+|<.*>"
    r"|(?:~|\.{1,2})?/[\w./-]*|[\w./${} -]+\.(?:json|pem|p8|key)|[a-z][a-z0-9+.-]*://\S*|arn:\S+"
    r"|md5|bcrypt|(?:scram-)?sha-?[0-9]{1,3}|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]*Z?)?)"
    r"|(?:[a-z][a-z0-9._-]*/)+[a-z][a-z0-9._-]*"
    r"|(?:\$[A-Z_][A-Z0-9_]*|\$\{.*\}|\{\{.*\}\})(?:/[\w./-]*)?"
)
# As their makers write them: GitHub, GitLab, AWS, Google, Slack, Databricks, dbt, an address with a
# password, a private key, a JSON Web Token.
_MADE = re.compile(
    r"\b(?:gh[a-z]_[A-Za-z0-9._-]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}|AKIA[0-9A-Z]{16}"
    r"|AIza[\w-]{35}|xox[abprs]-[\w-]{10,}|dapi[0-9a-f]{32}|dbt[cu]_[\w-]{20,}"
    r"|hooks\.slack\.com/services/[\w/]+|[a-z][a-z0-9+]{0,30}://[^\s/:@]*:(?![$*<{])[^\s/@]+@"
    r"|eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]*)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY[\s\S]*"
)
_NAME = r"""(?<![\w-])(?P<name>[\w-]{1,80})"""
_QUOTED = r""""([^"]*)(?:"|$)|'([^']*)(?:'|$)"""
_WORD = r"""[^\s,'"{}\[\]\\#][^\s,'"}\]\\]*"""
_PAIRS = (
    # In `--vars '{password: x}'`, or JSON.
    re.compile(rf"""{_NAME}\\*["']?\s*:\s*\\*(?:{_QUOTED}|({_WORD}(?: (?!-){_WORD})*))"""),
    # A shell's `PGPASSWORD=x`, or what a driver is given.
    re.compile(rf"""{_NAME}=(?:{_QUOTED}|([^\s,'"}}\];&]+))"""),
    re.compile(rf"""--(?P<name>[\w-]{{1,80}})[ =](?:{_QUOTED}|([^\s,'"}}\];&]+))"""),
)


class Secret(NamedTuple):
    """One that is written out; ``at`` is the path of the value it stands in, indexes from 0."""

    at: tuple[str | int, ...]
    name: str
    text: str


def looks_secret(name: str) -> bool:
    """By its name alone, of a variable or of a key of profiles.yml."""
    return bool(_LIKELY.search(name))


def secrets_in(value: object, at: tuple[str | int, ...] = ()) -> Iterator[Secret]:
    """All that look like one in plain values, however deep; of a text, the part that does.

    Where a text names its parts itself, as a step with ``--vars`` does, those names count.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from secrets_in(inner, (*at, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from secrets_in(inner, (*at, index))
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        name = next((key for key in reversed(at) if isinstance(key, str)), "")
        yield from (Secret(at, key, text) for text, key in _secrets_of(name, str(value)).items())


def is_ordinary(text: str) -> bool:
    """Whether a secret is a word that may stand anywhere for something else."""
    return bool(_ORDINARY.fullmatch(text))


def masked_where_named(text: str, mask: str) -> str:
    """With ``mask`` in place of what the text itself calls a secret, and of what looks like one."""

    def hidden(match: re.Match[str]) -> str:
        value = _value(match)
        if not _is_secret(match["name"], value):
            return match[0]
        start = match.start(match.lastindex or 0) - match.start()
        return f"{match[0][:start]}{mask}{match[0][start + len(value) :]}"

    text = _MADE.sub(mask, text)
    for pair in _PAIRS:
        text = pair.sub(hidden, text)
    return text


def _value(pair: re.Match[str]) -> str:
    """Without what escapes the quote behind it."""
    return pair[pair.lastindex or 0].rstrip("\\")


def _secrets_of(name: str, text: str) -> dict[str, str]:
    """Each text with its name: the text's own, or the one that stands before it within the text."""
    if _is_secret(name, text):
        return {text: name}
    made = {match[0]: name for match in _MADE.finditer(text)}
    found = (match for pair in _PAIRS for match in pair.finditer(text))
    pairs = ((match["name"], _value(match)) for match in found)
    return {**made, **{value: key for key, value in pairs if _is_secret(key, value)}}


def _is_secret(name: str, text: str) -> bool:
    if len(text) < _SHORTEST or _NO_SECRET.fullmatch(text):
        return False
    return bool(_PASSWORD.search(name) or (_KEY.search(name) and _RANDOM.fullmatch(text)))
