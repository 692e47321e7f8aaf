"""A run by its id, or by a part of it, as somebody at a terminal names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from runner.cli.past.histories import history_at_hand, history_of
from runner.errors import ConfigInvalid
from runner.execution.folder import HOME
from runner.history import Entry, History, same_run
from runner.model import Config
from runner.record_json import RECORD
from runner.reports.text import short_id

# More than these don't help to choose.
NAMED = 10


@dataclass(frozen=True, kw_only=True)
class Known:
    """The runs of the history, and the ids of those that have left their record on this machine."""

    history: History
    here: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*(each.run_id for each in self.history.entries), *self.here)))

    def matching(self, name: str) -> tuple[str, ...]:
        """The one that is called so; else those that `runs` shows so, or that are so in part.

        The id of a later attempt names the run that was planned, where it has none of its own.
        """
        ids = self.ids
        ways: tuple[Callable[[str], bool], ...] = (
            lambda run_id: run_id == name,
            lambda run_id: same_run(name, run_id),
            lambda run_id: short_id(run_id) == name,
            lambda run_id: name in run_id,
        )
        found = (tuple(filter(way, ids)) for way in ways)
        return next(filter(None, found), ())

    def one(self, name: str) -> str:
        """Raises ConfigInvalid where no run has this id, or several have it as a part of theirs."""
        matching = self.matching(name)
        if len(matching) == 1:
            return matching[0]
        if matching:
            more = f" and {len(matching) - NAMED} more" if len(matching) > NAMED else ""
            raise ConfigInvalid(
                f"{name!a} is in the ids of {len(matching)} runs",
                why=f"they are {', '.join(sorted(matching)[-NAMED:])}{more}",
                hint="write more of the one that you mean",
            )
        meant = " or ".join(self._near(name))
        raise ConfigInvalid(
            f"there is no run {name!a}",
            why="" if self.ids else "the history has no run yet, and this machine neither",
            hint=f"did you mean {meant}?" if meant else "`dbt-gitops runs` lists them",
        )

    def entry(self, run_id: str) -> Entry | None:
        return next((each for each in self.history.entries if each.run_id == run_id), None)

    def _near(self, name: str) -> Iterator[str]:
        shorts = {short_id(each): each for each in self.ids}
        near = get_close_matches(name, [*shorts, *self.ids], n=3)
        yield from dict.fromkeys(shorts.get(each, each) for each in near)


def known_runs(
    name: str, config: Config, environ: Mapping[str, str], say: Callable[[str], None]
) -> Known:
    """Of the history at hand where that has such a run, else of the newest one.

    Raises StateUnresolved where that can't be read.
    """
    home = config.root / HOME / "runs"
    here = tuple(path.parent.name for path in home.glob(f"*/{RECORD}"))
    known = Known(history=history_at_hand(config, environ)[0] or History(), here=here)
    if known.matching(name):
        return known
    return Known(history=history_of(config, environ, say) or History(), here=here)
