"""What a rule is: what it looks at, what it finds, and how it is explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path as FilePath

from runner.builds.facts import Builds
from runner.config.load import Loaded
from runner.config.nodes import Entry, Node, Path, Scalar, find
from runner.config.rules.ignoring import Ignore, ignores
from runner.config.text import WHOLE_FILE, Span
from runner.history import History
from runner.model import Config, Environment, Job, Severity

# Why a rule may say nothing although something is wrong: it needs more than the file.
HISTORY = "history"
MANIFEST = "manifest"
PACKAGES = "packages"


@dataclass(frozen=True, kw_only=True)
class Found:
    """``at`` is a path of keys, and of list items from 0; what isn't there is sought in `defaults`."""

    what: str
    hint: str
    at: Path


@dataclass(frozen=True, kw_only=True)
class Packages:
    """That the project has packages. ``cleaned``: `dbt clean` removes where they are installed."""

    cleaned: bool


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The project's profile in the profiles.yml of a folder.

    ``default`` is the target of a job that names none, "" where Jinja makes it. ``reads`` are the names
    of the variables and vars that its Jinja reads, None where it makes such names.
    """

    folder: FilePath
    default: str
    reads: frozenset[str] | None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known beside the file: None is that it isn't at hand, or that there is none.

    ``profiles`` are those that jobs connect by, as far as they are at hand, by the job's name.
    ``elsewhere`` are the project's other files, of those that are checked with this one.
    """

    history: History | None = None
    builds: Builds | None = None
    packages: Packages | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    elsewhere: tuple[Subject, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    def has(self, needed: str) -> bool:
        """Whether what a rule needs, by its ``needs``, is at hand."""
        at_hand = {"": True, HISTORY: self.history, MANIFEST: self.builds, PACKAGES: self.packages}
        return at_hand[needed] is not None


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A jobs file that is valid, and what is known besides."""

    loaded: Loaded
    known: Known = field(default_factory=Known)

    @property
    def config(self) -> Config:
        assert self.loaded.config is not None, "rules look at valid files alone"
        return self.loaded.config

    @cached_property
    def jobs(self) -> tuple[Job, ...]:
        """Those that are enabled: what is switched off is no one's trouble."""
        return tuple(job for job in self.config.jobs.values() if job.enabled)

    @cached_property
    def of_pull_requests(self) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs if job.triggers.pull_request)

    @cached_property
    def deploying(self) -> tuple[Job, ...]:
        """Those that something starts; what nothing starts is tried by hand, wherever that may be."""
        return tuple(job for job in self.jobs if job.deploys and starts_itself(job))

    @property
    def everywhere(self) -> list[Subject]:
        """It and the project's other files, in the same order whichever of them is looked at."""
        files = (self, *self.known.elsewhere)
        return sorted(files, key=lambda each: str(each.config.path))

    @property
    def builds(self) -> Builds:
        assert self.known.builds is not None, "else a rule that needs them isn't run"
        return self.known.builds

    @property
    def packages(self) -> Packages:
        assert self.known.packages is not None, "else a rule that needs them isn't run"
        return self.known.packages

    def environment(self, job: Job) -> Environment:
        return self.config.environment_of(job)

    @cached_property
    def comments(self) -> tuple[Ignore, ...]:
        return tuple(ignores(self.loaded.source)) if self.loaded.source else ()

    def ignores(self, code: str, at: Path) -> bool:
        """Whether a comment silences what a rule of this code finds there."""
        line = self.span(at).line
        return any(line in each.lines for each in self.comments if each.code == code)

    def span(self, path: Path) -> Span:
        """Where to point for a path: at a value, at the key of a collection, or at what it is in."""
        tree = self.loaded.tree
        found = (find(tree, way) for way in _ways(path)) if tree else iter(())
        return next((_span(each) for each in found if each is not None), WHOLE_FILE)


Check = Callable[[Subject], Iterator[Found]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """A code that a message may have: a short title, and why it matters."""

    code: str
    title: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Rule(Told):
    """``bad`` and ``good`` are whole jobs files: one that breaks it, and one that breaks none.

    ``needs`` names what the check says nothing without.
    """

    severity: Severity = "warning"
    bad: str
    good: str
    check: Check = field(repr=False)
    needs: str = ""


def starts_itself(job: Job) -> bool:
    """Whether anything but a person starts it."""
    triggers = job.triggers
    return bool(triggers.schedule or triggers.merge or triggers.job or triggers.pull_request)


def _ways(path: Path) -> Iterator[Path]:
    """The path, the same in the defaults, then what it is in."""
    for length in range(len(path), 0, -1):
        yield path[:length]
        if path[0] == "jobs" and length > 2:
            yield ("defaults", *path[2:length])


def _span(found: Entry | Node) -> Span:
    node = found.node if isinstance(found, Entry) else found
    if isinstance(found, Entry) and not (isinstance(node, Scalar) and node.text):
        return found.key.span
    return node.span
