"""A starter config from a data file: what the file holds is guessed, and written down with the reasons.

The public function is `starter_config`; it writes no file.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnctl.config.dataset import load_dataset
from rnnctl.config.first_step import FIRST_STEP
from rnnctl.config.load import load_config
from rnnctl.errors import DataError
from rnnctl.starter.columns import describe_columns
from rnnctl.starter.sample import Sample, read_sample
from rnnctl.starter.sequences import SequenceGuess, guess_sequences, scaled_up
from rnnctl.starter.starter import Line, entry, render, section
from rnnctl.starter.starter_data import table_lines
from rnnctl.starter.starter_model import Size, model_lines, size_for, training_lines
from rnnctl.starter.tasks import TaskGuess, guess_task
from rnnctl.starter.windows import WindowGuess, guess_window
from rnnctl.util.format import counted

READ_AT_ONCE = 64 << 20
"""Bytes of data files that are read as a whole to see whether a starter config fits them."""

_TRAINING_SHARE = 0.7
_MOST_CHARACTERS = 200


def starter_config(
    source: Path | None,
    folder: Path,
    *,
    target: str | None = None,
    time: str | None = None,
    series: str | None = None,
) -> str:
    """Writes a commented config for a data file.

    Args:
        source: A CSV or Parquet file or a text, gzipped or not; None for the built-in first example.
        folder: Folder in which the config will lie; the path in it is relative to that.
        target: The column to predict, where it shall not be guessed.
        time: The column of times, where it shall not be guessed.
        series: The column that tells series apart, where it shall not be guessed.

    Returns:
        The config's text.

    Raises:
        DataError: The file cannot be read, or nothing can be predicted in it.
    """
    if source is None:
        return render(_first_example())
    sample = read_sample(source)
    heading = _heading(source, sample)
    path = _relative(source, folder)
    names = {"target": target, "time": time, "series": series}
    try:
        return render([*heading, *_body(path, sample, names)])
    except DataError as error:
        raise DataError(f"{source}: {error}") from None


def _body(path: str, sample: Sample, names: dict[str, str | None]) -> list[Line]:
    if sample.kind == "text":
        if any(names.values()):
            raise DataError("this is running text and has no columns; leave --target, --time and --series away")
        return _of_text(path, sample)
    guess = guess_task(describe_columns(sample), **names)
    if guess.task.windowed:
        return _forecast(path, sample, guess, guess_window(guess))
    return _sequences(path, sample, guess, guess_sequences(guess))


def fault_of(path: Path) -> str | None:
    """What the data of a starter config still lacks to be trained on, such as a text that is empty.

    Args:
        path: The config.

    Returns:
        The fault; None where there is none, or where the data is so large that reading it all would keep one waiting.
    """
    config = load_config(path)
    if sum(file.stat().st_size for file in config.data.files()) > READ_AT_ONCE:
        return None
    try:
        load_dataset(config)
    except DataError as error:
        return str(error)
    return None


def _first_example() -> list[Line]:
    """The built-in first example, with every key that it sets."""
    data = FIRST_STEP.data.model_dump(mode="json")
    told = {"kind": "inputs and targets drawn from N(0, 1): nothing to learn", "length": "time steps"}
    layer, optimizer, training = FIRST_STEP.model.layers[0], FIRST_STEP.optimizer, FIRST_STEP.training
    pairs = {key: (data[key], told.get(key, "")) for key in ("kind", "sequences", "length", "features", "outputs")}
    return [
        Line("", "The built-in first example. For a config of your own data: rnnctl init --from FILE"),
        entry(0, "seed", FIRST_STEP.seed),
        *section("data", pairs),
        Line("model:"),
        Line("  layers:"),
        Line(f"    - {{cell: {layer.cell}, units: {layer.units}}}", "gru and lstm are the other cells"),
        entry(2, "head", FIRST_STEP.model.head, "the layer's last output is compared with the targets"),
        entry(0, "loss", FIRST_STEP.loss.kind),
        entry(0, "optimizer", {"kind": optimizer.kind, "learning_rate": optimizer.learning_rate}),
        entry(0, "training", {"steps": training.steps, "batch_size": training.batch_size}),
    ]


def _heading(source: Path, sample: Sample) -> list[Line]:
    what = counted(sample.rows, "character" if sample.kind == "text" else "row")
    seen = f"its {what}" if sample.whole else f"the first part of its about {what}"
    return [
        Line("", f"Written by rnnctl init from {source.name}: {seen} were looked at."),
        Line(
            "", "Each line says why it is as it is. Change what you know better; rnnctl check tells what does not fit."
        ),
        Line("seed: 0"),
    ]


def _relative(source: Path, folder: Path) -> str:
    try:
        path = Path(os.path.relpath(source, folder))
    except ValueError:  # another drive
        path = source.absolute()
    return str(source.absolute() if path.parts[0] == "~" else path)


def _without(guess: TaskGuess, straight: frozenset[str]) -> TaskGuess:
    kept = tuple(column for column in guess.features if column.name not in straight)
    told = tuple((column.name, "its change never changes") for column in guess.features if column not in kept)
    return replace(guess, features=kept, left_out=(*guess.left_out, *told))


def _forecast(path: str, sample: Sample, guess: TaskGuess, window: WindowGuess) -> list[Line]:
    guess = _without(guess, window.straight)
    reasons = {**guess.reasons, **{key: text for key, text in window.reasons.items() if key != "time"}}
    if "time" in reasons:
        reasons["time"] += window.reasons.get("time", "")
    windows = max(1, round(_TRAINING_SHARE * sample.rows))
    size = size_for(windows)
    lines = table_lines(path, sample, guess, reasons)
    if window.calendar:
        lines.append(entry(2, "calendar", list(window.calendar), reasons["calendar"]))
    lines.append(entry(2, "window", {"length": window.length, "horizon": 1}, reasons["length"]))
    lines.append(entry(2, "split", {"validation": 0.15, "test": 0.15}, "the last rows are held out"))
    if window.difference:
        lines.append(entry(2, "difference", window.difference, reasons["difference"]))
    if window.frequency:
        lines.append(entry(2, "frequency", window.frequency, reasons["frequency"]))
    lines.append(entry(2, "scale", "standard", "by mean and standard deviation of the training rows"))
    if window.missing:
        lines.append(entry(2, "missing", window.missing, reasons["missing"]))
    others = [column.name for column in guess.features if column not in (guess.target, *guess.static)]
    if others:
        told = "known: of the other features, those whose future is known when the forecast is made, such as a holiday"
        lines.append(Line("  # known: []", told))
    return [*lines, *model_lines(size, "mse", each_step=True), *training_lines(size)]


def _sequences(path: str, sample: Sample, guess: TaskGuess, shape: SequenceGuess) -> list[Line]:
    reasons = {**guess.reasons, **shape.reasons}
    size = size_for(round(_TRAINING_SHARE * scaled_up(shape.sequences, sample)), validated="validation" in shape.splits)
    lines = table_lines(path, sample, guess, reasons)
    if shape.window:
        lines.append(entry(2, "window", {"length": shape.window, "stride": shape.window}, reasons["window"]))
    lines.append(_split(guess, shape, reasons))
    if any(column.kind == "number" for column in (*guess.features, guess.target)):
        lines.append(entry(2, "scale", "standard", "by mean and standard deviation of the training rows"))
    if shape.missing:
        lines.append(entry(2, "missing", shape.missing, reasons["missing"]))
    loss = {"number": "mse", "boolean": "binary_crossentropy"}.get(guess.kind, "categorical_crossentropy")
    return [*lines, *model_lines(size, loss, each_step=bool(guess.task.per_step)), *training_lines(size)]


def _split(guess: TaskGuess, shape: SequenceGuess, reasons: dict[str, str]) -> Line:
    if guess.roles.split is not None:
        return entry(2, "split", {"column": guess.roles.split.name}, reasons["split"])
    shares: dict[str, Any] = {"validation": 0.15, "test": 0.15}
    if shape.shuffle:
        return entry(2, "split", {**shares, "shuffle": True}, reasons["shuffle"])
    rows = guess.text is None and guess.roles.series is None
    return entry(2, "split", shares, f"the last {'rows' if rows else 'sequences'} are held out")


def _of_text(path: str, sample: Sample) -> list[Line]:
    characters = len(sample.text)
    length = max(1, min(100, characters // 40))
    if characters < 20:
        raise DataError(f"{counted(characters, 'character')} of text are too few to learn from")
    kinds = Counter(sample.text)
    size = size_for(max(1, round(0.8 * sample.rows / length)))
    size = Size(128 if sample.rows > 50_000 else 64, size.batch_size, size.epochs)
    pairs: dict[str, tuple[Any, str]] = {
        "kind": ("text", "running text: each character is predicted from those before it"),
        "path": (path, "relative to this file"),
        "level": ("characters", f"{len(kinds)} different ones; words is the other choice"),
    }
    if len(kinds) > _MOST_CHARACTERS:
        pairs["size"] = (_MOST_CHARACTERS, "the most frequent ones; others are seen as the unknown one")
    pairs["length"] = (length, "characters of a sequence")
    pairs["split"] = ({"validation": 0.1, "test": 0.1}, "the end of the text is held out")
    return [
        *section("data", pairs),
        *model_lines(size, "categorical_crossentropy", each_step=True),
        *training_lines(size),
    ]
