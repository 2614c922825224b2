"""Columns of any name: what a table gives depends on its cells, and never on what its columns are called."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.data.table_dataset import make_dataset
from rnnctl.prediction.autoregression import continue_series
from rnnctl.prediction.future_rows import add_future_rows
from rnnctl.prediction.future_tokens import texts_to_continue
from rnnctl.prediction.new_data import load_new_data, read_unlabelled, unknown_token_notes, without_targets
from rnnctl.prediction.prediction_frames import continuation_frame, split_frame, texts_frame
from rnnctl.runs.csv_export import csv_text
from rnnctl.workflows.check import check

AWKWARD = [
    *('a "b" c', '"', "a,b", "a;b", " a ", "", "a\nb", "a\rb", "a\r\n", "*", "**", "p*", "^.*$", "^a$", "^", "$", "é"),
    *("=1+1", "'=1+1", "ahead", "row", "step", "0", "1", "NA", "a\tb", "\u202ea", "p(x)", "#"),
]
"""Names that something on the way might take for something else."""

NAMES = st.sampled_from(AWKWARD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=8
)

KEYS = ("day", "place", "sold", "weather", "holiday", "size", "colour", "label", "words")
PLAIN = dict(zip(KEYS, KEYS, strict=True))


def table(names: dict[str, str], *, more: int = 0) -> pl.DataFrame:
    """Three series of days, some missing, a few cells too; with ``more`` rows to come whose target is empty."""
    random = np.random.default_rng(0)
    rows = []
    for place in "abc":
        for k in range(20 + more):
            if k == 7 and place == "a":  # whose holiday is as in the others
                continue
            known = k < 20
            rows.append(
                {
                    "day": date(2024, 1, 1) + timedelta(days=k),
                    "place": place,
                    "sold": round(random.normal(), 3) if known else None,
                    "weather": None if k == 4 or not known else round(random.normal(), 3),
                    "holiday": float(k % 5 == 2),
                    "size": float(ord(place)),
                    "colour": "red" if k % 3 else "blue",
                    "label": "up" if k % 2 else "down",
                    "words": "many words" if k % 2 else "few, \n words",
                }
            )
    return pl.DataFrame(rows).rename(names)


TASKS = {
    "forecast": {
        "time": "day", "series": "place", "target": ["sold"], "columns": {"colour": "category"}, "missing": "forward",
        "features": ["sold", "weather", "holiday", "size", "colour"], "known": ["holiday"], "static": ["size"],
        "window": {"length": 3, "horizon": 2}, "frequency": "1d", "calendar": ["weekday"],
    },
    "per_step": {
        "time": "day", "series": "place", "target": ["label"], "columns": {"label": "category"}, "missing": "mask",
        "features": ["weather", "holiday"],
    },
    "next_step": {"series": "place", "target": ["colour"], "columns": {"colour": "category"}},
    "per_sequence": {"target": ["label"], "features": ["words"], "columns": {"label": "category", "words": "words"}},
    "next word": {"task": "next_step", "target": ["words"], "columns": {"words": "words"}},
}  # fmt: skip


def config_of(task: str, path, names: dict[str, str]) -> Config:
    def renamed(value):
        if isinstance(value, list):
            return [names.get(item, item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    section = {key: renamed(value) for key, value in TASKS[task].items()}
    if "columns" in section:
        section["columns"] = {names[name]: kind for name, kind in TASKS[task]["columns"].items()}
    section = {"task": task, **section, "kind": path.suffix[1:], "path": str(path)}
    each = task in ("per_step", "next_step", "next word")
    loss = "mse" if task == "forecast" else "categorical_crossentropy"
    return Config.model_validate({"data": section, "model": {"return_sequences": each}, "loss": loss})


def write(frame: pl.DataFrame, path) -> None:
    if path.suffix == ".parquet":
        frame.write_parquet(path)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow("" if name == f"column_{n}" else name for n, name in enumerate(frame.columns, start=1))
        writer.writerows(["" if cell is None else cell for cell in row] for row in frame.iter_rows())


def everything(task: str, folder, ending: str, names: dict[str, str]) -> tuple:
    """All that is made of a table without a model: arrays, a report, other data, and predictions by a stand-in."""
    path, other = folder / f"own.{ending}", folder / f"other.{ending}"
    write(table(names), path)
    config = config_of(task, path, names)
    dataset = load_dataset(config)
    found = [dataset.train.values, dataset.train.targets, check(config).cost]
    known = dataset.preparation
    write(table(names, more=2 if task == "forecast" else 0), other)
    if task != "forecast":
        found.append(load_new_data(config, other, known).train.values)
    data = config.data.with_file(other)
    unlabelled, _ = read_unlabelled(data)
    unknown_token_notes(unlabelled, known)
    outputs = len(dataset.classes) or 2

    def answer(inputs, lengths):
        return np.tile(np.linspace(0.1, 0.4, outputs), (len(inputs), 1))

    if task in ("per_step", "per_sequence"):
        made = make_dataset(
            without_targets(unlabelled), per_step=config.model.return_sequences, known=known, unlabelled=True
        )
        shape = (len(made.train), made.train.length, outputs) if task == "per_step" else (len(made.train), outputs)
        predictions = np.random.default_rng(1).random(shape)
        frame = split_frame(data, made, made.train, predictions)
    elif task == "next word":
        ahead = texts_to_continue(config, unlabelled, known, 2)
        frame = texts_frame(
            data, unlabelled.frame.get_column(data.text).alias(""), ahead, continue_series(ahead, answer, 2, seen=None)
        )
    else:
        ahead = add_future_rows(config, unlabelled, known, 2)
        frame = continuation_frame(data, ahead, continue_series(ahead, answer, 2, seen=3))
    return found, frame


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("task", TASKS)
@given(names=st.lists(NAMES, min_size=len(KEYS), max_size=len(KEYS), unique=True))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_tables_columns_may_be_called_anything(tmp_path, task: str, ending: str, names: list[str]) -> None:
    called = dict(zip(KEYS, names, strict=True))
    expected, plain = everything(task, tmp_path, ending, PLAIN)
    if ending == "csv":  # where a column without a name is called by its place
        called = {key: name or f"column_{n}" for n, (key, name) in enumerate(called.items(), start=1)}
    found, frame = everything(task, tmp_path, ending, called)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_equal(one, other)
    assert frame.rows() == plain.rows()
    assert len(set(frame.columns)) == frame.width
    header = next(csv.reader(io.StringIO(csv_text(frame), newline="")))
    assert len(header) == len(set(header)) == frame.width
    assert not any(name.startswith(tuple("=+-@\t\r")) for name in header)
