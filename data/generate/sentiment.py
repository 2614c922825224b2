"""Sentences that praise or blame, where negation and word order decide which.

A sentence has one or two statements. A statement is positive or negative by its adjective, and a negation ("not",
"never", "far from") turns it round. Of two statements that disagree the weightier one decides: the one after "but",
the one that "although" does not introduce. Two statements joined by "and" agree. So the same words in another order
can mean the opposite, and counting words does not get far.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from table import DATA, write

SENTENCES = 4000
SUBJECTS = ("food", "service", "room", "staff", "music", "film", "story", "acting", "price", "view", "sound", "menu")
VERBS = ("was", "seemed", "felt")
INTENSIFIERS = ("", "", "really", "very", "quite", "so")
NEGATIONS = ("not", "never", "hardly", "far from", "anything but")
POSITIVE = ("good", "great", "lovely", "charming", "brilliant", "pleasant", "warm", "fresh", "clever", "superb")
NEGATIVE = ("bad", "awful", "dull", "boring", "cold", "stale", "clumsy", "rude", "dreadful", "tedious")


def main(folder: Path = DATA) -> None:
    """Writes ``sentiment.csv``: no sentence twice, in random order."""
    rng = np.random.default_rng(3)
    sentences: dict[str, str] = {}
    while len(sentences) < SENTENCES:
        positive = bool(rng.random() < 0.5)
        sentences[_sentence(rng, positive)] = "positive" if positive else "negative"
    write(folder / "sentiment.csv", ["review", "feeling"], list(sentences.items()))


def _sentence(rng: np.random.Generator, positive: bool) -> str:
    """A sentence that means what it is told to: one statement, two that agree, or two that do not."""
    one, other = _two(rng, SUBJECTS)
    form = rng.random()
    if form < 0.25:
        return _statement(rng, one, positive)
    if form < 0.4:
        return f"{_statement(rng, one, positive)} and {_statement(rng, other, positive)}"
    minor, major = _statement(rng, one, not positive), _statement(rng, other, positive)
    if form < 0.6:
        return f"{minor} but {major}"
    if form < 0.8:
        return f"although {minor}, {major}"
    return f"{major} although {minor}"


def _statement(rng: np.random.Generator, subject: str, positive: bool) -> str:
    """``the SUBJECT VERB [NEGATION] [INTENSIFIER] ADJECTIVE``; one statement of four is negated."""
    negated = bool(rng.random() < 0.25)
    adjective = _one(rng, POSITIVE if positive != negated else NEGATIVE)
    words = (
        "the",
        subject,
        _one(rng, VERBS),
        _one(rng, NEGATIONS) if negated else "",
        _one(rng, INTENSIFIERS),
        adjective,
    )
    return " ".join(word for word in words if word)


def _one(rng: np.random.Generator, words: Sequence[str]) -> str:
    return words[int(rng.random() * len(words))]


def _two(rng: np.random.Generator, words: Sequence[str]) -> tuple[str, str]:
    first = _one(rng, words)
    return first, _one(rng, [word for word in words if word != first])


if __name__ == "__main__":
    main()
