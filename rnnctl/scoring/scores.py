"""Scores of a model's predictions and of the baselines by the metrics that suit the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.results.evaluation import NETWORK, Combination, Metrics, Part, Scores
from rnnctl.scoring.baselines import class_baselines, mase_scale, number_baselines
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.combination import own_forecasts, own_quantiles
from rnnctl.scoring.entries import Entries, scored_entries, scores_last_alone
from rnnctl.scoring.intervals import error_quantiles, scores_between
from rnnctl.scoring.measures import METRICS
from rnnctl.scoring.metrics import (
    Groups,
    Measure,
    class_metrics,
    exact_share,
    grouped_classes,
    measure_numbers,
    number_metrics,
    of_a_language,
)
from rnnctl.scoring.parts import Cut, cut_by_series, cut_by_step, cut_by_target
from rnnctl.scoring.quantiles import crps, quantile_scores
from rnnctl.scoring.training_rows import season_of
from rnnctl.scoring.units import THRESHOLD, Numbers
from rnnctl.util.format import counted

MODEL = "model"
MOST_ERRORS = 20_000
"""Forecasts of training rows by which the quantiles of baselines are fitted, evenly chosen."""


def score(
    predictions: npt.ArrayLike | Classified,
    dataset: Dataset,
    sequences: Sequences,
    training: Dataset | None,
    *,
    season: int | None = None,
    parts: bool = False,
    combination: Combination = NETWORK,
) -> Scores:
    """Scores predictions for a split, and the baselines beside them.

    Of a forecast only a window's last time step is scored, since the earlier ones of a test window lie in the rows
    before the test split; of other tasks every valid time step.

    Args:
        predictions: ``[sequences, outputs]``, or ``[sequences, time, outputs]`` for outputs at each time step, in the
            order of the split: numbers scaled as the targets are, or probabilities; or classes. Values at padded time
            steps do not matter.
        sequences: The split.
        training: The dataset whose training rows the baselines are fitted on: the same one, or the run's own where
            this is another file. None leaves out what needs them.
        season: Rows of a season, for ``seasonal_naive`` and ``mase``; None for the config's, or to look for one in the
            training rows, for ``seasonal_naive`` alone.
        parts: Whether targets, rows ahead and series are scored each on their own, too.
        combination: What a forecast of numbers is made of, beside the predictions.
    """
    entries = scored_entries(dataset, sequences)
    if isinstance(predictions, Classified):
        return _class_scores(predictions.at(entries), entries, training, parts)
    picked = entries.pick(predictions)
    outputs = len(dataset.classes) or max(1, len(dataset.quantiles)) * sequences.outputs
    if picked.shape != (len(entries), outputs):
        raise ValueError(f"predictions have shape {picked.shape}, and their targets {(len(entries), outputs)}")
    if dataset.target_kind == "number":
        return _number_scores(picked, entries, training, season, parts, combination)
    return _class_scores(class_predictions(picked, entries), entries, training, parts)


def _number_scores(
    predictions: npt.NDArray[np.floating],
    entries: Entries,
    training: Dataset | None,
    season: int | None,
    parts: bool,
    combination: Combination,
) -> Scores:
    if season is None and training is not None and training.season:
        season = season_of(training)
    truth, scale = entries.truth, mase_scale(entries, training, season)
    if season is None and training is not None:
        season = season_of(training)
    baselines = number_baselines(entries, training, season)
    own = own_forecasts(predictions, entries.dataset, entries.row, combination)
    lost = ~np.isfinite(own) & ~np.isnan(truth)
    every = {MODEL: np.where(np.isnan(own), np.inf, own), **baselines}
    targets = len(entries.dataset.target_names)
    # Several columns of a table are in different units, for all that is known.
    units = targets if entries.dataset.own is not None else 1
    levels = entries.dataset.quantiles
    quantiles = own_quantiles(predictions, entries.dataset, entries.row)
    spread = dict.fromkeys(every, None)
    if quantiles is not None:
        each = {MODEL: np.where(np.isnan(quantiles), np.inf, quantiles)}
        each |= {} if training is None else _quantiles_of_baselines(entries, baselines, training, season)
        spread |= {who: crps(truth, said, levels) for who, said in each.items()}
    metrics = {
        who: number_metrics(truth, said, scale, targets, units=units, crps=spread[who]) for who, said in every.items()
    }
    found = Scores(
        metrics.pop(MODEL),
        {name: found for name, found in metrics.items() if found},
        len(entries),
        {name: int((~np.isnan(said)).all(axis=1).sum()) for name, said in baselines.items()},
        season,
        over=_over(entries),
        not_finite=int(lost.any(axis=1).sum()),
        combination=combination,
    )
    if quantiles is not None:
        by_level = quantile_scores(truth, each, entries.dataset)
        found = replace(found, quantiles=by_level, between=scores_between(entries, each))
    if not parts:
        return found
    measures = {who: measure_numbers(truth, said, scale, spread[who]) for who, said in every.items()}
    return _with_parts(found, measures, entries)


def _quantiles_of_baselines(
    entries: Entries, baselines: Mapping[str, Numbers], training: Dataset, season: int | None
) -> dict[str, Numbers]:
    """By baseline, ``[entries, quantiles, outputs]``: its forecasts plus quantiles of its errors in training rows."""
    fitted = scored_entries(training, training.train)
    fitted = fitted[:: -(-len(fitted) // MOST_ERRORS) or 1]
    said = number_baselines(fitted, training, season)
    levels = entries.dataset.quantiles
    return {who: error_quantiles(fitted, said[who], entries, own, levels) for who, own in baselines.items()}


def _class_scores(predictions: Classified, entries: Entries, training: Dataset | None, parts: bool) -> Scores:
    codes, dataset, unknown, chance = entries.codes, entries.dataset, entries.unknown, predictions.probability
    of_tokens = dataset.target_kind == "category" and bool(entries.sequences.horizon)
    targets = len(dataset.target_names)

    def metrics(said: Classified) -> dict[str, float]:
        metrics = class_metrics(codes, said.predicted, said.probability, targets, unknown)
        if metrics and dataset.task.continues:
            right = (said.predicted == codes) & (codes != unknown)
            metrics["exact"] = exact_share(right.all(axis=1), entries.sequence)
        if "crossentropy" in metrics and of_tokens:
            metrics |= {name: float(value) for name, value in of_a_language(metrics["crossentropy"]).items()}
        return metrics

    def measure(said: Classified) -> Measure:
        probability = None if said.probability is None else said.probability.reshape(-1)
        values = codes.reshape(-1), said.predicted.reshape(-1), probability

        def groups_of(group: Ints, groups: int) -> Groups:
            found = grouped_classes(*values, group, groups, unknown)
            return found | (of_a_language(found["crossentropy"]) if "crossentropy" in found and of_tokens else {})

        return groups_of

    baselines = class_baselines(entries, training)
    found = Scores(
        metrics(predictions),
        {name: found for name, baseline in baselines.items() if (found := metrics(baseline))},
        len(entries),
        {name: int((baseline.predicted >= 0).all(axis=1).sum()) for name, baseline in baselines.items()},
        over=_over(entries),
        unknown=0 if unknown is None else int((codes == unknown).any(axis=1).sum()),
        not_finite=0 if chance is None else int((np.isnan(chance) & (codes >= 0)).any(axis=1).sum()),
    )
    every = {MODEL: predictions, **baselines}
    return _with_parts(found, {who: measure(said) for who, said in every.items()}, entries) if parts else found


def _with_parts(found: Scores, measures: Mapping[str, Measure], entries: Entries) -> Scores:
    names, known = entries.dataset.target_names, ~np.isnan(entries.truth).reshape(-1)

    def parts(cut: Cut | None) -> tuple[Part, ...]:
        return () if cut is None else cut.parts(measures, MODEL, known)

    by_series, by_step = parts(cut_by_series(entries, whole=False)), parts(cut_by_step(entries))
    if len(names) == 1:
        by_target = (Part(None, names[0], None, int(known.sum()), found.metrics, found.baselines),)
        return replace(found, by_target=by_target, by_step=by_step, by_series=by_series)
    whole = parts(cut_by_series(entries, whole=True))
    if entries.dataset.own is not None:
        whole = tuple(map(_without_units, whole))
    return replace(found, by_target=parts(cut_by_target(entries)), by_step=by_step, by_series=(*whole, *by_series))


def _without_units(part: Part) -> Part:
    """A part of several targets, without the errors that are in the units of each."""

    def kept(metrics: Metrics) -> Metrics:
        # Pooled over targets of different sizes R² says nothing either.
        return {name: value for name, value in metrics.items() if not METRICS[name].unit and name != "r2"}

    return replace(
        part, metrics=kept(part.metrics), baselines={who: kept(metrics) for who, metrics in part.baselines.items()}
    )


def _over(entries: Entries) -> str:
    """What metrics are taken over, in words."""
    sequences, targets = entries.sequences, len(entries.dataset.target_names)
    if scores_last_alone(entries.dataset):
        what = counted(len(entries), "forecast")
        what += f" of {sequences.horizon} rows each" if sequences.horizon > 1 else " of one row"
        what += ", at the end of each sequence" if not entries.dataset.task.windowed else ""
    elif sequences.per_sequence:
        what = f"{counted(len(entries), 'sequence')}, one answer each"
    else:
        what = f"{counted(len(entries), 'time step')} of {counted(len(sequences), 'sequence')}, one answer each"
    if targets > 1:
        what += f", {targets} targets"
    return what


def class_predictions(probabilities: npt.NDArray[np.floating], entries: Entries) -> Classified:
    """The likeliest classes.

    Args:
        probabilities: ``[entries, classes]``; for yes and no ``[entries, outputs]``, the probability of yes.
    """
    if entries.dataset.target_kind == "category":
        probability = np.take_along_axis(probabilities, entries.codes, axis=1)
        return Classified(probabilities.argmax(axis=1)[:, None], probability.astype(np.float64))
    yes = probabilities.astype(np.float64)
    return Classified((yes >= THRESHOLD).astype(np.int64), np.where(entries.codes == 1, yes, 1 - yes))
