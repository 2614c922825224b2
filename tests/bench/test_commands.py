from __future__ import annotations

import os

import pytest
from bench import stock_bilstm as peer
from bench.commands import COMMANDS, PEER, STACKED, UNJUDGED, WAY, Sample, goal, race, row, stacked

from rnnctl.cli.commands import COMMANDS as EVERY
from rnnctl.config import load_config
from rnnctl.training.build import prepare


def test_each_command_is_measured_as_often_and_the_first_time_is_not_counted(tmp_path):
    count = f"open({str(tmp_path / 'count')!r}, 'a').write('x')"
    found = race({"import": ("-c", count), "other": ("-c", "pass")}, 1, tmp_path, os.environ)
    assert (tmp_path / "count").read_text() == "xx"
    assert {name: len(samples) for name, samples in found.items()} == {"import": 1, "other": 1}
    assert all(sample.wall > 0 and sample.cpu > 0 for samples in found.values() for sample in samples)
    with pytest.raises(SystemExit, match="ended with 3"):
        race({"wrong": ("-c", "raise SystemExit(3)")}, 1, tmp_path, os.environ)


def test_a_row_holds_medians_and_ratios():
    samples = [Sample(1.0, 0.5), Sample(3.0, 0.7), Sample(2.0, 0.6)]
    line, ratio = row("predict", samples, [Sample(4.0, 2.0)])
    assert line == "| predict | 2.00 | 1.00–3.00 | 0.50 | 0.60 | 0.30 |"
    assert ratio == pytest.approx(0.3)
    assert {words[0] for words in COMMANDS.values()} <= set(EVERY)
    assert set(UNJUDGED) < {"import", *COMMANDS, WAY, PEER}
    assert [goal(name) for name in ("train, 250 months", "train, 250 months, one net", "evaluate")] == [2.2, 1.6, 0.35]
    assert [goal(name, warm=True) for name in ("train, vowels", STACKED, "evaluate")] == [1.15, 1.0, 0.35]


def test_stock_keras_trains_the_same_stacked_lstm_as_ours(tmp_path):
    stacked(tmp_path)
    built = prepare(load_config(str(tmp_path / "stacked.yaml"), []))
    assert (len(built.dataset.train), built.schedule.total_steps, len(built.dataset.splits)) == (150, 200, 1)
    assert set(built.dataset.train.lengths) == set(range(3, 30))
    assert built.schedule.total_steps == 150 // peer.BATCH * peer.EPOCHS
