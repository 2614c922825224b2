"""Classes of the target and how often each occurs in each split; tokens that a vocabulary lacks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnnctl.config.schema import Config
from rnnctl.data.dataset import UNKNOWN, Dataset
from rnnctl.data.sequences import Ints
from rnnctl.data_check.split_rows import own_rows
from rnnctl.results.data_check import ClassFacts, Finding, Level, VocabularyFacts
from rnnctl.util.format import first_few, percent

RARE = 5
"""Training examples below which a class is rare."""

ONE_SIDED = 0.9
"""Share of the largest class from which on accuracy says little."""

HOPELESS = 0.95
"""Share of the largest class above which balanced weights lower macro F1 where a network answers nothing else: below it
such networks gained on 11 of 11 generated data sets, above it they lost on 3 of 3."""

UNKNOWN_SHARE = 0.05
"""Share of unknown tokens that is worth a warning."""

_MOST = 5


def class_facts(dataset: Dataset) -> tuple[ClassFacts, ...]:
    """How often each class is the target of a sequence or time step, the most frequent in training first."""
    if dataset.target_kind == "number":
        return ()
    names = dataset.class_names
    counted = {name: _counts(dataset, name, len(names)) for name in dataset.splits}
    order = np.argsort(-counted["train"], kind="stable")
    return tuple(
        ClassFacts(names[place], {name: int(counts[place]) for name, counts in counted.items()})
        for place in order
        if names[place] != UNKNOWN or any(counts[place] for counts in counted.values())
    )


def _counts(dataset: Dataset, name: str, classes: int) -> Ints:
    split = dataset.splits[name]
    if split.per_sequence:
        codes = split.last_targets()[:, 0]
    else:
        codes = split.targets[own_rows(dataset, name) if dataset.task.windowed else split.aims(), 0]
    codes = codes[np.isfinite(codes) & (codes >= 0)]
    return np.bincount(codes.astype(np.int64), minlength=classes).astype(np.int64)


def examine_classes(dataset: Dataset, facts: tuple[ClassFacts, ...], config: Config) -> Iterator[Finding]:
    """Finds rare classes, a class that outweighs all others, and classes that a held-out split lacks."""
    split = config.data.split
    total = sum(one.counts["train"] for one in facts)
    if total and (share := facts[0].counts["train"] / total) > ONE_SIDED:
        message = (
            f"{100 * share:.1f} % of the training targets are {facts[0].name!r}: always answering it is right so "
            "often; look at macro F1 rather than accuracy"
        )
        if config.training.class_weights is None and share <= HOPELESS:
            message += (
                ", and where a trained network answers nothing else, compare with training.class_weights: balanced"
            )
        yield Finding("warning", "classes", message)
    named = [one for one in facts if one.name != UNKNOWN]
    rare = [f"{one.name!r} ({one.counts['train']})" for one in named if 0 < one.counts["train"] < RARE]
    if rare and dataset.task.labels:
        text = f"classes with fewer than {RARE} training examples: {first_few(rare, _MOST)}"
        yield Finding("warning", "classes", f"{text}; add some, or merge classes")
    for name in dataset.splits:
        absent = [repr(one.name) for one in named if one.counts["train"] and not one.counts[name]]
        if absent and dataset.task.series_target:
            ways = [f"make it larger (data.split.{name})" if split.column is None else f"name some in {split.column!r}"]
            ways = [*ways, "add some"] if split.column or split.shuffle else ["shuffle it (data.split.shuffle)", *ways]
            text = f"the {name} split has no {first_few(absent, _MOST)}: {', or '.join(ways)}"
            yield Finding("warning", "classes", text)


def vocabulary_facts(dataset: Dataset) -> tuple[VocabularyFacts, ...]:
    """Size of each vocabulary, and the share of unknown tokens in each split."""
    facts = {}
    for place, column in enumerate(dataset.inputs):
        if not column.tokens or column.tokens[0] != UNKNOWN or column.source in facts:
            continue
        codes = dataset.train.values[:, place]
        unknown = {name: float((codes[own_rows(dataset, name)] == 0).mean()) for name in dataset.splits}
        facts[column.source] = VocabularyFacts(column.source, len(column.tokens), unknown)
    return tuple(facts.values())


def examine_vocabularies(facts: tuple[VocabularyFacts, ...]) -> Iterator[Finding]:
    """Finds tokens that are not in the vocabulary."""
    for vocabulary in facts:
        column, train = vocabulary.column, vocabulary.unknown["train"]
        held_out = {name: share for name, share in vocabulary.unknown.items() if name != "train" and share > 0}
        if train > UNKNOWN_SHARE:
            message = (
                f"{100 * train:.1f} % of the training tokens of {column!r} are unknown: its vocabulary holds "
                f"{vocabulary.size:,}; raise or leave out its size (data.columns)"
            )
            yield Finding("warning", "vocabulary", message, (column,))
        elif held_out:
            text = ", ".join(f"{percent(share)} of {name}" for name, share in held_out.items())
            message = f"tokens of {column!r} that training never shows: {text}; seen as {UNKNOWN}"
            level: Level = "warning" if max(held_out.values()) > UNKNOWN_SHARE else "fact"
            yield Finding(level, "vocabulary", message, (column,))
