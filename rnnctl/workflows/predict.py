"""``rnnctl predict`` as a function: what a run's model says of rows that nobody knows yet, or of new sequences."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.table_dataset import make_dataset
from rnnctl.data.tokens import join
from rnnctl.engines.choosing import Engines
from rnnctl.engines.table import AUTO
from rnnctl.errors import ConfigError, DataError, Fault
from rnnctl.prediction.autoregression import Continuation
from rnnctl.prediction.future_rows import Extended, add_future_rows
from rnnctl.prediction.future_tokens import prompt_to_continue, texts_to_continue
from rnnctl.prediction.given_columns import given_columns
from rnnctl.prediction.new_data import (
    begun,
    no_prediction_notes,
    phase_notes,
    read_as_trained,
    read_unlabelled,
    rows_without_a_value,
    unknown_token_notes,
    wholly_seen,
    without_targets,
)
from rnnctl.prediction.prediction_frames import continuation_frame, split_frame, text_frame, texts_frame
from rnnctl.report.evaluation_words import forecast_sentence
from rnnctl.runs.trained_run import TrainedRun, data_gone, load_run, read_preparation
from rnnctl.schema.table import TableData
from rnnctl.scoring.conformal import Levels, interval_levels
from rnnctl.scoring.intervals import Intervals
from rnnctl.scoring.quantiles import middle
from rnnctl.sources.text import TextData
from rnnctl.tables.date_forms import written
from rnnctl.tables.frames import column_of
from rnnctl.util.format import counted
from rnnctl.workflows.continuing import continued, rows_seen
from rnnctl.workflows.frames import as_file, as_given
from rnnctl.workflows.intervals import calibration_of
from rnnctl.workflows.row_words import row_word

TOKENS = {"characters": 200, "words": 50}
"""Tokens that a text is continued by, by default."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What was predicted.

    Attributes:
        run: Name of the run's folder.
        frame: A row for each prediction, in the data's own units, labels and times.
        text: Of one text that was continued: the text and its continuation; None otherwise.
        notes: What the user should know, one sentence each.
        forms: How the file's columns of times are written, by their names; see ``written``.
        engine: What computed it: ``NumPy``, ``TensorFlow``, or both.
    """

    run: str
    frame: pl.DataFrame
    text: str | None = None
    notes: tuple[str, ...] = ()
    forms: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""

    @property
    def written(self) -> pl.DataFrame:
        """The frame with times as text, in the form in which the file has them; times of a type of theirs stay."""
        return written(self.frame, self.forms)


@dataclass(frozen=True, slots=True)
class Request:
    """Arguments of `predict`; None for the default."""

    data: Path | None = None
    horizon: int | None = None
    prompt: str | None = None
    temperature: float | None = None
    seed: int = 0
    levels: tuple[float, ...] = ()
    spread: bool = False
    engines: Engines = field(default_factory=Engines)


def predict(
    run: str | os.PathLike[str],
    *,
    data: Any = None,
    horizon: int | None = None,
    prompt: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    interval: Levels = (),
    spread: bool = False,
    engine: str = AUTO,
) -> Prediction:
    """Predicts with a run's model; needs nothing but the run's folder and the file.

    ::

        found = rnnctl.predict("runs/sunspots-1", horizon=11)
        found.frame.write_csv("next.csv")

    - A forecast, or what comes next: the rows after the end of each series in the file. Beyond the trained horizon the
      model's own predictions are fed back to it. The characters or words of a running text are drawn by the
      probabilities that the model gives; of other tokens the likeliest is taken.
    - A value or class for each sequence, or each row: of every sequence in the file.
    - Predicted quantiles have a column each, ``NAME_q05`` that of 0.05; within the trained horizon alone.

    Args:
        run: The run, or its folder.
        data: A file, or a pandas or Polars DataFrame, to predict from, in place of the run's own; it needs no target
            column where nothing is continued.
        horizon: Rows or tokens to predict after the end; None for the trained horizon, or for a stretch of text.
        prompt: A text to continue, where the run's data is a text; None continues the file's end.
        temperature: Tokens are drawn in proportion to p^(1 / temperature); 0 always takes the likeliest. None is 1
            where the run's data is a text, and else 0.
        seed: Of the draws.
        interval: Levels of intervals around numbers, in percent, such as ``(80, 95)``: columns ``NAME_low_80`` and
            ``NAME_high_80`` (`rnnctl.scoring.conformal`). They are calibrated on the validation rows of the run's own
            data, which are needed too.
        spread: Whether a forecast of several nets (``training.members``) has the standard deviation of theirs beside
            it, in columns ``NAME_spread``.
        engine: What computes them: ``numpy``, ``tensorflow``, or ``auto``, which takes NumPy where that takes about a
            second at most; TensorFlow takes longer to be imported.

    Raises:
        RunError: The folder is no run, keeps no ``preparation.json``, or its weights do not fit its config.
        DataError: The file cannot be used.
        ConfigError: Something is asked for that does not go with the run's task.
    """
    levels, engines = interval_levels(interval), Engines(engine)
    with as_file(data) as path:
        stored = load_run(Path(run))
        try:
            found = _predict(stored, Request(path, horizon, prompt, temperature, seed, levels, spread, engines))
        except DataError as error:
            if path is not None or not (moved := data_gone(stored.path, stored.config)):
                raise
            raise DataError(f"{error}\n{moved}, or predict from another file with --data FILE") from error
        return replace(found, notes=(*stored.notes, *as_given(data, path, found.notes)), engine=engines.ran)


def _predict(stored: TrainedRun, request: Request) -> Prediction:
    _check_request(stored, request)
    known = read_preparation(stored.path)
    section = stored.config.data
    other = section.with_file(request.data or section.file or Path())
    if other.running_text is not None:
        return _continue_text(stored, other.running_text, known, request)
    if other.table is None:
        raise DataError(f"nothing is predicted from data.kind: {other.kind}; only tables and texts")

    def read(table: TableData) -> Prediction:
        labels = table.task_entry.labels
        return (_all_sequences if labels else _rows_to_come)(stored, table, known, request)

    found, told = read_as_trained(other.table, known, read)
    return replace(found, notes=(*told, *found.notes))


def _check_request(run: TrainedRun, request: Request) -> None:
    section = run.config.data
    text, task = section.running_text is not None, section.task_entry
    to_come = task is not None and not task.labels
    tokens = task is not None and task.continues and section.target_kind == "category"
    rules = (
        ("--horizon", request.horizon, to_come, "a forecast, or a run that predicts the next tokens"),
        ("--prompt", request.prompt, text, "a run whose data is a text"),
        ("--temperature", request.temperature, tokens, "a run that predicts the next tokens"),
        ("--spread", request.spread or None, to_come and section.target_kind == "number", "forecasts of numbers"),
        ("--interval", request.levels or None, section.target_kind == "number", "a run that predicts numbers"),
    )
    found = [
        Fault(name, None, None, "", f"this is for {meant}, and this run's task is {section.task_name}; leave it out")
        for name, value, fits, meant in rules
        if value is not None and not fits
    ]
    if request.spread and not run.members and not found:
        told = "this is for forecasts of several nets, and this run has one; train with training.members: 5"
        found.append(Fault("--spread", None, None, "", f"{told}, or leave it out"))
    if found:
        raise ConfigError(found)


def _all_sequences(run: TrainedRun, data: TableData, known: Preparation, request: Request) -> Prediction:
    read, unread = read_unlabelled(data)
    table = without_targets(read)
    given, left_out = given_columns(data)
    notes = (*unread, *left_out, *unknown_token_notes(table, known), *no_prediction_notes(table))
    lacking = None
    if not data.task_entry.series_target and data.text is None and data.missing in ("error", "drop"):
        # One cell costs its own row alone: the rows after it are predicted as if the value before were there.
        lacking = rows_without_a_value(table)
        table = replace(begun(table), data=data.model_copy(update={"missing": "forward"}))
    dataset = make_dataset(table, per_step=run.config.model.return_sequences, known=known, unlabelled=True)
    dataset = dataset.with_quantiles(run.config.loss.levels)
    network = request.engines.load(run, dataset.signature, dataset.train.lengths)
    predictions = network.outputs(dataset, dataset.train)
    intervals, few = _intervals(run, request, 1)
    frame = split_frame(data, dataset, dataset.train, predictions, given, lacking, intervals)
    if data.path == run.config.data.file:
        notes = (f"{data.path}: these are the run's own sequences, those it was trained on among them", *notes)
    told = dataset.notes
    if lacking is not None:  # of a row that misses a value was told before, and the run's config says otherwise
        told = tuple(note for note in told if not note.endswith("(data.missing: forward)"))
    notes = (*notes, *quantile_notes(data, dataset))
    return Prediction(run.path.resolve().name, frame, notes=(*notes, *told, *few), forms=table.forms)


def _intervals(run: TrainedRun, request: Request, steps: int) -> tuple[Intervals | None, tuple[str, ...]]:
    """Intervals so many rows ahead, and what is to be said of levels that validation rows are too few for."""
    if not request.levels:
        return None, ()
    intervals = Intervals(calibration_of(run, steps, request.engines), request.levels)
    return intervals, intervals.too_few()


def _rows_to_come(run: TrainedRun, data: TableData, known: Preparation, request: Request) -> Prediction:
    table, unread = read_unlabelled(data)
    given, left_out = given_columns(data)
    notes, few = (*unread, *left_out, *unknown_token_notes(table, known)), tuple[str, ...]()
    if data.text is not None:
        steps = request.horizon or TOKENS[data.column(str(data.text)).kind]
        texts = column_of(table.frame, str(data.text)).fill_null("")
        extended = texts_to_continue(run.config, table, known, steps)
        extended, found = _continued(run, extended, steps, request)
        frame = texts_frame(data, texts, extended, found, given)
    else:
        steps = request.horizon or data.task_entry.horizon(data.window)
        extended = add_future_rows(run.config, table, known, steps)
        extended, found = _continued(run, extended, steps, request)
        farthest = steps if extended.lead is None else steps + int(extended.lead.max())
        intervals, few = _intervals(run, request, farthest)
        frame = continuation_frame(data, extended, found, given, intervals, spread=request.spread)
        notes = (*notes, *quantile_notes(data, extended.dataset, steps))
        notes = (*notes, *(phase_notes(data, known) if request.data else ()))
    row, horizon = row_word(extended.dataset, data.time), extended.dataset.train.horizon
    told = filter(None, [forecast_sentence(run.combination, row=row, horizon=horizon)])
    return Prediction(run.path.resolve().name, frame, notes=(*told, *notes, *extended.notes, *few), forms=table.forms)


def quantile_notes(data: TableData, dataset: Dataset, steps: int = 0) -> Iterator[str]:
    """What of predicted quantiles a user may not expect.

    Args:
        steps: Rows that are predicted after the end of each series.
    """
    levels, horizon = dataset.quantiles, dataset.train.horizon
    if not levels:
        return
    if 0.5 not in levels:
        nearest = levels[middle(levels)]
        yield f"loss.quantiles has no median, 0.5: the point forecast is its nearest level, the {nearest:g} quantile"
    if steps > horizon > 0:
        text = (
            f"beyond the trained horizon ({counted(horizon, 'row')}) the network is shown its point forecast as if it "
            "had come true, and the quantiles are left empty"
        )
        if data.task_entry.windowed:
            text += f"; to have them train with data.window.horizon: {steps}"
        yield text


def _continue_text(run: TrainedRun, data: TextData, known: Preparation, request: Request) -> Prediction:
    prompt = request.prompt if request.prompt is not None else data.read()[0]
    steps = request.horizon or TOKENS[data.level]
    extended = prompt_to_continue(data, prompt, known, steps)
    _, found = _continued(run, extended, steps, request)
    frame = text_frame(extended.dataset, found)
    follows = join([token for token in frame.get_column("token").to_list() if token is not None], data.level)
    between = " " if request.prompt and data.level == "words" else ""
    return Prediction(run.path.resolve().name, frame, (request.prompt or "") + between + follows, extended.notes)


def _continued(run: TrainedRun, extended: Extended, steps: int, request: Request) -> tuple[Extended, Continuation]:
    """Asks the model for so many steps, showing it as many rows as it was trained to see, of the series that it can."""
    data, seen = run.config.data, rows_seen(run.config)
    first = extended.begin if seen is None else np.maximum(extended.begin, extended.origin - seen + 1)
    usable, gaps = wholly_seen(extended.dataset, first, extended.before + 1, str(request.data or data.file))
    extended = extended.only(usable, gaps)
    temperature = request.temperature
    if temperature is None:  # always taking the likeliest, running text soon goes round in circles
        temperature = 0.0 if data.running_text is None else 1.0
    return extended, continued(run, extended, steps, request.engines, temperature=temperature, seed=request.seed)
