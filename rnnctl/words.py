"""The nearest known word to a misspelt one. Knows nothing of the program."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a person most likely meant; None where nothing is near.

    Args:
        word: What was typed.
        known: All words that are allowed.
    """
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(word.casefold()[:200], list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
