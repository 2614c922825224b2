"""Activations whose derivative the written-out backward passes can form from what the forward pass keeps.

An activation is covered where it acts element by element, so that its derivative φ′ is a number per unit. Most of
Keras' own are strictly monotone where φ′ ≠ 0, and φ′(z) is a function of y = φ(z), which the recurrence keeps anyway
(tanh: 1 − y²). For the others the forward pass keeps z too. Softmax, log-softmax, GLU, sparsemax and functions of the
user's own mix units, or may do so, and are left to Keras' path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

Elementwise = Callable[[tf.Tensor], tf.Tensor]

# Klambauer et al. 2017 (arXiv 1706.02515); the digits are those of TensorFlow's own kernel.
_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_SCALE_ALPHA = 1.7580993408473768599402175208123

# Keras' default of 0.2 as TensorFlow's operation holds it: a float32 attribute, also where the values are float64.
_LEAKY_SLOPE = 0.20000000298023224


@dataclass(frozen=True)
class Activation:
    """An elementwise activation y = φ(z) and its derivative.

    `apply` is the operation that Keras itself runs, so that results agree to the last bit; `slope` is φ′ as a function
    of y, or of z where `of_input`.
    """

    apply: Elementwise
    slope: Elementwise
    of_input: bool = False


def _step(condition: tf.Tensor, like: tf.Tensor, *, height: float = 1.0, otherwise: float = 0.0) -> tf.Tensor:
    """Returns `height` where the condition holds and `otherwise` elsewhere, in the dtype of `like`."""
    return tf.where(condition, tf.constant(height, like.dtype), tf.constant(otherwise, like.dtype))


def _by_tape(function: Elementwise) -> Activation:
    """An activation whose derivative is not a function of its output: TensorFlow differentiates it at the kept z."""

    def slope(before: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(before)
            after = function(before)
        return tape.gradient(after, before)

    return Activation(function, slope, of_input=True)


def _nn(name: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function of ``tf.nn``, taken from there when it is called: the package takes a fifth of a second to load."""

    def function(z: tf.Tensor) -> tf.Tensor:
        return getattr(tf.nn, name)(z)

    return function


# At the kinks (z = 0 and the like) each entry takes the side that TensorFlow's own gradient takes: units that receive
# nothing at all sit exactly there, so this is the common case, not a rare one.
ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(lambda z: z, tf.ones_like),
    "tanh": Activation(tf.tanh, lambda y: 1.0 - tf.square(y)),
    "sigmoid": Activation(tf.sigmoid, lambda y: y * (1.0 - y)),
    "relu": Activation(_nn("relu"), lambda y: _step(y > 0, y)),
    "relu6": Activation(_nn("relu6"), lambda y: _step((y > 0) & (y < 6), y)),
    "leaky_relu": Activation(keras.activations.leaky_relu, lambda y: _step(y > 0, y, otherwise=_LEAKY_SLOPE)),
    "elu": Activation(_nn("elu"), lambda y: tf.where(y < 0, y + 1.0, tf.ones_like(y))),
    "selu": Activation(
        _nn("selu"), lambda y: tf.where(y < 0, y + _SELU_SCALE_ALPHA, tf.constant(_SELU_SCALE, y.dtype))
    ),
    "softplus": Activation(tf.math.softplus, lambda y: -tf.math.expm1(-y)),
    "softsign": Activation(_nn("softsign"), lambda y: tf.square(1.0 - tf.abs(y))),
    # y = (z + √(z² + 4)) / 2 solves y − 1/y = z, hence dy/dz = 1 / (1 + y⁻²).
    "squareplus": Activation(keras.activations.squareplus, lambda y: tf.square(y) / (tf.square(y) + 1.0)),
    "exponential": Activation(tf.exp, lambda y: y),
    "log_sigmoid": Activation(keras.activations.log_sigmoid, lambda y: -tf.math.expm1(y)),
    "hard_sigmoid": Activation(keras.activations.hard_sigmoid, lambda y: _step((y > 0) & (y < 1), y, height=1.0 / 6.0)),
}
# hard_tanh's gradient at z = ±1 is 1 and beyond it 0, which y = ±1 cannot tell apart.
_NOT_OF_OUTPUT = (
    "hard_tanh celu silu hard_silu gelu mish tanh_shrink soft_shrink hard_shrink sparse_plus sparse_sigmoid"
)
ACTIVATIONS |= {name: _by_tape(getattr(keras.activations, name)) for name in _NOT_OF_OUTPUT.split()}

_FUNCTIONS = [(keras.activations.get(name), entry) for name, entry in ACTIVATIONS.items()]


def find_activation(function: Any) -> Activation | None:
    """Finds the entry of a Keras activation function; None where it is not covered."""
    return next((entry for known, entry in _FUNCTIONS if known is function), None)
