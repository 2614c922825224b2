"""A starter config from a data file: guesses of what the file holds, written down with the reasons.

The public functions are `make_starter` and, for its text alone, `starter_config`; they write no file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rnnctl.config.dataset import load_dataset
from rnnctl.config.load import load_config
from rnnctl.errors import DataError
from rnnctl.starter.column_guess import describe_columns
from rnnctl.starter.column_uses import unusable
from rnnctl.starter.data_section import table_lines, text_lines
from rnnctl.starter.file_lines import remarks_on_reading
from rnnctl.starter.model_sections import first_example_lines, model_lines, size_for
from rnnctl.starter.remarks import DOUBTFUL, LEFT_OUT, Remark, grouped
from rnnctl.starter.roles import TRAINING
from rnnctl.starter.sample import Sample, read_sample
from rnnctl.starter.sequence_guess import guess_sequences
from rnnctl.starter.task_guess import guess_task
from rnnctl.starter.time_columns import long_sample
from rnnctl.starter.time_parts import without_time_parts
from rnnctl.starter.wide_panel import on_panel, panel_sample
from rnnctl.starter.window_guess import guess_window
from rnnctl.starter.wishes import Wishes
from rnnctl.starter.yaml_lines import Line, entry, render
from rnnctl.tables.parquet_scan import panics_told
from rnnctl.tasks import NEXT_STEP
from rnnctl.util.format import counted, listed

READ_AT_ONCE = 64 << 20
"""Most bytes of data files that are read as a whole to see whether a starter config fits them."""


@dataclass(frozen=True, slots=True)
class Starter:
    """A config's text, and what it does with each column of the file."""

    text: str
    remarks: tuple[Remark, ...] = ()


def starter_config(source: Path | None, folder: Path, **wishes: Any) -> str:
    """The text of `make_starter`; ``wishes`` are the fields of `Wishes`."""
    return make_starter(source, folder, Wishes(**wishes)).text


def make_starter(source: Path | None, folder: Path, wishes: Wishes) -> Starter:
    """Makes a commented config for a data file.

    Args:
        source: A CSV or Parquet file or a text, gzipped or not; None for the built-in first example.
        folder: Folder of the config; the path in it is relative to that.
        wishes: What is asked for rather than guessed.

    Raises:
        DataError: The file cannot be read, nothing can be predicted in it, or it does not allow what is asked for.
    """
    if source is None:
        return Starter(render(first_example_lines()))
    sample = read_sample(source)
    what = counted(sample.rows, "character" if sample.text else "row")
    seen = f"its {what}" if sample.whole else f"the first part of its about {what}"
    heading = [
        Line("", f"Written by rnnctl init from {source.name}: {seen} were looked at."),
        Line(
            "", "Each line says why it is as it is. Change what you know better; rnnctl check tells what does not fit."
        ),
    ]
    path = _relative(source, folder)
    try:
        with panics_told("this file"), np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # cells of 1e308
            sections, remarks = _sections(path, sample, wishes)
    except DataError as error:
        raise DataError(f"{source}: {error}") from None
    doubts = grouped(remark for remark in remarks if remark.use == DOUBTFUL)
    looked_at = [Line("", f"Look at this first: {note}.") for note in doubts]
    return Starter(render([*heading, *looked_at, entry(0, "seed", 0), *sections]), remarks)


def fault_of(path: Path) -> str | None:
    """What the data of a starter config still lacks to be trained on, such as a text that is empty.

    Args:
        path: The config.

    Returns:
        The fault; None where there is none, or where the data has more than `READ_AT_ONCE` bytes.
    """
    config = load_config(path)
    if sum(file.stat().st_size for file in config.data.files()) > READ_AT_ONCE:
        return None
    try:
        load_dataset(config)
    except DataError as error:
        return str(error)
    return None


def _relative(source: Path, folder: Path) -> str:
    try:
        path = Path(os.path.relpath(source, folder))
    except ValueError:  # another drive
        path = source.absolute()
    return str(source.absolute() if path.parts[:1] in ((), ("~",)) else path)


def _sections(path: str, sample: Sample, wishes: Wishes) -> tuple[list[Line], tuple[Remark, ...]]:
    """The sections, and what to say of them."""
    if sample.text:
        if options := [option for option in wishes.given() if option != "--task" or wishes.task != NEXT_STEP.word]:
            raise DataError(f"this is running text and has no columns to be forecast; leave {listed(options)} out")
        length = max(1, min(100, len(sample.text) // 40))
        units = 128 if sample.rows > 50_000 else 64
        size = replace(size_for(max(1, round(0.8 * sample.rows / length))), units=units)
        return [*text_lines(path, sample, length), *model_lines(size, "category", per_step=True)], ()
    again = tuple(sample.named_again())
    sample = panel_sample(long_sample(sample, (wishes.target or "", *wishes.known, *wishes.static)), wishes)
    wide = (sample.wide_what, str(sample.wide["values"])) if sample.wide else None
    guess = guess_task(describe_columns(sample), wishes, whole=sample.whole, wide=wide)
    if guess.roles.series is not None and (told := sample.told_apart(guess.roles.series.name)) is not sample:
        sample, guess = told, guess_task(describe_columns(told), wishes, whole=told.whole, wide=wide)
    said = guess.target.name if guess.target.why in guess.reasons["target"] else ""
    file = remarks_on_reading(sample, said)
    guess = replace(
        guess, remarks=(*again, *on_panel(guess), *guess.remarks, *file, *sample.doubts_of_codes(), *unusable(sample))
    )
    if guess.task.windowed:
        guess = without_time_parts(guess, (*wishes.known, *wishes.static))
        window = guess_window(guess)
        features = tuple(column for column in guess.features if column.name not in window.straight)
        known = tuple(column for column in guess.known if column in features)
        remarks = tuple(_straight(one) if one.column in window.straight else one for one in guess.remarks)
        guess = replace(guess, features=features, known=known, remarks=remarks)
        whole = max(1, round(window.sequences * sample.rows / max(1, sample.frame.height)))
        size = size_for(whole, numbers_ahead=guess.kind == "number")
        lines = table_lines(path, sample, guess, window.keys, window.note)
        return [*lines, *model_lines(size, guess.kind, per_step=True, ahead=True)], guess.remarks
    sequences = guess_sequences(guess)
    count = sequences.sequences
    whole = max(count, round(count * sample.rows / max(1, sample.frame.height)))  # those of the whole file
    size = size_for(round(TRAINING * whole), validated="validation" in sequences.splits)
    kind = guess.kind if guess.text is not guess.target else "category"
    lines = table_lines(path, sample, guess, sequences.keys)
    model = model_lines(size, kind, per_step=bool(guess.task.per_step), ahead=not guess.task.labels)
    return [*lines, *model], guess.remarks


def _straight(remark: Remark) -> Remark:
    """What becomes of a feature that is no use where changes are learnt."""
    return remark if remark.use == "target" else Remark(remark.column, LEFT_OUT, "its change never changes")
