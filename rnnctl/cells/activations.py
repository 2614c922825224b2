"""Every activation that a config can name: value, derivative and range, in float64 NumPy with Keras' constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import erfc, inf, pi, sqrt

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Elementwise = Callable[[Doubles], Doubles]

# Klambauer et al. 2017 (arXiv 1706.02515), appendix A1: the fixed point at mean 0 and variance 1.
_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_ALPHA = 1.6732632423543772848170429916717

_erfc = np.vectorize(erfc, otypes=[np.float64])  # NumPy has no error function of its own


@dataclass(frozen=True)
class NumpyActivation:
    """An elementwise activation y = φ(z).

    Attributes:
        slope: φ′ as a function of z; at a kink the side that TensorFlow takes.
        steepest: Largest φ′ of an activation whose slope vanishes at both ends of its range; None of any other.
        cost: Multiply-adds of a matrix product that take about as long as a value does in NumPy.
    """

    value: Elementwise
    slope: Elementwise
    low: float = -inf
    high: float = inf
    steepest: float | None = None
    cost: int = 16

    @property
    def saturates(self) -> bool:
        """Whether the activation is flat at both ends of its range."""
        return self.steepest is not None


def sigmoid(z: Doubles) -> Doubles:
    """1 / (1 + e^-z), as ½ (1 + tanh ½z), which cannot overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))


def softmax(z: Doubles) -> Doubles:
    """e^z / Σ e^z over the last axis."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _softplus(z: Doubles) -> Doubles:
    return np.logaddexp(0.0, z)


def _elu(z: Doubles) -> Doubles:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))


def _elu_slope(z: Doubles) -> Doubles:
    return np.exp(np.minimum(z, 0.0))


def _normal(z: Doubles) -> Doubles:
    """The standard normal distribution function."""
    return np.asarray(0.5 * _erfc(-z / sqrt(2.0)))


def _mish_slope(z: Doubles) -> Doubles:
    after = np.tanh(_softplus(z))
    return after + z * (1.0 - after**2) * sigmoid(z)


def _between(z: Doubles, low: float, high: float) -> Doubles:
    return ((z > low) & (z < high)).astype(np.float64)


ACTIVATIONS: Mapping[str, NumpyActivation] = {
    "linear": NumpyActivation(lambda z: z, np.ones_like),
    "tanh": NumpyActivation(np.tanh, lambda z: 1.0 - np.tanh(z) ** 2, -1.0, 1.0, 1.0),
    "sigmoid": NumpyActivation(sigmoid, lambda z: sigmoid(z) * (1.0 - sigmoid(z)), 0.0, 1.0, 0.25),
    "relu": NumpyActivation(lambda z: np.maximum(z, 0.0), lambda z: _between(z, 0.0, inf), 0.0),
    "relu6": NumpyActivation(lambda z: np.clip(z, 0.0, 6.0), lambda z: _between(z, 0.0, 6.0), 0.0, 6.0),
    "leaky_relu": NumpyActivation(lambda z: np.where(z > 0, z, 0.2 * z), lambda z: np.where(z > 0, 1.0, 0.2)),
    # Clevert et al. 2015 (arXiv 1511.07289).
    "elu": NumpyActivation(_elu, _elu_slope, -1.0),
    "selu": NumpyActivation(
        lambda z: _SELU_SCALE * np.where(z > 0, z, _SELU_ALPHA * _elu(z)),
        lambda z: _SELU_SCALE * np.where(z < 0, _SELU_ALPHA * _elu_slope(z), 1.0),
    ),
    # Hendrycks & Gimpel 2016 (arXiv 1606.08415), exact form.
    "gelu": NumpyActivation(
        lambda z: z * _normal(z), lambda z: _normal(z) + z * np.exp(-0.5 * z**2) / sqrt(2.0 * pi), cost=400
    ),
    "silu": NumpyActivation(lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1.0 + z * (1.0 - sigmoid(z)))),
    "softplus": NumpyActivation(_softplus, sigmoid, 0.0, cost=100),
    "softsign": NumpyActivation(
        lambda z: z / (1.0 + np.abs(z)), lambda z: 1.0 / (1.0 + np.abs(z)) ** 2, -1.0, 1.0, 1.0
    ),
    "hard_sigmoid": NumpyActivation(
        lambda z: np.clip(z / 6.0 + 0.5, 0.0, 1.0), lambda z: _between(z, -3.0, 3.0) / 6.0, 0.0, 1.0, 1.0 / 6.0
    ),
    # TensorFlow's gradient at z = ±1 is 1, the only kink where it takes the steep side.
    "hard_tanh": NumpyActivation(
        lambda z: np.clip(z, -1.0, 1.0), lambda z: (np.abs(z) <= 1.0).astype(np.float64), -1.0, 1.0, 1.0
    ),
    "exponential": NumpyActivation(np.exp, np.exp, 0.0),
    # Misra 2019 (arXiv 1908.08681).
    "mish": NumpyActivation(lambda z: z * np.tanh(_softplus(z)), _mish_slope, cost=120),
}
"""By Keras' names."""
