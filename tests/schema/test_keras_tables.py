"""The words and defaults of the schema are Keras' own."""

from __future__ import annotations

import inspect
from typing import Any, get_args

import keras
import pytest

from rnnctl import losses, optimizers
from rnnctl.cells.cell import Activation
from rnnctl.cells.table import GruLayer, LstmLayer, SimpleRnnLayer
from rnnctl.schema import initializers
from rnnctl.schema.base import Section


def _parameters(cls: type) -> dict[str, Any]:
    """Arguments and defaults of a Keras class, those of its own __init__."""
    return {name: parameter.default for name, parameter in inspect.signature(cls.__init__).parameters.items()}


def _words(section: type[Section], tag: str = "kind") -> list[str]:
    return list(get_args(section.model_fields[tag].annotation))


def _plain(value: Any) -> Any:
    """A default as Keras writes it: an initializer by its name."""
    return value.kind if isinstance(value, Section) else value


@pytest.mark.parametrize("name", get_args(Activation))
def test_every_activation_is_one_of_keras(name: str) -> None:
    assert callable(keras.activations.get(name))


@pytest.mark.parametrize(
    ("section", "word"),
    [
        (section, word)
        for section in (
            initializers.Plain,
            initializers.Constant,
            initializers.Normal,
            initializers.Uniform,
            initializers.VarianceScaling,
            initializers.Gained,
        )
        for word in _words(section)
    ],
)
def test_every_initializer_is_one_of_keras_with_its_arguments_and_defaults(section: type[Section], word: str) -> None:
    ours = section.model_validate({"kind": word}).model_dump(exclude={"kind"})
    made = keras.initializers.get({"class_name": word, "config": ours})
    defaults = _parameters(type(made))
    assert {name: getattr(made, name) for name in ours} == ours
    assert {name: defaults[name] for name in ours} == ours
    assert callable(keras.initializers.get(word if word != "constant" else made))


@pytest.mark.parametrize(
    ("section", "layer"),
    [
        (SimpleRnnLayer, keras.layers.SimpleRNN),
        (GruLayer, keras.layers.GRU),
        (LstmLayer, keras.layers.LSTM),
    ],
)
def test_a_cells_arguments_and_defaults_are_its_keras_layers(section: type[Section], layer: type) -> None:
    theirs = _parameters(layer)
    (word,) = _words(section, "cell")
    ours = section.model_validate({"cell": word})
    # `units` has no default in Keras; `bidirectional` is a wrapper there.
    for name in set(type(ours).model_fields) - {"cell", "units", "bidirectional"}:
        assert _plain(getattr(ours, name)) == theirs[name], name


@pytest.mark.parametrize(
    ("section", "optimizer"),
    [
        (optimizers.Sgd, keras.optimizers.SGD),
        (optimizers.Adam, keras.optimizers.Adam),
        (optimizers.AdamW, keras.optimizers.AdamW),
        (optimizers.RmsProp, keras.optimizers.RMSprop),
    ],
)
def test_an_optimizers_arguments_and_defaults_are_keras(section: type[Section], optimizer: type) -> None:
    theirs = _parameters(optimizer)
    (word,) = _words(section)
    ours = section.model_validate({"kind": word})
    for name in set(type(ours).model_fields) - {"kind"}:
        assert getattr(ours, name) == theirs[name], name


def test_losses_and_schedules_have_keras_names_and_defaults() -> None:
    assert keras.losses.get("mse") is keras.losses.mean_squared_error
    assert keras.losses.get("mae") is keras.losses.mean_absolute_error
    assert _parameters(keras.losses.Huber)["delta"] == losses.HuberLoss(kind="huber").delta
    cosine = _parameters(keras.optimizers.schedules.CosineDecay)
    assert cosine["alpha"] == optimizers.CosineSchedule.model_fields["alpha"].default
    exponential = _parameters(keras.optimizers.schedules.ExponentialDecay)
    assert exponential["staircase"] == optimizers.ExponentialSchedule.model_fields["staircase"].default
    assert {"initial_learning_rate", "decay_steps", "decay_rate"} <= set(exponential)
