"""Markov models of tokens: baselines of models that predict the next token."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnctl.data.sequences import Ints
from rnnctl.scoring.units import Numbers

CELLS = 1 << 22
"""Probabilities in memory at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """How often each token followed each context of one length.

    Attributes:
        contexts: ``[contexts]``, int64, rising keys of the contexts seen.
        begin: ``[contexts + 1]``, int64, where each one's tokens begin.
        tokens: Tokens that followed, context after context, each once.
        counts: How often.
    """

    contexts: Ints
    begin: Ints
    tokens: Ints
    counts: Ints

    @classmethod
    def of(cls, contexts: Ints, following: Ints, classes: int) -> Counts:
        """Counts pairs of a context's key and the token after it."""
        pairs, counts = np.unique(contexts * classes + following, return_counts=True)
        seen, begin = np.unique(pairs // classes, return_index=True)
        return cls(seen, np.append(begin, len(pairs)), pairs % classes, counts)


class Markov:
    """P(next token | the last ``order`` tokens), interpolated over shorter contexts by Witten and Bell's rule.

    P_k(w | h) = (c(h, w) + T(h) · P_{k−1}(w | h′)) / (c(h) + T(h)), where c counts occurrences in the training tokens,
    T(h) is the number of different tokens after h, h′ is h without its oldest token, and P_{−1} is 1 / classes. A
    context that was never seen, or that the beginning of a sequence cuts off, has the probabilities of the next shorter
    one. Every class has a probability above zero (Witten & Bell 1991, "The zero-frequency problem").

    Args:
        contexts: ``[entries, order]``, int64, the tokens before, the newest first; −1 where there is none.
        following: ``[entries]``, int64, the token after them.
        classes: Size of the vocabulary.
    """

    def __init__(self, contexts: Ints, following: Ints, classes: int) -> None:
        self._classes = classes
        self._levels = []
        for order in range(contexts.shape[1] + 1):
            whole = (contexts[:, :order] >= 0).all(axis=1)
            keys = _keys(contexts[whole, :order], classes)
            self._levels.append(Counts.of(keys, following[whole], classes))

    def probabilities(self, contexts: Ints) -> Numbers:
        """``[entries, classes]``: the probability of every token after contexts ``[entries, order]``."""
        found = np.full((len(contexts), self._classes), 1 / self._classes)
        for order, level in enumerate(self._levels):
            whole = np.flatnonzero((contexts[:, :order] >= 0).all(axis=1))
            keys = _keys(contexts[whole, :order], self._classes)
            place = np.searchsorted(level.contexts, keys)
            seen = place < len(level.contexts)
            seen[seen] = level.contexts[place[seen]] == keys[seen]
            _interpolate(found, whole[seen], level, place[seen])
        return found

    def predict(self, contexts: Ints, truth: Ints, unknown: int | None = None) -> tuple[Ints, Numbers]:
        """The likeliest token (of equals that with the lowest code) after each context, and the true one's probability.

        Args:
            contexts: ``[entries, order]``.
            truth: ``[entries]``.
            unknown: The code of the unknown token, which is never an answer.
        """
        different, which = np.unique(contexts, axis=0, return_inverse=True)
        by_context = np.argsort(which.reshape(-1), kind="stable")
        ends = np.cumsum(np.bincount(which.reshape(-1), minlength=len(different)))
        predicted, probability = np.empty(len(contexts), dtype=np.int64), np.empty(len(contexts))
        size = max(1, CELLS // self._classes)
        for first in range(0, len(different), size):
            last = min(first + size, len(different))
            table = self.probabilities(different[first:last])
            members = by_context[ends[first - 1] if first else 0 : ends[last - 1]]
            rows = which.reshape(-1)[members] - first
            probability[members] = table[rows, truth[members]]
            if unknown is not None:
                table[:, unknown] = -1
            predicted[members] = table.argmax(axis=1)[rows]
        return predicted, probability


def _keys(contexts: Ints, classes: int) -> Ints:
    """Each row of tokens as one number."""
    return contexts.astype(np.int64) @ (classes ** np.arange(contexts.shape[1])[::-1])


def _interpolate(found: Numbers, rows: Ints, level: Counts, place: Ints) -> None:
    """Turns the probabilities of shorter contexts, in some rows, into those of one level."""
    if not len(rows):
        return
    begin, kinds = level.begin[place], np.diff(level.begin)[place]
    total = np.add.reduceat(level.counts, level.begin[:-1])[place]
    weight = kinds / (total + kinds)
    found[rows] *= weight[:, None]
    repeated = np.repeat(np.arange(len(rows)), kinds)
    inner = np.arange(len(repeated)) - np.repeat(np.cumsum(kinds) - kinds, kinds)
    entry = begin[repeated] + inner
    found[rows[repeated], level.tokens[entry]] += level.counts[entry] / (total + kinds)[repeated]
