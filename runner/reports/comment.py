"""The one comment of a pull request: a section for each job, each replaced without the others.

Every section stands between two hidden markers, of which the first says which run it is of. No other
text of a report can hold a marker: ``text.clean`` takes ``<!--`` apart. Above the sections stand the
verdicts of all jobs, where there are several: made anew with each change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from runner.reports.markdown import bullets
from runner.reports.section import REST, Section, Stamp

# GitHub's limit is 65,536 characters. Bytes are counted: a text never has more characters.
LARGEST_COMMENT = 65_000
# By this and its author a pull request's comment is found again.
MARKER = "<!-- dbt-gitops:comment -->"
END = "<!-- dbt-gitops:end -->"
TOP_END = "<!-- dbt-gitops:sections -->"
TOP = re.compile(rf"\A{re.escape(MARKER)}\n\n(.*?){re.escape(TOP_END)}\s*", re.DOTALL)
SECTION = re.compile(
    rf"^<!-- dbt-gitops:section (?P<stamp>[^\n]*) -->\n(?P<text>.*?)\n{re.escape(END)}$",
    re.MULTILINE | re.DOTALL,
)
CUT = "The rest was cut to make room for other jobs."


@dataclass(frozen=True, kw_only=True)
class _Posted:
    """A section as it stands in a comment; ``stamp`` is None where someone has edited it away."""

    job: str
    stamp: Stamp | None
    text: str
    whole: str


def merge_section(existing: str | None, section: Section) -> str | None:
    """The comment's new body: ``existing`` with this section in it, and the other jobs' as they are.

    None where there is nothing to do: the comment shows a later run of this job, or this very text.
    At most :data:`LARGEST_COMMENT` bytes. Other jobs' sections are cut to their verdicts only where
    not even the smallest size of this one has room, and are left out only where that isn't enough.
    """
    before = _lines(existing)
    body = _bare(before)
    own = next((each for each in _posted(body) if each.job == section.stamp.job), None)
    if own and own.stamp and own.stamp.order > section.stamp.order:
        return None
    candidates = (
        _topped(_with(shorter, own, _marked(section.stamp, text)))
        for shorter in _shortenings(body, section.stamp.job)
        for text in section.sizes
    )
    merged = next(filter(_fits, candidates), None)
    merged = merged or f"{MARKER}\n\n{_marked(section.stamp, section.sizes[-1])}"
    return None if merged == before else merged


def jobs_of(existing: str | None) -> list[str]:
    """The jobs that have a section in a comment."""
    return [posted.job for posted in _posted(_lines(existing))]


def _lines(existing: str | None) -> str:
    return (existing or "").replace("\r\n", "\n")


def _bare(body: str) -> str:
    """The marker and the sections, and what else someone has written between them."""
    if not body.startswith(MARKER):  # there is none yet, or someone has edited it away
        body = f"{MARKER}\n\n{body}"
    return TOP.sub(f"{MARKER}\n\n", body).rstrip("\n")


def _topped(body: str) -> str:
    verdicts = [posted.text.partition("\n")[0].removeprefix("### ") for posted in _posted(body)]
    if len(verdicts) < 2:
        return body
    return f"{MARKER}\n\n{bullets(verdicts)}\n\n{TOP_END}{body.removeprefix(MARKER)}"


def _fits(body: str) -> bool:
    return len(body.encode()) <= LARGEST_COMMENT


def _shortenings(body: str, job: str) -> Iterator[str]:
    """The body as it is, then with the others cut one after another, then with one after another gone.

    The largest first.
    """
    yield body
    others = sorted((p for p in _posted(body) if p.job != job), key=lambda p: -len(p.whole))
    shortened: Mapping[str, str] = {other.whole: _cut(other) for other in others}
    for whole, cut in shortened.items():
        if cut != whole:
            body = body.replace(whole, cut)
            yield body
    for cut in sorted(shortened.values(), key=lambda text: -len(text)):
        body = body.replace(f"\n\n{cut}", "")
        yield body


def _cut(posted: _Posted) -> str:
    head, found, _ = posted.text.partition(f"\n\n{REST}\n")
    return posted.whole.replace(posted.text, f"{head}\n\n{CUT}") if found else posted.whole


def _with(body: str, own: _Posted | None, marked: str) -> str:
    return body.replace(own.whole, marked) if own else f"{body}\n\n{marked}"


def _marked(stamp: Stamp, text: str) -> str:
    return f"<!-- dbt-gitops:section {_stamp_text(stamp)} -->\n{text}\n{END}"


def _stamp_text(stamp: Stamp) -> str:
    """One line of JSON in which nothing can end an HTML comment."""
    fields = {**vars(stamp), "started_at": stamp.started_at.isoformat()}
    text = json.dumps(fields)
    return re.sub(
        r"[<>&]|--", lambda found: "".join(f"\\u{ord(c):04x}" for c in found.group()), text
    )


def _posted(body: str) -> Iterator[_Posted]:
    for match in SECTION.finditer(body):
        job, stamp = _read(match["stamp"])
        yield _Posted(job=job, stamp=stamp, text=match["text"], whole=match.group())


def _read(text: str) -> tuple[str, Stamp | None]:
    """The job, and the stamp where nobody has damaged it."""
    try:
        fields = json.loads(text)
        job = str(fields["job"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return "", None
    try:
        started_at = datetime.fromisoformat(fields.pop("started_at"))
        stamp = Stamp(**fields, started_at=started_at)
    except (ValueError, TypeError, KeyError):
        return job, None
    kinds = [type(value) for value in vars(stamp).values()]
    sound = kinds == [str, str, str, int, int, datetime] and started_at.tzinfo is not None
    return job, stamp if sound else None
