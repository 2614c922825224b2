"""Causes in the data: scales, columns, order, labels."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from rnnctl.diagnosis.causes.suspicion import Suspicion, change, number
from rnnctl.diagnosis.evidence import Evidence
from rnnctl.gradients.verdicts.subject import root_mean_square
from rnnctl.results import ColumnFindings
from rnnctl.results.examination import Advice
from rnnctl.util.format import first_few

MOST_BALANCED = 0.95
"""Share of the most frequent class up to which balanced weights help a network that answers it alone; see data.md."""


def _columns(evidence: Evidence, role: str) -> list[ColumnFindings]:
    return [column for column in evidence.found.data.columns if column.role == role]


def _scaling(evidence: Evidence) -> tuple[Advice, ...]:
    table = evidence.config.data.table
    if table is None or table.scale == "standard":
        return ()
    return (change("columns of mean 0 and deviation 1, by the training rows", data__scale="standard"),)


def not_finite(evidence: Evidence) -> Iterator[Suspicion]:
    """Columns hold NaN or infinity."""
    broken = [column for column in evidence.found.data.columns if column.non_finite]
    if broken:
        names = first_few([f"{column.role} {column.name}" for column in broken], 3)
        table = evidence.config.data.table
        advice = (change("windows that hold one are left out", data__missing="drop"),) if table is not None else ()
        yield Suspicion(0.99, (f"NaN or infinite values in {names}",), advice)


def unscaled_inputs(evidence: Evidence) -> Iterator[Suspicion]:
    """Features are far from the order of 1, or far from each other's."""
    columns = [column for column in _columns(evidence, "feature") if not column.constant]
    sizes = [root_mean_square(column) for column in columns if math.isfinite(column.mean)]
    if not sizes or not (evidence.harmed or evidence.stuck):
        return
    at = evidence.thresholds
    advice = _scaling(evidence)
    large = [column for column in columns if root_mean_square(column) > at.large]
    if large:
        names = first_few([column.name for column in large], 3)
        yield Suspicion(0.9, (f"{names}: root mean square up to {number(max(sizes))}, where 1 is meant",), advice)
    elif max(sizes) < 0.03:
        yield Suspicion(0.9, (f"no feature is larger than {number(max(sizes))}, where 1 is meant",), advice)
    elif advice and max(sizes) > 100 * min(sizes) > 0:
        lines = (f"features differ in size: root mean squares from {number(min(sizes))} to {number(max(sizes))}",)
        yield Suspicion(0.7, lines, advice)


def unscaled_targets(evidence: Evidence) -> Iterator[Suspicion]:
    """Targets are far from the order of 1."""
    columns = [column for column in _columns(evidence, "target") if not column.constant]
    sizes = [root_mean_square(column) for column in columns if math.isfinite(column.mean)]
    if not sizes or evidence.dataset.target_kind != "number" or not (evidence.harmed or evidence.stuck):
        return
    large, small = max(sizes) > evidence.thresholds.large, max(sizes) < 0.03
    if large or small:
        size = number(max(sizes) if large else min(sizes))
        lines = [f"root mean square of the targets {size}, where 1 is meant"]
        kind = evidence.config.loss.kind
        lines.append(f"the network begins near 0, and {kind} of such errors moves it {'wildly' if large else 'hardly'}")
        yield Suspicion(0.92, tuple(lines), _scaling(evidence))


def constant_features(evidence: Evidence) -> Iterator[Suspicion]:
    """Most features never change."""
    columns = _columns(evidence, "feature")
    still = [column for column in columns if column.constant]
    if still and len(still) >= 0.5 * len(columns):
        names = first_few([column.name for column in still], 3)
        sure = 0.9 if evidence.harmed or evidence.stuck else 0.5
        yield Suspicion(sure, (f"{len(still)} of {len(columns)} features never change: {names}",))


def duplicated_features(evidence: Evidence) -> Iterator[Suspicion]:
    """Features are copies of each other."""
    train = evidence.dataset.train
    if any(column.tokens for column in evidence.dataset.inputs) or train.features < 2 or not evidence.harmed:
        return
    rows = np.linspace(0, len(train.values) - 1, min(len(train.values), 2000)).astype(np.int64)
    values = np.nan_to_num(train.values[rows].astype(np.float64))
    spread = values.std(axis=0)
    place = np.flatnonzero(spread > 0)
    if len(place) < 2:
        return
    correlation = np.abs(np.corrcoef(values[:, place].T))
    np.fill_diagonal(correlation, 0.0)
    copies = int((np.triu(correlation) > 0.999).any(axis=0).sum())
    if copies >= 0.5 * (len(place) - 1):
        lines = (f"{copies} of {len(place)} features are copies of others, but for scale",)
        yield Suspicion(0.6, lines)


def leaking_feature(evidence: Evidence) -> Iterator[Suspicion]:
    """A feature tells the target."""
    for finding in evidence.leaks[:1]:
        table = evidence.config.data.table
        kept = [] if table is None else [name for name in table.seen if name not in finding.columns[:1]]
        advice = (Advice({"data.features": kept}, "without what gives the answer away"),) if kept else ()
        yield Suspicion(0.96, (finding.message,), advice)


def shifted_targets(evidence: Evidence) -> Iterator[Suspicion]:
    """Targets moved by some rows or sequences fit far better."""
    shifts = dict(evidence.shifts)
    if not shifts:
        return
    here = shifts.pop("0")
    best = max(shifts, key=shifts.__getitem__)
    near = sum(value > 0.5 * shifts[best] for value in shifts.values())
    what = "time step" if evidence.dataset.train.per_step else "sequence"
    # Neighbours that are alike explain each other's targets; one shift alone must stand out, at both sides.
    if shifts[best] > 0.15 and shifts[best] > here + max(0.15, 0.3 * shifts[best]) and near <= 2:
        lines = (
            f"a regression explains {max(here, 0):.0%} of the targets, and {shifts[best]:.0%} of those of the {what} "
            f"{abs(int(best))} {'later' if int(best) > 0 else 'earlier'}",
        )
        yield Suspicion(0.94, lines)


def nothing_found(evidence: Evidence) -> bool:
    """Whether neither the network, nor the reference, nor the probe finds anything."""
    reference = evidence.reference
    if evidence.dataset.validation is None:  # all that is known is how well the training rows are learnt
        return False
    if evidence.probe_skill is None and (reference is None or not evidence.course.complete):
        return False
    limits = [evidence.skill, evidence.probe_skill, None if reference is None else reference.skill]
    return all(one is None or one < max(0.05, evidence.chance) for one in limits)


def shuffled_time(evidence: Evidence) -> Iterator[Suspicion]:
    """Nothing is found, and time steps say nothing of their neighbours."""
    order, train, dataset = evidence.order, evidence.dataset.train, evidence.dataset
    if order is None or evidence.config.data.file is None or dataset.difference or evidence.within_reach > 0.3:
        return
    rows = len(train.values)
    if order < 0.05 + 1.0 / math.sqrt(max(rows, 1)):
        lines = (
            f"from one time step to the next the features have an autocorrelation of {number(order)} at most",
            "values that follow each other in time are alike; rows in another order are not",
        )
        # Columns that move together, or a series that is to be forecast, are measured in time; drawn numbers are not.
        measured = evidence.together > 0.3 or dataset.forecast
        yield Suspicion(0.84 if nothing_found(evidence) and measured else 0.55, lines)


def labels_say_nothing(evidence: Evidence) -> Iterator[Suspicion]:
    """Of labels that are not the future of a series, nothing is found."""
    if evidence.dataset.forecast or not nothing_found(evidence):
        return
    lines = [f"on rows not trained on, the network's skill is {number(evidence.skill)} (0: the baseline, 1: perfect)"]
    if evidence.probe_skill is not None:
        lines.append(f"a regression on what the sequences show has {number(evidence.probe_skill)}")
    if evidence.reference is not None and evidence.reference.skill is not None:
        lines.append(f"a GRU with usual settings has {number(evidence.reference.skill)}")
    trained = evidence.course.training_skill
    if trained is not None and trained > 0.3:
        lines.append(f"on the training rows it has {number(trained)}: it learns them by heart")
    yield Suspicion(0.82, tuple(lines))


def noise_floor(evidence: Evidence) -> Iterator[Suspicion]:
    """A forecast where nothing beats the naive one."""
    if not evidence.dataset.forecast or not nothing_found(evidence):
        return
    lines = ["neither the network nor what it is compared with beats the baseline on rows not trained on"]
    if evidence.probe_skill is not None:
        lines.append(f"a regression on what the windows show has a skill of {number(evidence.probe_skill)}")
    yield Suspicion(0.7, tuple(lines))


def imbalance(evidence: Evidence) -> Iterator[Suspicion]:
    """One class is nearly all there is, and accuracy hides that the others are never said."""
    dataset = evidence.dataset
    if dataset.target_kind == "number":
        return
    codes = dataset.train.aimed_targets()
    known = codes[np.isfinite(codes)]
    if known.size < 10:
        return
    shares = np.unique(known.astype(np.int64), return_counts=True)[1] / known.size
    if shares.max() > 0.85 and evidence.skill < 0.4:
        lines = (f"{shares.max():.0%} of the targets are of one class: always saying it is right as often",)
        weigh = shares.max() <= MOST_BALANCED and evidence.config.training.class_weights is None
        advice = change("each class counts as much as the others", training__class_weights="balanced")
        yield Suspicion(0.85, lines, (advice,) if weigh else ())


def classes_as_numbers(evidence: Evidence) -> Iterator[Suspicion]:
    """A target of a few whole numbers is learnt as a quantity, and is told better as a class."""
    dataset = evidence.dataset
    accuracies = evidence.as_classes
    if accuracies is None or dataset.own is None:
        return
    values = dataset.own[np.isfinite(dataset.own)]
    distinct = np.unique(values)
    as_class, as_number = accuracies
    # Counts and grades are quantities: a rounded number tells them as well, and neither tells them exactly.
    if as_class - as_number > max(0.1, 1.5 * evidence.chance) or (as_class > 0.8 and len(distinct) > 2):
        name = dataset.target_names[0]
        lines = (
            f"{name} holds {len(distinct)} whole numbers, {number(distinct[0])} to {number(distinct[-1])}",
            f"a regression that tells them as classes is right in {as_class:.0%}, one that tells a number, rounded, in "
            f"{as_number:.0%}",
        )
        kind = "category" if len(distinct) > 2 else "boolean"
        advice = Advice({f"data.columns.{name}": kind}, "classes, with a probability for each")
        yield Suspicion(0.9, lines, (advice,))


def padding_in_data(evidence: Evidence) -> Iterator[Suspicion]:
    """Sequences end in rows that are all alike, as padding is, and nothing masks them."""
    sequences, table = evidence.dataset.train, evidence.config.data.table
    if table is None or not sequences.uniform or sequences.length < 4 or evidence.dataset.forecast:
        return
    some = np.linspace(0, len(sequences) - 1, min(len(sequences), 500)).astype(np.int64)
    inputs = sequences.gather(some, sequences.length).inputs
    still = (inputs == inputs[:, -1:, :]).all(axis=2)
    ends = np.where(still.all(axis=1), still.shape[1], np.argmax(~still[:, ::-1], axis=1))
    same = np.isclose(inputs[:, -1, :], np.median(inputs[ends >= 2, -1, :], axis=0) if (ends >= 2).any() else 0).all(
        axis=1
    )
    padded = (ends >= 2) & same
    if padded.mean() > 0.2 and len(np.unique(ends[padded])) > 2:
        lines = (
            f"{padded.mean():.0%} of the sequences end in the same row, {int(np.median(ends[padded]))} times each",
            "the last state then is of padding, and not of data",
        )
        # Where nothing is found, padding that hides it is surer than that there is nothing.
        yield Suspicion(0.86 if evidence.harmed or evidence.stuck else 0.7, lines)
