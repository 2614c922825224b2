"""What of a table's keys does not go together, and what its task implies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnctl.config import load_config

Faults = Callable[[str], list[str]]

ROWS = "kind: csv, path: a.csv, target: [y]"
SERIES = f"{ROWS}, task: per_sequence, series: id, features: [x]"

RULES = {
    f"{ROWS}": "a forecast needs a window; set data.window: {length: …}, or another data.task",
    f"{ROWS}, task: next_step, window: {{length: 4, horizon: 2}}": (
        "window.horizon is for a forecast; next_step predicts one row at a time: remove it"
    ),
    f"{ROWS}, window: {{length: 4}}, split: {{shuffle: true}}": (
        "split.shuffle is for series that are split as wholes; here rows are split by time: remove it"
    ),
    f"{ROWS}, window: {{length: 4}}, split: {{column: part}}": (
        "split.column is for series that are split as wholes; here rows are split by time: remove it"
    ),
    f"{ROWS}, window: {{length: 4}}, split: {{per_series: true}}": (
        "split.per_series is for forecasts of several series (data.series); remove it"
    ),
    f"{ROWS}, window: {{length: 4}}, lags: [3], columns: {{y: boolean}}": "data.lags is for numbers; remove it",
    f"{ROWS}, window: {{length: 4}}, season_phase: true": (
        "data.season_phase needs data.season; set it to the rows of a season, such as 12"
    ),
    f"{SERIES}, season: 12": "data.season is for forecasts; per_sequence predicts the target as it is: remove it",
    f"{ROWS}, task: per_step": "per_step needs data.features: the columns that the model sees",
    f"{ROWS}, task: per_sequence, features: [x]": (
        "per_sequence needs data.series, the column that tells sequences apart, or a column of text; where one "
        "series has a label in every row, set data.task: per_step"
    ),
    f"{SERIES}, columns: {{x: words}}": (
        "each cell of 'x' is a sequence of its own, and data.series tells none apart; remove it"
    ),
    f"{ROWS}, task: per_sequence, features: [x, z], columns: {{x: words, z: characters}}": (
        "'x' and 'z' are both text; one column can be the sequence"
    ),
    f"{ROWS}, window: {{length: 4}}, columns: {{y: words}}": (
        "text is not forecast in windows; set data.task: next_step or per_sequence"
    ),
    f"{SERIES}, columns: {{y: date}}": "a date cannot be predicted; name another column in data.target",
    "kind: csv, path: a.csv, target: [y, z], window: {length: 4}, columns: {y: boolean}": (
        "the targets are of different kinds (boolean, number); name targets of one"
    ),
    f"{ROWS}, window: {{length: 4, horizon: 3}}, columns: {{y: category}}": (
        "tokens are forecast one row ahead; set data.window.horizon: 1"
    ),
    f"{SERIES}, difference: 1": (
        "data.difference is for forecasts; per_sequence predicts the target as it is: remove it"
    ),
    f"{ROWS}, window: {{length: 4}}, difference: 1, columns: {{y: boolean}}": (
        "data.difference is for numbers; remove it"
    ),
    f"{ROWS}, task: next_step, missing: interpolate": (
        "interpolate draws lines to later rows, and next_step is to predict those; set data.missing: forward, mask or "
        "drop"
    ),
    f"{SERIES}, static: [z]": "data.static names some of data.features; name the column there too",
    f"{SERIES}, static: [x]": "all of data.features are static; leave one that changes over time",
    f"{SERIES}, columns: {{z: category}}": (
        "'z' is neither a feature nor a target; add it to data.features or remove it"
    ),
    f"{ROWS}, window: {{length: 4}}, features: [y, z], known: [z], columns: {{z: date}}": (
        "'z' is a date, of which the model sees the row's own; take it out of data.known"
    ),
    f"{ROWS}, window: {{length: 4}}, known: [y]": (
        "'y' is what is to be predicted, and the model would see the answer; take it out of data.known"
    ),
    f"{ROWS}, task: per_step, features: [x, y]": (
        "'y' is what is to be predicted, and the model would see the answer; take it out of data.features"
    ),
    f"{SERIES[:-1]}, y]": (
        "'y' is what is to be predicted, and the model would see the answer; take it out of data.features"
    ),
    f"{ROWS}, window: {{length: 4}}, known: [z]": "data.known names some of data.features; name the column there too",
    f"{ROWS}, window: {{length: 4}}, calendar: [month]": "data.calendar needs data.time; name the column of times",
}


BOTH_WAYS = "model: {layers: [{cell: gru}, {cell: lstm, bidirectional: true}]"
COPIES = "predicts a later row at every time step, and a bidirectional layer has read that row: the model would copy "


@pytest.mark.parametrize(
    ("data", "each", "advice"),
    [
        (f"{ROWS}, task: next_step", "", ""),
        (f"{ROWS}, task: next_step, window: {{length: 4}}, features: [x]", "", ""),
        ("kind: text, path: a.txt", "", ""),
        (f"{ROWS}, window: {{length: 4, horizon: 2}}", ", return_sequences: true", "false"),
        ("kind: sine", ", return_sequences: true", "false"),
    ],
)
def test_no_layer_may_read_the_row_that_it_predicts(faults: Faults, data: str, each: str, advice: str) -> None:
    (told,) = faults(f"data: {{{data}}}\n{BOTH_WAYS}{each}}}\n")
    last_only = f", or set model.return_sequences: {advice} to predict from the last row alone" if advice else ""
    assert told.endswith(f"{COPIES}the answer, and fail in use; remove bidirectional{last_only}")
    assert "model.layers: " in told
    one_way = BOTH_WAYS.replace("true", "false")
    assert faults(f"data: {{{data}}}\n{one_way}{each}}}\n") == []
    if advice:
        assert faults(f"data: {{{data}}}\n{BOTH_WAYS}, return_sequences: false}}\n") == []


@pytest.mark.parametrize(
    "data",
    [
        f"{SERIES}",
        f"{ROWS}, task: per_step, features: [x]",
        f"{ROWS}, window: {{length: 4}}",
        "kind: copy",
        "kind: adding",
    ],
)
def test_a_layer_may_read_all_of_a_sequence_that_has_a_label(faults: Faults, data: str) -> None:
    each = ", return_sequences: true" if data == "kind: copy" else ""
    assert faults(f"data: {{{data}}}\n{BOTH_WAYS}{each}}}\n") == []


@pytest.mark.parametrize("data", RULES)
def test_keys_that_do_not_go_together_are_told(faults: Faults, data: str) -> None:
    (told,) = faults(f"data: {{{data}}}\n")
    assert told.startswith("c.yaml:1:")
    assert told.endswith(f": {RULES[data]}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            f"data: {{{SERIES}, columns: {{y: category}}}}\nloss: mse\n",
            "loss: mse is not for these targets (tokens of a vocabulary); set loss: categorical_crossentropy, or say "
            "in data.columns what the targets are",
        ),
        (
            "data: dummy\nloss: binary_crossentropy\n",
            "loss: binary_crossentropy is not for these targets (numbers); set loss: mse, mae, huber or quantile, or "
            "say in data.columns what the targets are",
        ),
        (
            f"data: {{{SERIES}}}\nmodel: {{return_sequences: true}}\n",
            "model.return_sequences: per_sequence has a target for each sequence, none at every time step; set "
            "model.return_sequences: false, or leave it out",
        ),
        (
            f"data: {{{SERIES}, columns: {{y: boolean}}}}\nmodel: {{head: none, layers: [{{cell: gru, units: 1}}]}}\n",
            "model.head: targets that are yes or no need a head that gives probabilities; set model.head: dense",
        ),
        (
            "data: sine\nmodel: {layers: [{cell: gru, bidirectional: true}]}\ntraining: {truncate: 8}\n",
            "training.truncate: a bidirectional layer reads each sequence to its end, so it cannot be trained piece by "
            "piece; remove training.truncate or bidirectional",
        ),
        (
            f"data: {{{ROWS}, time: t, window: {{length: 4}}, frequency: 1 day}}\n",
            "data.frequency: '1 day' is no distance in time; write auto, or a number and a unit, such as 1d, "
            "1b (business days), 15m, 1mo or 1i (whole numbers)",
        ),
    ],
)
def test_what_does_not_go_with_the_task_is_told(faults: Faults, text: str, told: str) -> None:
    (found,) = faults(text)
    assert found.endswith(told)


@pytest.mark.parametrize(
    ("data", "loss", "each"),
    [
        (f"{SERIES}", "mse", False),
        (f"{SERIES}, columns: {{y: category}}", "categorical_crossentropy", False),
        (f"{SERIES}, columns: {{y: boolean}}", "binary_crossentropy", False),
        (f"{ROWS}, task: next_step, columns: {{y: category}}", "categorical_crossentropy", True),
        (f"{ROWS}, task: per_step, features: [x]", "mse", True),
        ("kind: text, path: a.txt", "categorical_crossentropy", True),
    ],
)
def test_the_loss_and_where_outputs_stand_follow_the_task(tmp_path: Path, data: str, loss: str, each: bool) -> None:
    (tmp_path / "c.yaml").write_text(f"data: {{{data}}}\n", encoding="utf-8")
    config = load_config(tmp_path / "c.yaml")
    assert config.loss.kind == loss
    assert config.model.return_sequences is each
