"""A loss that is added from here alone, by nothing but an entry in `LOSSES`, goes through every command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import pytest
from toys import every_command, run, write_config

from rnnctl.config import load_config
from rnnctl.losses import LOSSES, Loss, LossBase, losses_for, pinball
from rnnctl.model.losses import build_loss
from rnnctl.schema.base import PositiveFloat
from rnnctl.training.build import build
from rnnctl.util.registry import UnknownEntryError
from rnnctl.workflows.examine import examine


class LogCosh(LossBase):
    """The logarithm of the hyperbolic cosine of the error: squared near zero, absolute far away."""

    kind: Literal["log_cosh"]
    width: PositiveFloat = 1.0
    """Error at which it turns from squared to absolute."""


def log_cosh(targets, predictions, width):
    return keras.losses.log_cosh(targets / width, predictions / width)


def value(section, predictions, targets, logits):
    sizes = np.abs(predictions - targets) / section.width
    return sizes + np.log1p(np.exp(-2 * sizes)) - np.log(2)


LOG_COSH = Loss("log_cosh", LogCosh, f"{__name__}:log_cosh", value)


@pytest.fixture(scope="module", autouse=True)
def _added() -> Iterator[None]:
    with LOSSES.extended(LOG_COSH):
        yield


def test_every_command_takes_it(tmp_path: Path) -> None:
    sections = "model: {layers: [{cell: simple_rnn, units: 4}]}\nloss: {kind: log_cosh, width: 0.5}"
    every_command(write_config(tmp_path, "toy", sections), "log_cosh")


def test_the_examination_agrees_with_difference_quotients(tmp_path: Path) -> None:
    found = examine(build(load_config(write_config(tmp_path, "toy", "loss: log_cosh"), [])))
    assert found.self_check is not None
    assert found.self_check.largest_relative_error < 1e-7


@pytest.mark.parametrize("word", [*LOSSES, "log_cosh"])
def test_keras_and_numpy_give_the_same_losses(word: str) -> None:
    entry, rng = LOSSES[word], np.random.default_rng(0)
    section = entry.section.model_validate({"kind": word})
    logits = rng.normal(size=(5, 4, 3 * max(1, len(section.levels))))
    targets, predictions = rng.normal(size=(5, 4, 3)), logits
    if entry.targets == "boolean":
        targets, predictions = rng.integers(0, 2, (5, 4, 3)).astype(np.float64), 1 / (1 + np.exp(-logits))
    elif entry.targets == "category":
        targets = rng.integers(0, 3, (5, 4, 1)).astype(np.float64)
        predictions = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    tensors = (keras.ops.convert_to_tensor(array, dtype="float64") for array in (targets, predictions))
    with_keras = np.asarray(build_loss(section)(*tensors))
    in_numpy = entry.value(section, predictions, targets, logits).mean(axis=-1)
    np.testing.assert_allclose(with_keras, in_numpy, rtol=1e-6)


def test_pinball_is_the_definition() -> None:
    truth, quantile = np.random.default_rng(0).normal(size=(2, 50))
    for level in (0.05, 0.5, 0.9):
        expected = [level * (y - q) if y >= q else (1 - level) * (q - y) for y, q in zip(truth, quantile, strict=True)]
        np.testing.assert_allclose(pinball(truth, quantile, level), expected, rtol=1e-14)


def test_an_unknown_loss_stands_for_no_other(tmp_path: Path) -> None:
    config = write_config(tmp_path, "toy", "loss: logcosh")
    assert "did you mean log_cosh?" in run("check", config, code=2)
    with pytest.raises(UnknownEntryError, match="no loss is called 'logcosh'"):
        LOSSES["logcosh"]


def test_targets_of_a_kind_take_their_losses_alone() -> None:
    assert losses_for("number") == ["mse", "mae", "huber", "quantile", "log_cosh"]
    assert losses_for("boolean") == ["binary_crossentropy"]
    assert losses_for("category") == ["categorical_crossentropy"]
