"""Sequences of any length in pieces, held against stock layers that read each sequence whole and alone."""

from __future__ import annotations

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
LENGTHS = (5, 3, 17, 2, 6, 4, 3, 7, 1, 11)


@pytest.fixture(params=[(128, 2**15), (4, 2**15), (4, 12)], ids=["whole", "pieces", "pieces, few at once"])
def small_pieces(request, monkeypatch):
    monkeypatch.setattr(piecewise, "PIECE", request.param[0])
    monkeypatch.setattr(piecewise, "ELEMENTS", request.param[1])


def _made(columns, target, placement, layers, lengths=LENGTHS):
    data = made_dataset(lengths, columns, target, placement)
    config = made_config(target, placement, layers=layers)
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


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("layers", [STACK, BOTH], ids=["forwards", "both directions"])
@pytest.mark.parametrize(("target", "placement"), [("category", "each"), ("boolean", "sequence")])
def test_a_sequence_in_pieces_gives_what_it_gives_whole_and_alone(target, placement, layers):
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


@pytest.mark.usefixtures("small_pieces")
def test_only_the_last_time_step_of_each_sequence_counts_where_that_is_asked_for():
    split, model, loss = _made("numbers", "number", "each", STACK)
    wanted = np.mean([losses[-1] for _, losses in _alone(split, model, loss)])
    assert Evaluator(model, loss, split, last_only=True).loss() == pytest.approx(wanted, rel=1e-5)


def test_long_sequences_of_one_length_are_run_piece_by_piece_too(monkeypatch):
    split, model, loss = _made("numbers", "number", "each", STACK, lengths=(9, 9, 9))
    whole = Evaluator(model, loss, split)
    monkeypatch.setattr(piecewise, "PIECE", 4)
    monkeypatch.setattr(evaluate, "LARGEST", 8)
    pieces = Evaluator(model, loss, split)
    assert type(pieces._runner) is not type(whole._runner)
    np.testing.assert_allclose(pieces.predict(), whole.predict(), rtol=1e-5, atol=1e-6)
    assert pieces.loss() == pytest.approx(whole.loss(), rel=1e-6)


def test_a_table_that_is_a_memory_map_is_read_piece_by_piece(tmp_path):
    from dataclasses import replace

    split, model, loss = _made("numbers", "number", "each", STACK, lengths=(9, 9, 9))
    values = np.memmap(tmp_path / "values", np.float32, "w+", shape=split.values.shape)
    values[:] = split.values
    mapped = Evaluator(model, loss, replace(split, values=values))
    assert type(mapped._runner) is evaluate.PiecewiseRunner
    np.testing.assert_allclose(mapped.predict(), Evaluator(model, loss, split).predict(), rtol=1e-5, atol=1e-6)


def test_dropouts_random_state_is_where_it_was_before():
    split, model, loss = _made("numbers", "number", "each", STACK)
    before = [np.asarray(variable) for variable in model.variables]
    Evaluator(model, loss, split).loss()
    for one, other in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, other)
