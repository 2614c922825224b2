"""Optimizers, clipping and schedules as plain float64 formulas, written from Keras' documentation; no TensorFlow.

Steps are counted from 0, as Keras' ``optimizer.iterations`` before the step.
"""

from __future__ import annotations

import numpy as np

from rnnctl.optimizers import Adam, AdamW, RmsProp, Sgd


def learning_rate(section, step, total_steps):
    """The rate at a 0-based step: closed forms of the config's schedules."""
    if isinstance(section, float | int):
        return float(section)
    initial, warmup = section.initial_learning_rate, section.warmup_steps
    if step < warmup:
        return initial * (step + 1) / warmup
    after = step - warmup
    if section.kind == "exponential":
        power = after / section.decay_steps
        return initial * section.decay_rate ** (np.floor(power) if section.staircase else power)
    if section.kind == "cosine":
        steps = section.decay_steps or total_steps - warmup
        share = 0.5 * (1 + np.cos(np.pi * min(after, steps) / steps))
        return initial * ((1 - section.alpha) * share + section.alpha)
    return initial


def clip(section, gradients):
    """Gradients by path, after the config's clip option."""
    if section.clipvalue is not None:
        return {path: np.clip(g, -section.clipvalue, section.clipvalue) for path, g in gradients.items()}
    norms = {path: np.linalg.norm(g) for path, g in gradients.items()}
    if section.clipnorm is not None:
        limit = section.clipnorm
        return {path: g * (limit / norms[path] if norms[path] > limit else 1) for path, g in gradients.items()}
    if section.global_clipnorm is not None:
        total = np.sqrt(sum(norm**2 for norm in norms.values()))
        factor = section.global_clipnorm / total if total > section.global_clipnorm else 1
        return {path: g * factor for path, g in gradients.items()}
    return dict(gradients)


class Optimizer:
    """Keras' update rules, one weight after the other."""

    def __init__(self, section, total_steps=0):
        self.section = section
        self.total_steps = total_steps
        self.step = 0
        self._slots = {}

    def _slot(self, path, name, like):
        return self._slots.setdefault((path, name), np.zeros_like(like))

    def update(self, weights, gradients):
        """Clips and applies gradients; gives the new weights by path."""
        rate = learning_rate(self.section.learning_rate, self.step, self.total_steps)
        clipped = clip(self.section, gradients)
        self.step += 1
        return {path: self._new(path, weight, clipped[path], rate) for path, weight in weights.items()}

    def _new(self, path, weight, g, rate):
        section = self.section
        if isinstance(section, Sgd):
            return self._sgd(path, weight, g, rate)
        if isinstance(section, AdamW):
            weight = weight - rate * section.weight_decay * weight
        if isinstance(section, Adam):
            return weight - self._adam(path, g, rate)
        assert isinstance(section, RmsProp)
        return weight - self._rmsprop(path, g, rate)

    def _sgd(self, path, weight, g, rate):
        momentum = self.section.momentum
        velocity = momentum * self._slot(path, "velocity", g) - rate * g
        self._slots[path, "velocity"] = velocity
        return weight + (momentum * velocity - rate * g if self.section.nesterov else velocity)

    def _adam(self, path, g, rate):
        section, t = self.section, self.step
        m = section.beta_1 * self._slot(path, "m", g) + (1 - section.beta_1) * g
        v = section.beta_2 * self._slot(path, "v", g) + (1 - section.beta_2) * g**2
        self._slots[path, "m"], self._slots[path, "v"] = m, v
        if section.amsgrad:
            v = self._slots[path, "v_max"] = np.maximum(self._slot(path, "v_max", g), v)
        # Keras takes β^t in float32, so that 1 − β₂^t is known to about eps / (1 − β₂), 6e-5 of its value, at first.
        first, second = (float(np.float32(1) - np.float32(beta) ** t) for beta in (section.beta_1, section.beta_2))
        # Keras' ε stands beside √v before the bias correction ("epsilon hat" in section 2 of the paper).
        corrected = rate * np.sqrt(second) / first
        return corrected * m / (np.sqrt(v) + section.epsilon)

    def _rmsprop(self, path, g, rate):
        section = self.section
        mean_square = section.rho * self._slot(path, "square", g) + (1 - section.rho) * g**2
        self._slots[path, "square"] = mean_square
        variance = mean_square
        if section.centered:
            mean = section.rho * self._slot(path, "mean", g) + (1 - section.rho) * g
            self._slots[path, "mean"] = mean
            variance = mean_square - mean**2
        increment = rate * g / np.sqrt(variance + section.epsilon)
        increment = section.momentum * self._slot(path, "momentum", g) + increment
        self._slots[path, "momentum"] = increment
        return increment
