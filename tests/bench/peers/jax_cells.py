"""Recurrent cells, losses and optimizers in JAX, written the way its users write them. Imports no JAX: it is given.

Letters and order of the gates as in ``rnnctl.cells``; optimizers follow Keras' formulas.
"""

# ruff: noqa: PLC2401 - names are those of the equations

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rnnctl.cells import LayerBase
from rnnctl.cells.table import GruLayer
from rnnctl.config import Config
from rnnctl.config.model import Model
from rnnctl.losses import LossBase
from rnnctl.optimizers import Adam, AdamW, OptimizerBase, RmsProp, Sgd

Weights = Mapping[str, Any]


def activation(jax: Any, name: str) -> Callable[[Any], Any]:
    """Keras' activation of this name."""
    nn, jnp = jax.nn, jax.numpy
    others: dict[str, Callable[[Any], Any]] = {
        "linear": lambda z: z,
        "leaky_relu": lambda z: nn.leaky_relu(z, 0.2),
        "gelu": lambda z: nn.gelu(z, approximate=False),
        "softsign": nn.soft_sign,
        "exponential": jnp.exp,
    }
    return others[name] if name in others else getattr(nn, name)


def predict(jax: Any, section: Model, weights: Weights, inputs: Any, unroll: int) -> Any:
    """Runs a model.

    Args:
        jax: The module.
        section: The config's ``model``.
        weights: By path, laid out as Keras has them.
        inputs: ``[batch, time, features]``.
        unroll: Time steps written out in each turn of ``lax.scan``.

    Returns:
        ``[batch, outputs]`` or ``[batch, time, outputs]``.
    """
    hidden = jax.numpy.swapaxes(inputs, 0, 1)
    for position, layer in enumerate(section.layers):
        own = {
            path.split("/")[-1]: value for path, value in weights.items() if path.startswith(f"recurrent_{position}/")
        }
        hidden = run_layer(jax, layer, own, hidden, unroll)
    hidden = jax.numpy.swapaxes(hidden, 0, 1) if section.return_sequences else hidden[-1]
    return hidden if section.head == "none" else hidden @ weights["head/kernel"] + weights["head/bias"]


def run_layer(jax: Any, layer: LayerBase, own: Weights, inputs: Any, unroll: int) -> Any:
    """Runs one layer over time; inputs ``[time, batch, features]``, result ``[time, batch, units]``."""
    step, bias = _STEPS[layer.cell](jax, layer, own)
    projected = inputs @ own["kernel"] + bias
    zero = jax.numpy.zeros((inputs.shape[1], layer.units), inputs.dtype)
    start = (zero, zero) if layer.cell == "lstm" else zero
    return jax.lax.scan(step, start, projected, unroll=unroll)[1]


def _simple_rnn(jax: Any, layer: Any, own: Weights) -> tuple[Any, Any]:
    φ, kernel = activation(jax, layer.activation), own["recurrent_kernel"]

    def step(h: Any, x: Any) -> tuple[Any, Any]:
        h = φ(x + h @ kernel)
        return h, h

    return step, own.get("bias", 0.0)


def _gru(jax: Any, layer: GruLayer, own: Weights) -> tuple[Any, Any]:
    φ, σ = activation(jax, layer.activation), activation(jax, layer.recurrent_activation)
    kernel, units, jnp = own["recurrent_kernel"], layer.units, jax.numpy
    bias = own.get("bias", jnp.zeros((2, 3 * units)))
    outer, inner = (bias[0], bias[1]) if bias.ndim == 2 else (bias, 0.0)

    def step(h: Any, x: Any) -> tuple[Any, Any]:
        if layer.reset_after:
            both = h @ kernel + inner
            gates = σ(x[:, : 2 * units] + both[:, : 2 * units])
            z, r = gates[:, :units], gates[:, units:]
            n = φ(x[:, 2 * units :] + r * both[:, 2 * units :])
        else:
            gates = σ(x[:, : 2 * units] + h @ kernel[:, : 2 * units])
            z, r = gates[:, :units], gates[:, units:]
            n = φ(x[:, 2 * units :] + (r * h) @ kernel[:, 2 * units :])
        h = z * h + (1 - z) * n
        return h, h

    return step, outer


def _lstm(jax: Any, layer: Any, own: Weights) -> tuple[Any, Any]:
    φ, σ = activation(jax, layer.activation), activation(jax, layer.recurrent_activation)
    kernel = own["recurrent_kernel"]

    def step(state: tuple[Any, Any], x: Any) -> tuple[Any, Any]:
        h, c = state
        i, f, g, o = jax.numpy.split(x + h @ kernel, 4, axis=-1)
        c = σ(f) * c + σ(i) * φ(g)
        h = σ(o) * φ(c)
        return (h, c), h

    return step, own.get("bias", 0.0)


_STEPS: dict[str, Callable[..., tuple[Any, Any]]] = {"simple_rnn": _simple_rnn, "gru": _gru, "lstm": _lstm}


def _huber(jnp: Any, section: Any, error: Any) -> Any:
    δ = section.delta
    return jnp.where(error <= δ, 0.5 * error**2, δ * error - 0.5 * δ**2)


_LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "mse": lambda jnp, section, error: error**2,
    "mae": lambda jnp, section, error: error,
    "huber": _huber,
}


def why_not(config: Config) -> str | None:
    """What of a config is not written here; None where all is."""
    words = [*(layer.cell for layer in config.model.layers if layer.cell not in _STEPS)]
    words += [config.loss.kind] if config.loss.kind not in _LOSSES else []
    words += [] if isinstance(config.optimizer, Sgd | Adam | RmsProp) else [config.optimizer.kind]
    return f"the JAX loop has no {words[0]}" if words else None


def loss(jax: Any, section: LossBase, targets: Any, predictions: Any) -> Any:
    """The configured loss, a scalar."""
    jnp = jax.numpy
    return jnp.mean(_LOSSES[section.kind](jnp, section, jnp.abs(predictions - targets)))


def clip(jax: Any, section: OptimizerBase, gradients: Weights) -> Weights:
    """Clips by the configured rule; see ``rnnctl.gradients.clipping``."""
    jnp = jax.numpy
    squares = {path: jnp.sum(g**2) for path, g in gradients.items()}
    if section.clipvalue is not None:
        return {path: jnp.clip(g, -section.clipvalue, section.clipvalue) for path, g in gradients.items()}
    if section.global_clipnorm is not None:
        norm = jnp.sqrt(sum(squares.values()))
        factor = section.global_clipnorm / jnp.maximum(norm, section.global_clipnorm)
        return {path: g * factor for path, g in gradients.items()}
    if section.clipnorm is not None:
        limit = section.clipnorm
        return {path: g * (limit / jnp.maximum(jnp.sqrt(squares[path]), limit)) for path, g in gradients.items()}
    return gradients


def slots(jax: Any, section: OptimizerBase, weight: Any) -> tuple[Any, ...]:
    """What the optimizer remembers of a weight, before the first step."""
    count = int(section.momentum > 0) if isinstance(section, Sgd) else 3
    # One buffer each: what is donated to a call must not be shared, as JAX's own zeros are.
    return tuple(jax.numpy.array(np.zeros(weight.shape, np.float32)) for _ in range(count))


def update(
    jax: Any, section: OptimizerBase, weight: Any, g: Any, memory: tuple[Any, ...], step: Any
) -> tuple[Any, Any]:
    """One optimizer step of one weight, by Keras' formulas.

    Args:
        jax: The module.
        section: The optimizer as configured.
        weight: The weight.
        g: Its gradient, clipped.
        memory: From ``slots``, or the step before.
        step: 0-based number of the step.

    Returns:
        The new weight and memory.
    """
    jnp, η = jax.numpy, section.learning_rate
    if isinstance(section, Sgd):
        if not section.momentum:
            return weight - η * g, ()
        m = section.momentum * memory[0] - η * g
        return weight + (section.momentum * m - η * g if section.nesterov else m), (m,)
    if isinstance(section, RmsProp):
        return _rmsprop(jnp, section, weight, g, memory)
    return _adam(jnp, section, weight, g, memory, step + 1.0)


def _rmsprop(jnp: Any, section: RmsProp, weight: Any, g: Any, memory: Any) -> tuple[Any, Any]:
    v, mean, m = memory
    ρ = section.rho
    v = ρ * v + (1 - ρ) * g**2
    mean = ρ * mean + (1 - ρ) * g if section.centered else mean
    increment = section.learning_rate * g / jnp.sqrt(v - mean**2 + section.epsilon)
    m = section.momentum * m + increment
    return weight - m, (v, mean, m)


def _adam(jnp: Any, section: Adam | AdamW, weight: Any, g: Any, memory: Any, t: Any) -> tuple[Any, Any]:
    η: Any = section.learning_rate
    if isinstance(section, AdamW):
        weight = weight - η * section.weight_decay * weight
    m, v, largest = memory
    m = section.beta_1 * m + (1 - section.beta_1) * g
    v = section.beta_2 * v + (1 - section.beta_2) * g**2
    largest = jnp.maximum(largest, v) if section.amsgrad else v
    α = η * jnp.sqrt(1 - section.beta_2**t) / (1 - section.beta_1**t)
    return weight - α * m / (jnp.sqrt(largest) + section.epsilon), (m, v, largest)
