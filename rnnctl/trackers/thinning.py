"""Which steps a tracker is told: all at first, later ever fewer, so that a long run costs it little.

A function of the step alone: a run that goes on is thinned like one that never stopped.
"""

from __future__ import annotations


def is_told(step: int, whole: int) -> bool:
    """Whether a step is told: each to ``2 whole``, every second to ``4 whole``, every fourth to ``8 whole``, ….

    A run of N steps thus has about ``whole · (1 + log2(N / whole))`` steps told.

    Args:
        step: From 1.
        whole: At least 1.
    """
    spacing = 1 << max(0, (step // whole).bit_length() - 1)
    return (step - 1) % spacing == 0


def in_words(whole: int) -> str:
    """The rule as a sentence, for who looks at the curves."""
    return (
        f"Of this run's steps all up to {2 * whole:,} are here, every second up to {4 * whole:,}, every fourth up to "
        f"{8 * whole:,}, and so on, and the last; the run folder's steps.jsonl holds them all."
    )
