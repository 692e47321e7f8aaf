"""GitHub's scheduler as it is: late, forgetful and repetitive; and whether each fire time was kept.

Ticks come up to three hours late, some never and some twice, workflow runs are run again, clocks are off
and uploads fail. What decides is the program's own: the history as JSON, what is due, what is written.
What should have run is found minute by minute, without it.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from runner.history import Entry, History, Missed, Outcome
from runner.history_changes import ended, handled, noticed, started, trimmed
from runner.history_json import history_from_json, history_to_json
from runner.model import Job, Schedule, Triggers
from runner.schedule.cron import github_cron
from runner.schedule.due import Window, due
from runner.steps import Step
from tests.every_minute import fire_times

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# (jobs, history, now, the cron that GitHub fired) -> what to start and what to remember
Decide = Callable[[Sequence[Job], History | None, datetime, str], Window]


def job(name: str, *crons: str, zone: str = "UTC", grace: timedelta = 6 * HOUR) -> Job:
    return Job(
        name=name,
        environment="prod",
        steps=(Step(text="dbt build", command="build"),),
        triggers=Triggers(schedule=tuple(Schedule(cron=cron, timezone=zone) for cron in crons)),
        grace=grace,
    )


JOBS = (
    job("often", "7 */2 * * *", grace=3 * HOUR),
    job("daily", "0 4 * * *", zone="Europe/Berlin"),
    job("at_the_change", "30 2 * * *", zone="Europe/Berlin"),
    job("at_its_change", "30 1,2 * * *", zone="America/New_York"),
    job("twice_at_six", "0 6 * * *", "0 */6 * * *"),
    job("half_an_hour", "15 2 * * *", "45 1 * * SUN", zone="Australia/Lord_Howe"),
    job("ramadan", "30 2 * * *", zone="Africa/Casablanca"),
    job("month_end", "0 4 L * *", zone="Asia/Kolkata"),
    job("first_monday", "0 9 * * MON#1", "0 9 * * L5", zone="America/New_York", grace=DAY),
    job("impatient", "5 5 * * MON-FRI", grace=20 * MINUTE),
)
WATCH = Schedule(cron="23 */4 * * *", timezone="Europe/Berlin")


@dataclass(frozen=True, kw_only=True)
class Weather:
    """How often what goes wrong, of 1; and how late a tick may be."""

    dropped: float = 0.1
    repeated: float = 0.05
    run_again: float = 0.03
    not_uploaded: float = 0.03
    latest: timedelta = 3 * HOUR
    clock: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Started:
    """A run, and the tick that started it."""

    job: str
    scheduled_for: datetime
    at: datetime


@dataclass(kw_only=True)
class Life:
    """What happened. ``known_from`` is when the first tick was remembered."""

    begin: datetime
    known_from: datetime
    until: datetime
    counts: Counter[str] = field(default_factory=Counter)
    started: list[Started] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)


def live(
    begin: datetime,
    days: int,
    *,
    seed: int,
    decide: Decide = due,
    jobs: Sequence[Job] = JOBS,
    weather: Weather = Weather(),
    starts_before_upload: bool = False,
) -> Life:
    """All ticks of some days, one after another as the concurrency group lets them."""
    chance = random.Random(seed)  # noqa: S311
    life = Life(begin=begin, known_from=begin, until=begin)
    text = ""
    for now, fired in _ticks(jobs, begin, days, chance, weather, life.counts):
        history = history_from_json(text) if text else None
        window = decide(jobs, history, now, fired)
        runs = [Started(job=d.job, scheduled_for=d.scheduled_for, at=now) for d in window.due]
        uploaded = chance.random() >= weather.not_uploaded
        if uploaded or starts_before_upload:
            life.started += runs
        if not uploaded:
            life.counts["uploads failed"] += 1
            continue
        life.missed += window.missed
        life.known_from = life.known_from if text else now
        life.until = max(life.until, now)
        text = history_to_json(_after(history or History(), window, now, chance, life.counts))
    return life


def _ticks(
    jobs: Sequence[Job],
    begin: datetime,
    days: int,
    chance: random.Random,
    weather: Weather,
    counts: Counter[str],
) -> list[tuple[datetime, str]]:
    """When each plan runs, by its own clock, and the cron that it is told; in the order of arrival."""
    schedules = {schedule for each in jobs for schedule in each.triggers.schedule} | {WATCH}
    # Two schedules that compile to the same are one.
    compiled = sorted({(github_cron(each.cron), each.timezone) for each in schedules})
    found: list[tuple[datetime, str]] = []
    for cron, zone in compiled:
        for time in clock(cron, zone, begin, days):
            counts["ticks fired"] += 1
            found += [(time + late, cron) for late in _delays(chance, weather, counts)]
    jitter = weather.clock.total_seconds()
    return [
        (arrival + timedelta(seconds=chance.uniform(-jitter, jitter)), cron)
        for arrival, cron in sorted(found)
    ]


def _delays(chance: random.Random, weather: Weather, counts: Counter[str]) -> Iterator[timedelta]:
    """How late each run of the workflow for one tick comes; none where GitHub drops it."""
    # Mostly minutes, at times hours.
    late = weather.latest * chance.random() ** 3
    if chance.random() < weather.dropped:
        counts["ticks dropped"] += 1
        return
    yield late
    if chance.random() < weather.repeated:
        counts["ticks twice"] += 1
        yield late + chance.choice([timedelta(0), MINUTE, HOUR]) * chance.random()
    if chance.random() < weather.run_again:
        counts["workflow runs run again"] += 1
        yield late + DAY * chance.random()


@lru_cache(maxsize=256)
def clock(cron: str, zone: str, begin: datetime, days: int) -> tuple[datetime, ...]:
    return tuple(fire_times(cron, zone, begin, begin + days * DAY))


def _after(
    before: History, window: Window, now: datetime, chance: random.Random, counts: Counter[str]
) -> History:
    """The history that is uploaded: what starts, what was missed, and what has ended meanwhile."""
    entries = []
    for each in window.due:
        counts["entries"] += 1
        entries.append(
            Entry(
                run_id=f"{counts['entries']}", job=each.job, environment="prod", trigger="schedule",
                cause="its schedule", planned_at=now, scheduled_for=each.scheduled_for,
                coalesced=each.coalesced,
            )
        )  # fmt: skip
    history = started(before, entries)
    for entry in before.entries:
        if entry.outcome is None and chance.random() < 0.5:
            history = ended(history, entry.run_id, Outcome(status="success", finished_at=now))
    history = noticed(history, window.missed)
    return trimmed(handled(history, window.handled_until, window.schedules), now)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Fire times by what became of them, and each thing that should not be, in words."""

    fired: int
    on_time: int
    late: int
    coalesced: int
    missed: int
    latest: timedelta
    wrong: dict[str, list[str]]


def judge(life: Life, jobs: Sequence[Job] = JOBS) -> Verdict:
    """Every fire time since the first tick, against what was started and what was said."""
    runs: dict[tuple[str, datetime], list[datetime]] = defaultdict(list)
    said: dict[tuple[str, datetime], list[Missed]] = defaultdict(list)
    for run in life.started:
        runs[run.job, run.scheduled_for].append(run.at)
    for missed in life.missed:
        said[missed.job, missed.scheduled_for].append(missed)
    wrong: dict[str, list[str]] = {"duplicate": [], "lost": [], "out of grace": [], "untrue": []}
    lateness: list[timedelta] = []
    whys: Counter[str] = Counter()
    for each in jobs:
        expected = _expected(each, life)
        for time in expected:
            at, words = runs.pop((each.name, time), []), said.pop((each.name, time), [])
            if (name := _wrong(each, time, at, words, life)) and name in wrong:
                wrong[name].append(f"{each.name} {time}")
            lateness += [tick - time for tick in at[:1]]
            whys.update(word.why for word in words[:1])
    first = {key for key in runs if key[1] <= life.known_from + MINUTE and len(runs[key]) == 1}
    wrong["untrue"] += [f"{name} {time}" for name, time in {*runs, *said} - first]
    return Verdict(
        fired=len(lateness) + whys.total(),
        on_time=sum(late <= 5 * MINUTE for late in lateness),
        late=sum(late > 5 * MINUTE for late in lateness),
        coalesced=whys["coalesced"],
        missed=whys["late"],
        latest=max(lateness, default=timedelta(0)),
        wrong={name: places for name, places in wrong.items() if places},
    )


def _expected(each: Job, life: Life) -> list[datetime]:
    """The fire times that a tick has been there for, as the clocks on the wall say."""
    days = (life.until - life.begin) // DAY + 2
    times = {
        time
        for schedule in each.triggers.schedule
        for time in clock(schedule.cron, schedule.timezone, life.begin, days)
    }
    # A tick handles what its own clock says will come within a minute.
    return sorted(time for time in times if life.known_from < time - MINUTE <= life.until)


def _wrong(each: Job, time: datetime, at: list[datetime], words: list[Missed], life: Life) -> str:
    """What is wrong with what became of one fire time, "" where nothing is."""
    if len(at) + len(words) > 1:
        return "duplicate"
    if at:
        return "out of grace" if at[0] - time > each.grace else ""
    if not words:
        return "lost"
    noticed_at = words[0].noticed_at
    if words[0].why == "late":
        return "out of grace" if noticed_at - time <= each.grace else ""
    newer = (r for r in life.started if r.job == each.name and r.at == noticed_at)
    return "" if any(run.scheduled_for > time for run in newer) else "untrue"
