"""Durations, cron expressions and time zones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

from runner.config.nodes import Mapping, Scalar
from runner.config.text import shown
from runner.config.written import Written
from runner.durations import parse_duration
from runner.model import Problem, Severity
from runner.schedule.cron import check_cron
from runner.schedule.zones import is_zone, zone_names
from runner.unknown import nearest

LEAST_GRACE = timedelta(minutes=10)


def durations(written: Written) -> Iterator[Problem]:
    """Limits of no time at all."""
    for path, body in written.bodies():
        for key in ("timeout", "sla"):
            node = body.scalar(key)
            if node and not parse_duration(node.text):
                what = f"`{path}.{key}` is no time at all"
                why = "every run would exceed it at once"
                hint = f"write a longer time, or remove `{key}`"
                yield written.source.problem(node.span, "zero-duration", what, why=why, hint=hint)


def graces(written: Written) -> Iterator[Problem]:
    """Graces that are over before GitHub has fired."""
    for path, body in written.bodies():
        node = body.mapping("catch_up").scalar("grace")
        grace = parse_duration(node.text) if node else None
        if node and grace is not None and grace < LEAST_GRACE:
            what = f"`{path}.catch_up.grace` is only {shown(node.text)}"
            why = "GitHub fires minutes late as a rule, and hours at times: what is later isn't run"
            hint = "an hour or more catches most; `6h` is what counts without `catch_up`"
            severity: Severity = "warning" if grace else "error"
            yield written.source.problem(
                node.span, "short-grace", what, why=why, hint=hint, severity=severity
            )


def schedules(written: Written) -> Iterator[Problem]:
    """Cron expressions that GitHub can't run, and zones that don't exist."""
    of_jobs = (job.triggers.mappings("schedule") for job in written.jobs.values())
    for schedule in chain(written.root.mappings("watch"), *of_jobs):
        yield from _cron(written, schedule)
        yield from _timezone(written, schedule)


def _cron(written: Written, schedule: Mapping) -> Iterator[Problem]:
    node = schedule.scalar("cron")
    wrong = check_cron(node.text) if node else None
    if node and wrong:
        what = f"GitHub can't run the schedule {shown(node.text)}"
        yield written.source.problem(node.span, "cron", what, why=wrong.why, hint=wrong.hint)


def _timezone(written: Written, schedule: Mapping) -> Iterator[Problem]:
    node = schedule.scalar("timezone")
    if node and not is_zone(node.text):
        what = f"there is no time zone {shown(node.text)}"
        why = "time zones are IANA's names, such as America/New_York"
        yield written.source.problem(node.span, "timezone", what, why=why, hint=_meant(node))


def _meant(node: Scalar) -> str:
    near = nearest(node.text, zone_names(), most=1000)
    # One abbreviation is near another that is hours away: CEST and EST.
    return f"did you mean `{near}`?" if near and "/" in near else ""
