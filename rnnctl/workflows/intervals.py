"""Intervals around the forecasts of a run, calibrated on its validation rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rnnctl.data import Dataset, Sequences
from rnnctl.engines.choosing import Engines
from rnnctl.engines.network import Network
from rnnctl.errors import ConfigError, DataError, Fault
from rnnctl.prediction.held_out_rows import windows_apart
from rnnctl.results.evaluation import Scores
from rnnctl.runs.run_files import read_json
from rnnctl.runs.run_folder import ENVIRONMENT
from rnnctl.runs.trained_run import TrainedRun
from rnnctl.scoring.baselines import number_baselines
from rnnctl.scoring.combination import HeldOut, own_forecasts, quantiles_ahead
from rnnctl.scoring.entries import Entries, scored_entries
from rnnctl.scoring.intervals import Calibration, Ends, Intervals, interval_scores
from rnnctl.scoring.scores import MODEL
from rnnctl.scoring.volatility import Volatility, volatility_of
from rnnctl.training.build import prepare
from rnnctl.workflows.continuing import continued
from rnnctl.workflows.held_out import validation_forecasts
from rnnctl.workflows.resume_checks import check_data

NEEDED = "intervals are calibrated on the run's own data: {}\nput it back as it was, or leave out --interval"

SAME_ROWS = (
    "intervals are calibrated on the very rows that are scored here, so their coverage says nothing of others; "
    "--split test does"
)


def own_data(run: TrainedRun) -> Dataset:
    """The data that a run was trained on.

    Raises:
        DataError: It has moved or changed.
    """
    dataset = prepare(run.config).dataset
    check_data(run.path, read_json(run.path / ENVIRONMENT), dataset.fingerprints)
    return dataset


def calibration_rows(run: TrainedRun, dataset: Dataset, engines: Engines, network: Network | None = None) -> HeldOut:
    """Truth and forecasts of a run's validation rows, each once, by which its intervals are calibrated.

    Args:
        dataset: The run's own.
        network: The run's; None loads it.

    Raises:
        DataError: The run has no validation rows.
    """
    if dataset.validation is None:
        found = None
    else:
        network = network or engines.load(run, dataset.signature, dataset.validation.lengths)
        found = validation_forecasts(run, dataset, network)
    if found is None or not len(found.entries):
        raise DataError(
            "intervals are calibrated on the validation split, and this run's data has none; set data.split.validation "
            "and train again, or leave out --interval"
        )
    entries, kept = found.entries.once()
    quantiles = None if found.quantiles is None else found.quantiles[kept]
    return HeldOut(entries, found.truth[kept], found.forecasts[kept], quantiles)


def check_intervals(dataset: Dataset, training: Dataset | None, why_not: Sequence[str]) -> None:
    """Checks that intervals can be scored.

    Args:
        dataset: What is scored.
        training: The run's own; None where it cannot be read, ``why_not`` ending with the reason.

    Raises:
        ConfigError: No numbers are predicted.
        DataError: The run's own data cannot be read.
    """
    if dataset.target_kind != "number":
        told = f"this is for a run that predicts numbers, and this run predicts {dataset.target_kind} targets"
        raise ConfigError([Fault("--interval", None, None, "", f"{told}; leave it out")])
    if training is None:
        raise DataError(NEEDED.format(why_not[-1].partition(": ")[2]))


def scored_intervals(
    held: HeldOut,
    levels: tuple[float, ...],
    predictions: npt.NDArray[np.floating],
    dataset: Dataset,
    sequences: Sequences,
    scores: Scores,
) -> tuple[Scores, Ends, tuple[str, ...]]:
    """Scores with those of the intervals around a model's predictions and around each baseline's.

    Args:
        held: Of the validation rows of the run's own data.
        predictions: Of the model for a split, as ``rnnctl.scoring.scores.score`` takes them.
        sequences: The split of ``dataset``.
        scores: What is scored of them so far.

    Returns:
        The scores; by level, the ends of the model's intervals, ``[entries, outputs]``; and what is to be said.
    """
    entries, training = scored_entries(dataset, sequences), held.entries.dataset
    own = own_forecasts(entries.pick(predictions), dataset, entries.row, scores.combination)
    said = {MODEL: np.where(np.isnan(own), np.inf, own), **number_baselines(entries, training, scores.season)}
    before = {MODEL: held.forecasts, **number_baselines(held.entries, training, scores.season)}
    volatility = volatility_of(training)
    calibrations = {
        who: Calibration.of_entries(held.entries, before[who], volatility, held.quantiles if who == MODEL else None)
        for who in said
    }
    intervals = Intervals(calibrations[MODEL], levels)
    quantiles = quantiles_ahead(entries.pick(predictions), dataset, entries.row)
    whole = own.reshape(len(own), -1, len(dataset.target_names))
    ends = {
        level: (low.reshape(own.shape), high.reshape(own.shape))
        for level, (low, high) in intervals.around(whole, dataset, entries.row, quantiles=quantiles).items()
    }
    told = intervals.too_few()
    if sequences is training.validation:
        told = (*told, SAME_ROWS)
    part, kept = entries.once()
    of_model = {} if quantiles is None else {MODEL: quantiles[kept]}
    found = interval_scores(part, {who: values[kept] for who, values in said.items()}, calibrations, levels, of_model)
    return replace(scores, intervals=found), ends, told


def calibration_of(run: TrainedRun, steps: int, engines: Engines) -> Calibration:
    """By what the intervals of a run are calibrated, so many rows ahead.

    Beyond the trained horizon validation windows are continued as the forecasts are: predictions are fed back.

    Raises:
        DataError: The run's own data has moved or changed, or it has no validation rows.
    """
    try:
        dataset = own_data(run)
    except DataError as error:
        raise DataError(NEEDED.format(error)) from error
    run = replace(run, refits=())  # as it was when it had not learnt from these rows
    held = calibration_rows(run, dataset, engines)
    volatility = volatility_of(dataset)
    found = Calibration.of(held.truth, held.forecasts, dataset, held.entries.row, volatility, held.quantiles)
    horizon = held.forecasts.shape[1]
    if steps <= horizon:
        return found
    later = _continued(run, held.entries, steps, volatility, engines)
    return replace(found, errors=found.errors.then(later.errors.after(horizon)))


def _continued(
    run: TrainedRun, entries: Entries, steps: int, volatility: Volatility | None, engines: Engines
) -> Calibration:
    """That of validation windows that are continued by so many rows, of which there may be none."""
    dataset = entries.dataset
    simple = max((one.reach for one in run.combination.smoothing), default=run.combination.season or 0)
    reach = max(dataset.difference, simple, 0 if volatility is None else volatility.reach)
    apart = windows_apart(entries, steps, reach)
    if apart is None:
        none = np.empty((0, steps, len(dataset.target_names)))
        return Calibration.of(none, none, dataset, entries.row[:0], volatility)
    extended, truth = apart
    said = continued(run, extended, steps, engines).values
    return Calibration.of(truth, said, extended.dataset, extended.origin, volatility)
