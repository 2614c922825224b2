"""Every activation that a config can name, in plain NumPy with Keras' constants. Knows nothing of layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erfc

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

# Klambauer et al. 2017 (arXiv 1706.02515), appendix A1: the fixed point at mean 0 and variance 1.
_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_ALPHA = 1.6732632423543772848170429916717

_erfc = np.vectorize(erfc, otypes=[np.float64])  # NumPy has no error function of its own


def sigmoid(z: Doubles) -> Doubles:
    """1 / (1 + e^-z), as ½ (1 + tanh ½z), which cannot overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def relu(z: Doubles) -> Doubles:
    """The larger of z and 0."""
    return np.maximum(z, 0.0)


def elu(z: Doubles) -> Doubles:
    """Z where positive, else e^z - 1 (Clevert et al. 2015, arXiv 1511.07289)."""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))


def selu(z: Doubles) -> Doubles:
    """λ · (z where positive, else α (e^z - 1)) (Klambauer et al. 2017, arXiv 1706.02515)."""
    return _SELU_SCALE * np.where(z > 0, z, _SELU_ALPHA * np.expm1(np.minimum(z, 0.0)))


def gelu(z: Doubles) -> Doubles:
    """Z times the normal distribution function of z, exact form (Hendrycks & Gimpel 2016, arXiv 1606.08415)."""
    return np.asarray(0.5 * z * _erfc(-z / np.sqrt(2.0)))


def softplus(z: Doubles) -> Doubles:
    """ln(1 + e^z)."""
    return np.logaddexp(0.0, z)


def mish(z: Doubles) -> Doubles:
    """Z · tanh(softplus(z)) (Misra 2019, arXiv 1908.08681)."""
    return z * np.tanh(softplus(z))


ACTIVATIONS: Mapping[str, Callable[[Doubles], Doubles]] = {
    "linear": lambda z: z,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "relu": relu,
    "relu6": lambda z: np.clip(z, 0.0, 6.0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.2 * z),
    "elu": elu,
    "selu": selu,
    "gelu": gelu,
    "silu": lambda z: z * sigmoid(z),
    "softplus": softplus,
    "softsign": lambda z: z / (1.0 + np.abs(z)),
    "hard_sigmoid": lambda z: np.clip(z / 6.0 + 0.5, 0.0, 1.0),
    "hard_tanh": lambda z: np.clip(z, -1.0, 1.0),
    "exponential": np.exp,
    "mish": mish,
}
"""By Keras' names; each elementwise, float64 in and out."""
