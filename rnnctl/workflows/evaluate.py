"""``rnnctl evaluate`` as a function: a run's model on held-out rows, beside baselines that need no network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnctl.data import Dataset, Sequences
from rnnctl.engines.choosing import Engines
from rnnctl.engines.network import Network
from rnnctl.engines.table import AUTO
from rnnctl.errors import ConfigError, DataError, Fault, RunError
from rnnctl.model.describe import describe_cells
from rnnctl.prediction.new_data import load_new_data
from rnnctl.results.evaluation import Evaluation, Place, Scores
from rnnctl.runs.jsonl import validation_from_json
from rnnctl.runs.run_folder import VALIDATION
from rnnctl.runs.step_history import read_whole_lines
from rnnctl.runs.test_results import write_test
from rnnctl.runs.trained_run import TrainedRun, data_gone, load_run, read_preparation
from rnnctl.scoring.backtest import backtest
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.conformal import Levels, interval_levels
from rnnctl.scoring.entries import scored_entries, scores_last_alone
from rnnctl.scoring.intervals import Ends
from rnnctl.scoring.measures import BASELINES, unbeaten
from rnnctl.scoring.quantiles import point
from rnnctl.scoring.scores import score
from rnnctl.workflows.ending import why_diverged
from rnnctl.workflows.frames import as_file, as_given
from rnnctl.workflows.intervals import calibration_rows, check_intervals, own_data, scored_intervals
from rnnctl.workflows.prediction_summary import summarize_predictions
from rnnctl.workflows.resume_checks import ChangedDataError
from rnnctl.workflows.row_words import row_word


def evaluate(
    run: str | os.PathLike[str],
    *,
    data: Any = None,
    split: str = "test",
    folds: int | None = None,
    season: int | None = None,
    interval: Levels = (),
    write: bool = True,
    engine: str = AUTO,
) -> Evaluation:
    """Scores a run's model on a split of its data, and the baselines beside it.

    ::

        found = rnnctl.evaluate("runs/sunspots-1")
        print(found.scores.metrics["mae"], found.scores.baselines["naive"]["mae"], found.unbeaten)

    Args:
        run: The run, or its folder.
        data: Another file, or a pandas or Polars DataFrame, to evaluate on, all of its rows; None for the run's data.
        split: ``test``, ``validation`` or ``train``.
        folds: Consecutive stretches of time that a forecast is scored in besides, each on its own
            (``rnnctl.scoring.backtest``).
        season: Rows of a season, for the seasonal naive forecast and for MASE; None to look for one.
        interval: Levels of intervals to score, in percent, such as ``(80, 95)``: those around the model's forecasts
            of numbers and around each baseline's own, all calibrated on the validation rows
            (`rnnctl.scoring.conformal`).
        write: Whether ``test.json`` is written into the run's folder, for its report.
        engine: What computes the network's predictions: ``numpy``, ``tensorflow``, or ``auto``, which takes NumPy where
            that takes about a second at most; TensorFlow takes longer to be imported.

    Returns:
        The evaluation.

    Raises:
        RunError: The folder is no run, or its weights do not fit its config.
        DataError: The data has moved or changed, or has no such split.
        ConfigError: ``folds`` is asked for where nothing is forecast, or intervals where no numbers are predicted; or
            there is no such engine.
    """
    levels, engines = interval_levels(interval), Engines(engine)
    stored = load_run(Path(run))
    with as_file(data) as path:
        found = _evaluate(stored, path, split, folds, season, levels, engines)
        told = None if found.data is None else as_given(data, path, (found.data,))[0]
        found = replace(found, data=told, notes=as_given(data, path, found.notes))
    if not write or found.split != "test":
        return found
    try:
        write_test(stored.path, found.results, found.scores)
    except RunError as error:  # what was found is worth showing all the same
        return replace(found, notes=(*found.notes, str(error)))
    return found


def _evaluate(
    run: TrainedRun,
    data: Path | None,
    split: str,
    folds: int | None,
    season: int | None,
    levels: tuple[float, ...],
    engines: Engines,
) -> Evaluation:
    dataset, training, notes = _data(run, data)
    sequences = split_of(dataset, split if data is None else "test")
    split = split if data is None else "all"
    if folds is not None and not scores_last_alone(dataset):
        told = f"--folds divides the forecasts of a split in time, and the task of this run is {dataset.task.word}"
        raise ConfigError([Fault("--folds", None, None, "", f"{told}; leave it out")])
    if levels:
        check_intervals(dataset, training, notes)
    if not len(scored_entries(dataset, sequences)):
        raise DataError(
            f"the target is known nowhere in the {split} split, so there is nothing to score by; fill it in"
        )
    network = engines.load(run, dataset.signature, sequences.lengths)
    if split == "validation" and run.refits:
        network = network.as_chosen()
        notes = (*notes, "the validation split is scored as the network was chosen, before the refit learnt from it")
    predictions = network.said(dataset, sequences)
    scores = score(predictions, dataset, sequences, training, season=season, parts=True, combination=run.combination)
    ends: Ends | None = None
    if levels and training is not None and not isinstance(predictions, Classified):
        held = calibration_rows(run, training, engines, network if training is dataset else None)
        scores, ends, few = scored_intervals(held, levels, predictions, dataset, sequences, scores)
        notes = (*notes, *few)
    first, last = _span(dataset, sequences)
    return Evaluation(
        run=run.path.resolve().name,
        name=run.config.name,
        model=describe_cells(run.config),
        step=run.step,
        task=dataset.task.word,
        target_kind=dataset.target_kind,
        split=split,
        data=None if data is None else str(data),
        sequences=len(sequences),
        horizon=sequences.horizon,
        first=first,
        last=last,
        scores=scores,
        results=summarize_predictions(predictions, dataset, sequences, scores, ends),
        unbeaten=unbeaten(scores.metrics, scores.baselines),
        folds=backtest(predictions, dataset, sequences, training, folds, season, run.combination) if folds else (),
        notes=(*run.notes, *notes, *notes_of_options(dataset, scores, folds, season)),
        row=row_word(dataset, getattr(run.config.data, "time", None)),
        diverged=why_diverged(
            read_whole_lines(run.path / VALIDATION, validation_from_json)[0], scores, run.config, training
        ),
        engine=engines.ran,
        spread=_spread(run, network, dataset, sequences),
    )


def _spread(run: TrainedRun, network: Network, dataset: Dataset, sequences: Sequences) -> dict[str, float]:
    """By target, by how much the nets' parts in the forecasts that are scored differ; see `Evaluation`."""
    if not run.members or dataset.target_kind != "number":
        return {}
    picked = scored_entries(dataset, sequences).pick(network.spread(dataset, sequences))
    every = (1 - run.combination.weight) * point(picked, dataset).reshape(-1, len(dataset.target_names))
    return {name: float(each.mean()) for name, each in zip(dataset.target_names, every.T, strict=True)}


def notes_of_options(dataset: Dataset, scores: Scores, folds: int | None, season: int | None) -> Iterator[str]:
    """What became of ``folds`` and ``season`` that a user may not expect."""
    order = dataset.order
    if folds is not None and order.times is None and len(set((order.end - order.begin).tolist())) > 1:
        yield (
            "no column tells the time (data.time), so --folds compares rows of different series by their numbers, from "
            "the first of each; series of different lengths may then stand in different stretches"
        )
    if season is not None and not any(BASELINES[who].seasonal for who in scores.baselines):
        forecast = dataset.target_kind == "number" and dataset.train.horizon and not dataset.train.per_sequence
        why = "no forecast has so many rows of its series before it" if forecast else "no numbers are forecast"
        yield f"--season {season} is left out: {why}"


def _data(run: TrainedRun, path: Path | None) -> tuple[Dataset, Dataset | None, tuple[str, ...]]:
    """What a model is scored on, the dataset that baselines are fitted on, and what the user should know."""
    other = None if path is None else load_new_data(run.config, path, read_preparation(run.path))
    try:
        own = own_data(run)
    except DataError as error:
        if other is None:
            advice = "; or score all of it as it is now, with --data" if isinstance(error, ChangedDataError) else ""
            if moved := data_gone(run.path, run.config):
                advice = f"\n{moved}, or score another file with --data FILE"
            raise DataError(f"{error}{advice}") from error
        why = str(error).partition("\n")[0]
        return other, None, (*other.notes, f"baselines that need the run's training rows are left out: {why}")
    return (own, own, ()) if other is None else (other, own, other.notes)


def split_of(dataset: Dataset, name: str) -> Sequences:
    """A split by its name.

    Raises:
        DataError: The data has no such split.
    """
    found = dataset.splits.get(name)
    if found is None:
        raise DataError(
            f"this run's data has no {name} split; it has {' and '.join(dataset.splits)}: give one of these with "
            f"--split, or set data.split.{name} and train again"
        )
    return found


def _span(dataset: Dataset, sequences: Sequences) -> tuple[Place | None, Place | None]:
    """When the first and the last of the values that are predicted come; None where series have clocks of their own."""
    order, rows = dataset.order, scored_entries(dataset, sequences).row
    together = dataset.task.windowed or len(order) == 1
    if order.times is None or not together or not len(rows) or sequences.per_sequence:
        return None, None
    first, last = rows + min(sequences.horizon, 1), rows + sequences.horizon
    ends = first[order.clock(first).argmin()], last[order.clock(last).argmax()]
    return order.time_of(int(ends[0])), order.time_of(int(ends[1]))
