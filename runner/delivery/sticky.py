"""The pull request's one comment, written by jobs that know nothing of each other.

GitHub has no conditional write: what two jobs write at once, one of them overwrites. So whoever has
rivals reads the comment again after a while, and puts its section in again where it is gone.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from runner.errors import GitHubFailed
from runner.reports.comment import MARKER, jobs_of, merge_section
from runner.reports.section import Section

if TYPE_CHECKING:
    from runner.github.answers import Comment
    from runner.github.client import GitHub

# Another job that has read the comment before our write has written its own by then.
SETTLED_SECONDS = 2.0
TRIES = 4
GONE = frozenset({404, 410})
TOO_LONG = 422


def put_section(
    github: GitHub, number: int, section: Section, *, rivals: bool, pause: float = SETTLED_SECONDS
) -> str:
    """The comment's address; two requests where there are no ``rivals``, a read more where there are.

    Raises GitHubFailed.
    """
    posted, _ = _put(github, number, section)
    for _ in range(TRIES if rivals else 0):
        time.sleep(pause)
        found, gone = _put(github, number, section)
        if posted and found and found.id != posted.id:
            # Another job made one at the same time; the oldest is everybody's.
            github.delete_comment(posted)
        posted = found
        if not gone:
            break
    return posted.html_url if posted else ""


def replace_section(github: GitHub, number: int, section: Section) -> str:
    """The comment's address, "" without one; a job that has no section in it gets none.

    One request, and one more where there is a section to replace. Raises GitHubFailed.
    """

    def replaced(existing: str | None) -> str | None:
        shown = section.stamp.job in jobs_of(existing)
        return merge_section(existing, section) if shown else None

    found = github.put_comment(number, replaced, marker=MARKER)
    return found.html_url if found else ""


def _put(github: GitHub, number: int, section: Section) -> tuple[Comment | None, bool]:
    """The comment, and whether this section had to be put in."""
    written = False

    def merged(existing: str | None) -> str | None:
        nonlocal written
        text = merge_section(existing, section)
        written = text is not None
        return text

    try:
        return github.put_comment(number, merged, marker=MARKER), written
    except GitHubFailed as error:
        if error.status in GONE:  # deleted between the reading and the writing
            return github.put_comment(number, merged, marker=MARKER), written
        if error.status != TOO_LONG:
            raise
    # The verdict alone, whatever else stands there: a shorter comment always gets through.
    shortest = replace(section, sizes=section.sizes[-1:])
    alone = merge_section(None, shortest)
    return github.put_comment(number, lambda _: alone, marker=MARKER), True
