from __future__ import annotations

import json

import numpy as np
import pytest
from bench.vowels import BATCH, CELLS, EPOCHS, MOST, Run, Watched, our_arguments, read_vowels, rows, timed, train_ours

from rnnctl.config import load_config
from rnnctl.config.dataset import load_dataset


def test_stock_keras_is_given_the_same_numbers_as_this_project_trains_on(root):
    dataset = load_dataset(load_config(str(root / "configs" / "vowels.yaml"), []))
    for read, ours in zip(
        read_vowels(root / "data" / "japanese_vowels.csv.gz"), (dataset.train, dataset.test), strict=True
    ):
        assert read.inputs.shape == (len(ours), 29, 12)
        assert read.inputs.dtype == np.float32
        batch = ours.gather(np.arange(len(ours)))
        np.testing.assert_allclose(read.inputs[:, : batch.inputs.shape[1]], batch.inputs, atol=1e-5)
        assert not read.inputs[:, batch.inputs.shape[1] :].any()
        assert [dataset.classes[int(truth)] for truth in batch.targets.ravel()] == [
            "ABCDEFGHI"[speaker] for speaker in read.speakers
        ]


@pytest.mark.parametrize("cell", list(CELLS))
def test_both_train_by_the_same_settings(cell, tmp_path):
    command, path, *rest = our_arguments(cell, 5, EPOCHS, tmp_path)
    assert (command, rest[-2:]) == ("train", ["--out", str(tmp_path)])
    config = load_config(path, rest[1:-2:2])
    (layer,) = config.model.layers
    assert (layer.cell, layer.units, layer.dropout, layer.bidirectional) == (cell, 64, 0.3, False)
    assert config.optimizer.model_dump(exclude_unset=True) == {"kind": "adam", "learning_rate": 0.001}
    assert (config.training.epochs, config.training.batch_size, config.seed) == (60, BATCH, 5)


def runs(first, again):
    stock = [Run(9.0, 6.0, 0.9), Run(12.0, 3.0, 0.7), Run(10.0, 5.0, 0.8)]
    return {
        "stock": stock,
        "first": [Run(first * run.whole, first * run.training, 0.95) for run in stock],
        "again": [Run(again * run.whole, again * run.training, 0.95) for run in stock],
    }


def test_the_table_shows_medians_and_ratios_and_marks_those_over_a_third():
    lines, kept = rows("gru", runs(0.5, 0.25))
    assert lines == [
        "| GRU | stock Keras | 10.0 s |  | 5.0 s |  | 80.0 % |",
        "| GRU | ours, first | 5.0 s | **0.50** | 2.5 s | **0.50** | 95.0 % |",
        "| GRU | ours, again | 2.5 s | 0.25 | 1.2 s | 0.25 | 95.0 % |",
    ]
    assert not kept
    assert rows("lstm", runs(MOST, 0.1))[1]


def test_a_ratio_is_of_runs_that_followed_each_other():
    measured = runs(1.0, 0.3)
    measured["again"] = [Run(0.1 * run.whole, run.training, 0.9) for run in measured["stock"]]
    measured["again"][1] = Run(12.0, 0.3, 0.9)  # as slow as stock Keras was in that minute, and ten times as fast
    _, _, again = rows("simple_rnn", measured)[0]
    assert again.split("|")[4:7] == [" 0.10 ", " 5.0 s ", " **1.00** "]


class Silent:
    def __init__(self):
        self.told = []

    def begin(self, header):
        self.told.append(header)

    def step(self, record):
        self.told.append(record)

    def close(self):
        self.told.append("closed")


def test_a_stopwatch_passes_on_what_it_sees():
    display = Silent()
    watched = Watched(display)
    watched.begin("header")
    began = watched.began
    for step in (1, 2):
        watched.step(step)
    watched.close()
    assert display.told == ["header", 1, 2, "closed"]
    assert 0 < began == watched.began < watched.ended


@pytest.mark.slow
def test_a_training_by_the_command_line_is_timed_and_scored(tmp_path, capsys):
    found = train_ours("simple_rnn", 0, 1, tmp_path)
    (folder,) = tmp_path.iterdir()
    steps = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
    assert len(steps) == -(-270 // BATCH)
    assert found["training"] >= sum(step["seconds"] for step in steps[1:])
    assert f"test accuracy {found['accuracy']:.4g}" in capsys.readouterr().out


@pytest.mark.slow
def test_stock_keras_is_trained_in_a_process_of_its_own():
    run = timed(["--train", "stock", "--cell", "gru", "--epochs", "2"])
    assert 0 < run.training < run.whole
    assert 1 / 9 < run.accuracy <= 1
