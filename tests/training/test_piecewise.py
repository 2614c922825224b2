"""Sequences of any length in pieces, held against stock layers that read each sequence whole and alone.

Pieces, directions and places of targets are covered pair by pair; layers that read from both ends have no pieces.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from made_data import made_config, made_dataset

from rnnctl.model.build import build_model
from rnnctl.model.losses import build_loss
from rnnctl.model.recurrent import to_stock
from rnnctl.training import evaluate, piecewise
from rnnctl.training.evaluate import Evaluator

STACK = [{"cell": "lstm", "units": 3, "dropout": 0.4}, {"cell": "gru", "units": 2}]
BOTH = [{"cell": "gru", "units": 3, "bidirectional": True}, {"cell": "simple_rnn", "units": 2}]
LAYERS = {"forwards": STACK, "both directions": BOTH, "one layer": [{"cell": "gru", "units": 2, "dropout": 0.4}]}
LENGTHS = (4, 3, 17, 2, 5, 3, 1)
WHOLE, PIECES, FEW = (128, 2**15), (4, 2**15), (4, 8)
"""Most time steps of a piece, and of all sequences of a batch's piece."""


@cache
def _made(columns, target, placement, layers, lengths=LENGTHS):
    data = made_dataset(lengths, columns, target, placement)
    config = made_config(target, placement, layers=LAYERS[layers])
    model = build_model(config, data.signature)
    return data.train, model, build_loss(config.loss)


def _alone(split, model, loss):
    """Each sequence's outputs and losses."""
    stock = to_stock(model)
    for member in range(len(split)):
        batch = split.gather([member])
        given = [batch.inputs, np.ones(batch.inputs.shape[:2], np.bool_)]
        outputs = stock(given if len(stock.inputs) > 1 else batch.inputs, training=False)
        yield np.asarray(outputs)[0], np.asarray(loss(batch.targets, outputs))[0]


def _set_pieces(monkeypatch, pieces):
    for name, most in zip(("PIECE", "ELEMENTS"), pieces, strict=True):
        monkeypatch.setattr(piecewise, name, most)


@pytest.mark.parametrize(
    ("pieces", "target", "placement", "layers"),
    [
        (WHOLE, "category", "each", "forwards"),
        (PIECES, "category", "each", "forwards"),
        (FEW, "boolean", "sequence", "forwards"),
        (WHOLE, "boolean", "sequence", "both directions"),
        (FEW, "category", "each", "both directions"),
    ],
)
def test_a_sequence_in_pieces_gives_what_it_gives_whole_and_alone(monkeypatch, pieces, target, placement, layers):
    _set_pieces(monkeypatch, pieces)
    split, model, loss = _made("all", target, placement, layers)
    evaluator = Evaluator(model, loss, split)
    found, all_losses = evaluator.predict(), []
    assert found.shape[0] == len(split)
    for row, (outputs, losses) in zip(found, _alone(split, model, loss), strict=True):
        if placement == "each":
            assert row.shape == (17, 4)
            np.testing.assert_allclose(row[: len(outputs)], outputs, rtol=1e-5, atol=1e-6)
            assert np.isnan(row[len(outputs) :]).all()
            all_losses += losses.tolist()
        else:
            np.testing.assert_allclose(row, outputs, rtol=1e-5, atol=1e-6)
            all_losses.append(losses)
    assert evaluator.loss() == pytest.approx(np.mean(all_losses), rel=1e-5)


def test_only_the_last_time_step_of_each_sequence_counts_where_that_is_asked_for(monkeypatch):
    _set_pieces(monkeypatch, FEW)
    split, model, loss = _made("numbers", "number", "each", "one layer")
    wanted = np.mean([losses[-1] for _, losses in _alone(split, model, loss)])
    assert Evaluator(model, loss, split, last_only=True).loss() == pytest.approx(wanted, rel=1e-5)


@cache
def _whole():
    split, model, loss = _made("numbers", "number", "each", "one layer", lengths=(5, 5, 5))
    return Evaluator(model, loss, split)


def test_long_sequences_of_one_length_are_run_piece_by_piece_too(monkeypatch):
    whole = _whole()
    _set_pieces(monkeypatch, (2, 2**15))
    monkeypatch.setattr(evaluate, "LARGEST", 4)
    split, model, loss = _made("numbers", "number", "each", "one layer", lengths=(5, 5, 5))
    pieces = Evaluator(model, loss, split)
    assert type(pieces._runner) is not type(whole._runner)
    np.testing.assert_allclose(pieces.predict(), whole.predict(), rtol=1e-5, atol=1e-6)
    assert pieces.loss() == pytest.approx(whole.loss(), rel=1e-6)


def test_a_table_that_is_a_memory_map_is_read_piece_by_piece(tmp_path):
    split, model, loss = _made("numbers", "number", "each", "one layer", lengths=(5, 5, 5))
    values = np.memmap(tmp_path / "values", np.float32, "w+", shape=split.values.shape)
    values[:] = split.values
    mapped = Evaluator(model, loss, replace(split, values=values))
    assert type(mapped._runner) is evaluate.PiecewiseRunner
    np.testing.assert_allclose(mapped.predict(), _whole().predict(), rtol=1e-5, atol=1e-6)


def test_dropouts_random_state_is_where_it_was_before():
    whole = _whole()
    before = [np.asarray(variable) for variable in whole._runner.model.variables]
    whole.loss()
    for one, other in zip(before, whole._runner.model.variables, strict=True):
        np.testing.assert_array_equal(one, other)
