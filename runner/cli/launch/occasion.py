"""What a job is run for: the event of GitHub, the jobs file that decides, and where to report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.cli.launch.deliveries import delivery_of, has_rivals, place_here, says_so
from runner.cli.plans.deciding import plan_report
from runner.delivery.delivery import Delivery
from runner.errors import ConfigInvalid
from runner.events import (
    Dispatch,
    Event,
    Merge,
    MergeGroup,
    PullRequest,
    StartedBy,
    Tick,
    event_of,
    started_by,
)
from runner.model import Config
from runner.reports.plan import difference_lines
from runner.reports.report import DifferenceLine, Place
from runner.triggers import NotTriggered, Triggered, Verdict

# Never a success that says "skipped": whoever runs such a job on a pull request has made a mistake.
MISTAKES = frozenset({"trigger"})


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """``config`` decides: the base's jobs file on a pull request, otherwise the checkout's.

    ``event`` and ``delivery`` are None where there is none: on one's own machine, and where the token
    can't write. ``verdict`` is None unless a pull request, or a merge queue, asks for the job.
    """

    config: Config
    started: StartedBy
    event: Event | None
    place: Place
    verdict: Verdict | None = None
    difference: tuple[DifferenceLine, ...] = ()
    delivery: Delivery | None = None

    @property
    def says_so(self) -> bool:
        """Whether a job that isn't run gets a status for it."""
        return isinstance(self.verdict, NotTriggered) and says_so(self.verdict, self.event)

    @property
    def skipped(self) -> str:
        """Why the job isn't run, "" where it is."""
        return self.verdict.reason if isinstance(self.verdict, NotTriggered) else ""

    @property
    def number(self) -> int | None:
        """The pull request's, in a merge queue too; None without one."""
        if isinstance(self.event, PullRequest):
            return self.event.number
        return self.started.pr_number if isinstance(self.event, MergeGroup) else None

    @property
    def base(self) -> str:
        """The commit that a merge group starts from; a pull request's is told by the checkout."""
        return self.event.base_sha if isinstance(self.event, MergeGroup) else ""

    @property
    def cause(self) -> str:
        """Why it is run, where nobody says otherwise."""
        if self.verdict:
            return self.verdict.reason
        if isinstance(self.event, Merge):
            return f"push to {self.event.branch or self.event.ref}"
        if isinstance(self.event, Tick):
            return f"the schedule {self.event.schedule} fired"
        if isinstance(self.event, Dispatch) and self.event.cause:
            return self.event.cause
        return "asked for" if self.event else "asked for on the command line"

    def pending(self, doing: str) -> None:
        if self.delivery:
            self.delivery.pending(doing)

    def building(self, step: str, nodes: int) -> None:
        """Only a pull request's status says it: nobody watches the others."""
        if self.delivery and isinstance(self.event, PullRequest):
            self.delivery.building(step, nodes)

    @property
    def parse_only(self) -> str:
        return self.verdict.parse_only if isinstance(self.verdict, Triggered) else ""


def occasion_of(config: Config, job: str, environ: Mapping[str, str]) -> Occasion:
    """``config`` is the checkout's. Raises ConfigInvalid where the event mustn't run the job."""
    started, event = started_by(environ), event_of(environ)
    place = place_here(event, environ, config.root, config.project)
    if not isinstance(event, (PullRequest, MergeGroup)):
        delivery = delivery_of(job, event, place, config.root, environ)
        return Occasion(config=config, started=started, event=event, place=place, delivery=delivery)
    report = plan_report(config, event, None, environ)
    verdict = report.verdict(job)
    if isinstance(verdict, NotTriggered) and verdict.code in MISTAKES:
        raise ConfigInvalid(
            f"`{job}` isn't run for a pull request",
            why=f"{verdict.reason}, by the base's jobs file, which decides",
            hint="`triggers: { pull_request: … }` makes a CI job, and takes effect when it is merged",
        )
    return Occasion(
        config=report.config or config,
        started=started,
        event=event,
        place=place,
        verdict=verdict,
        difference=difference_lines(report.difference),
        delivery=delivery_of(
            job, event, place, config.root, environ, rivals=has_rivals(report.config)
        ),
    )
