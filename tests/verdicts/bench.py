"""Examines the labelled networks, and counts verdicts against truths."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from verdicts.cases import CASES
from verdicts.published import autotrainer, gradients_of, sagemaker

WORDS = ("healthy", "vanishing", "exploding", "non-finite", "saturated", "dead", "bad data", "noise-dominated")
SHORT = ("healthy", "vanish", "explode", "non-fin", "satur", "dead", "data", "noise")


@dataclass(frozen=True)
class Judged:
    """One network and what is said of it.

    Attributes:
        name: The case's name.
        truth: What is so.
        said: The word of each judge.
        held: Every word that rnnctl says holds.
        why: rnnctl's headline.
    """

    name: str
    truth: str
    said: dict[str, str]
    held: frozenset[str]
    why: str


def judge_case(case, seed):
    """Builds, examines and judges one network."""
    network = case.make(seed)
    published = gradients_of(network)
    found = network.examine()
    said = {"rnnctl": found.verdict, "sagemaker": sagemaker(published), "autotrainer": autotrainer(published)}
    headline = "; ".join(f"{v.word} {v.subject}: {v.headline}" for v in found.verdicts)
    return Judged(case.name, case.truth, said, frozenset(v.word for v in found.verdicts), headline)


def judge_all(first_seed):
    """Every case, each with a seed of its own."""
    return [judge_case(case, first_seed + place) for place, case in enumerate(CASES)]


def table(judged, judge="rnnctl"):
    """Truths in rows, verdicts in columns, as text."""
    counts = Counter((one.truth, one.said[judge]) for one in judged)
    lines = [f"{'truth':<16}" + "".join(f"{word:>9}" for word in SHORT)]
    for truth in WORDS:
        cells = (counts[truth, said] for said in WORDS)
        lines.append(f"{truth:<16}" + "".join(f"{count or '·':>9}" for count in cells))
    return "\n".join(lines)


def agreement(judged, judge="rnnctl"):
    """Share of all networks that are judged rightly, and share of the healthy ones that are called sick."""
    right = sum(one.said[judge] == one.truth for one in judged)
    healthy = [one for one in judged if one.truth == "healthy"]
    return right / len(judged), sum(one.said[judge] != "healthy" for one in healthy) / len(healthy)


def report(judged):
    """Every judge's share and table, as the documentation shows them."""
    parts = [f"{len(judged)} networks"]
    for judge in ("rnnctl", "sagemaker", "autotrainer"):
        right, wrong = agreement(judged, judge)
        parts.append(f"{judge}: {right:.1%} right, {wrong:.1%} of the healthy called sick\n{table(judged, judge)}")
    return "\n".join(parts)
