"""The nearest known word to a misspelt one, and names of a file in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rnnctl.util.format import cut

_WORD = re.compile(r"[^\W_]+")

NAMES_SHOWN = 20
NAME_LENGTH = 60


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a person most likely meant; None where nothing is near."""
    from difflib import get_close_matches  # help does without

    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(word.casefold()[:200], list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def nearest_file(name: str, known: Iterable[str]) -> str | None:
    """The file that was most likely meant: near without its ending, which many share, and with no word lost."""
    stem, ending = _parted(name)
    words, by_stem = _WORD.findall(stem), dict[str, str]()
    for one in sorted(known, key=lambda one: not _parted(one)[1].startswith(ending)):
        other = _parted(one)[0]
        theirs = _WORD.findall(other)
        if "".join(words) == "".join(theirs) or all(nearest(word, theirs) for word in words):
            by_stem.setdefault(other, one)
    return by_stem.get(nearest(stem, by_stem) or "")


def _parted(name: str) -> tuple[str, str]:
    """A file's name, and its ending, in lower case; of a name longer than any the beginning."""
    stem, dot, ending = name[:200].casefold().partition(".")
    return (stem, ending) if stem else (dot + ending, "")


def nearest_run(name: str, known: Iterable[str]) -> str | None:
    """The run that was most likely meant: of the same name the one of the nearest number, else the nearest name.

    Run folders are called after a config's name and a number: ``shop-7``.
    """
    every = {one: _numbered(one) for one in known}
    stem, number = _numbered(name)
    near = (
        stem if any(stem == other for other, _ in every.values()) else nearest(stem, {one for one, _ in every.values()})
    )
    alike = [one for one, (other, _) in every.items() if other == near]
    return min(alike, key=lambda one: (abs(every[one][1] - number), -every[one][1]), default=None)


def _numbered(name: str) -> tuple[str, int]:
    stem, dash, number = name.rpartition("-")
    return (stem, int(number[:9])) if dash and number.isdecimal() else (name, 0)


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """``did you mean 'train'?``, or all known words after a phrase such as ``the commands are``."""
    every = list(known)
    near = nearest(word, every)
    return f"did you mean {near!r}?" if near else f"{otherwise} {', '.join(every)}."


def named(names: Iterable[str]) -> str:
    """Names that a file chose, the first of them, in one line; those that would not read plainly in quotes."""
    every = list(names)
    shown = [_plain(cut(name, NAME_LENGTH)) for name in every[:NAMES_SHOWN]]
    return ", ".join(shown) + (", …" if len(every) > NAMES_SHOWN else "")


def _plain(name: str) -> str:
    reads_plainly = name.isprintable() and name == name.strip() and name and not set(name) & set(",;'\"")
    return name if reads_plainly else repr(name)
