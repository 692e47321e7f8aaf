"""Links from a report to what it is about: markdown, to the commit that was reported on."""

from __future__ import annotations

from runner.record import NodeResult
from runner.reports.markdown import code, link
from runner.reports.report import Place, Report


def summary_link(report: Report) -> str:
    return link("full summary", report.place.summary_url)


def commit_link(place: Place, sha: str) -> str:
    url = f"{place.server_url}/{place.repository}/commit/{sha}" if place.repository else ""
    return link(code(sha[:7]), url)


def place_of(node: NodeResult, place: Place) -> str:
    """``file:line`` as a link to the commit; "" of a node without a file."""
    if not node.file:
        return ""
    path = repository_path(node, place)
    shown = code(f"{node.file}:{node.line}" if node.line else node.file)
    if not place.repository or not place.head_sha:
        return shown
    anchor = f"#L{node.line}" if node.line else ""
    # In a path these would begin a query or a fragment.
    safe = path.replace("%", "%25").replace("#", "%23").replace("?", "%3F")
    url = f"{place.server_url}/{place.repository}/blob/{place.head_sha}/{safe}{anchor}"
    return link(shown, url)


def repository_path(node: NodeResult, place: Place) -> str:
    return f"{place.folder}/{node.file}" if place.folder else node.file
