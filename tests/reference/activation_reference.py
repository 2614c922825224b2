"""Every activation that a config can name, float64, with its derivative: each gives φ(z) and φ′(z). No TensorFlow."""

from __future__ import annotations

from math import erf, pi

import numpy as np


def _sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def _softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _normal_cdf(z):
    return np.array([0.5 * (1 + erf(value / 2**0.5)) for value in z.ravel()]).reshape(z.shape)


def _exponential_unit(z, scale, alpha):
    negative = np.exp(np.minimum(z, 0))
    return scale * np.where(z > 0, z, alpha * (negative - 1)), scale * np.where(z > 0, 1, alpha * negative)


def _mish(z):
    t, s = np.tanh(_softplus(z)), _sigmoid(z)
    return z * t, t + z * (1 - t**2) * s


def _gelu(z):
    return z * _normal_cdf(z), _normal_cdf(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * pi)


def _with_slope(value, slope):
    return lambda z: (value(z), slope(z))


ACTIVATIONS = {
    "linear": _with_slope(lambda z: z, np.ones_like),
    "tanh": _with_slope(np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "sigmoid": _with_slope(_sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z)),
    "relu": _with_slope(lambda z: z * (z > 0), lambda z: (z > 0) * 1.0),
    "relu6": _with_slope(lambda z: np.minimum(z * (z > 0), 6), lambda z: ((z > 0) & (z < 6)) * 1.0),
    "leaky_relu": _with_slope(lambda z: z * np.where(z > 0, 1, 0.2), lambda z: np.where(z > 0, 1, 0.2)),
    "elu": lambda z: _exponential_unit(z, 1, 1),
    "selu": lambda z: _exponential_unit(z, 1.0507009873554805, 1.6732632423543772),
    "gelu": _gelu,
    "silu": _with_slope(lambda z: z * _sigmoid(z), lambda z: _sigmoid(z) * (1 + z * _sigmoid(-z))),
    "softplus": _with_slope(_softplus, _sigmoid),
    "softsign": _with_slope(lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "hard_sigmoid": _with_slope(lambda z: np.clip((z + 3) / 6, 0, 1), lambda z: (abs(z) < 3) / 6),
    "hard_tanh": _with_slope(lambda z: np.clip(z, -1, 1), lambda z: (abs(z) < 1) * 1.0),
    "exponential": _with_slope(np.exp, np.exp),
    "mish": _mish,
}
