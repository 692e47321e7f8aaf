"""What is said of a name that nothing has: the nearest that there is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from runner.errors import ConfigInvalid

# More names than these don't help to choose.
LISTED = 20


def no_such(kind: str, name: str, known: Iterable[str], file: str = "") -> ConfigInvalid:
    """The error of whoever asks for a job that isn't there, or for another ``kind`` of thing.

    ``file`` is the one that alone was looked in. A stranger may have chosen the name, as in a dispatch.
    """
    names = list(known)
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    listed = f"the {kind}s are: {', '.join(names[:LISTED])}{more}"
    return ConfigInvalid(
        f"there is no {kind} `{ascii(name)[1:-1]}`" + (f" in {file}" if file else ""),
        why=listed if names else f"there is no {kind} at all",
        hint=did_you_mean(name, names),
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean `daily`?``, or nothing where no known word is near."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


def nearest(word: str, known: Iterable[str], most: int = 100) -> str | None:
    """The most similar known word. Compares ``most`` of them, for there may be thousands."""
    folded = word.casefold()
    known = list(known)
    longer = [each for each in known if each.startswith(word)] if len(word) > 2 else []
    if len(longer) == 1 or not folded:
        return longer[0] if folded else None
    alike = (k for k in known if k and abs(len(k) - len(word)) <= 3 and _shares_an_end(k, folded))
    candidates = {candidate.casefold(): candidate for candidate in islice(alike, most)}
    found = get_close_matches(folded, candidates, n=1, cutoff=0.6)
    return candidates[found[0]] if found else None


def _shares_an_end(known: str, folded: str) -> bool:
    known = known.casefold()
    return known[0] == folded[0] or known[-1] == folded[-1] or known[:2] == folded[1::-1]
