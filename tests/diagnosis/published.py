"""What the published rules of others say of the same trainings: a few lines each, with their own thresholds.

A rule names a sign, and seldom a cause. Each sign stands for all causes that it can be taken for, so that a rule is
right wherever one of them is. What a tool would look at first stands first.

* SageMaker Debugger: docs.aws.amazon.com/sagemaker, "List of Debugger built-in rules", with their defaults.
* AUTOTRAINER: Zhang, Zhai, Ma, Shen, ICSE 2021, with the parameters of its source. Where it takes an accuracy, which
  regressions do not have, it gets 1 − loss / loss of a constant answer.
* UMLAUT: Schoop, Huang, Hartmann, CHI 2021, with the limits of its source.
* DeepLocalize: Wardat, Le, Rajan, ICSE 2021: what is NaN, infinite or zero at each step, and whether the model learns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from verdicts.published import autotrainer, sagemaker

BLOWN = ("exploding", "learning rate too high", "exploding activation", "clipping missing", "inputs unscaled")
STUCK = ("learning rate too low", "learning rate too high")
OSCILLATES = ("learning rate too high", "batch too small")


@dataclass(frozen=True, eq=False)
class Seen:
    """What rules see of a training as it is.

    Attributes:
        losses: By step.
        epochs: Mean training loss by epoch.
        validations: Validation loss by epoch; empty where there are no validation rows.
        naive: Loss of a constant answer.
        rate: The config's largest learning rate.
        gradients: By path, at the initial and at the last weights.
        weights: By path, at the initial and at the last weights.
        states: By state, ``[batch, time, units]``, at the initial and at the last weights, of the same batch.
        activations: By layer, the activation of its state and whether it has gates.
        update_ratios: ‖Δw‖ / ‖w‖ of every weight and step that was measured.
        inputs: Smallest and largest value of a batch.
        shares: Of the classes; empty of numbers.
        head: Whether there is one.
        dropout: The largest of any layer.
        accuracy: On validation rows, of classes; None of numbers.
    """

    losses: np.ndarray
    epochs: np.ndarray
    validations: np.ndarray
    naive: float
    rate: float
    gradients: tuple[dict, dict]
    weights: tuple[dict, dict]
    states: tuple[dict, dict]
    activations: dict
    update_ratios: np.ndarray
    inputs: tuple[float, float]
    shares: np.ndarray
    head: bool
    dropout: float
    accuracy: float | None

    @property
    def broken(self):
        """Whether the loss is NaN or infinite at some step."""
        return not np.isfinite(self.losses).all()


def _finite(arrays):
    return all(np.isfinite(one).all() for one in arrays.values())


def _units(seen, wanted, beyond):
    """Largest share of a layer's units that are beyond a limit at 99 % of what the layer sees, by activation."""
    shares = [0.0]
    for path, states in seen.states[1].items():
        activation, gated = seen.activations[path.split("/")[0]]
        if activation in wanted and not gated:  # a gated cell's activation is inside of what a tool sees
            shares.append(float((beyond(states).mean(axis=(0, 1)) > 0.99).mean()))
    return max(shares)


def sagemaker_rules(seen):
    """ExplodingTensor and VanishingGradient as in `verdicts.published`; the others as documented."""
    words = {sagemaker(gradients) for gradients in seen.gradients}
    if "exploding" in words or seen.broken:
        yield BLOWN
    if "vanishing" in words:
        yield ("vanishing",)
    kernels = {path: np.var(value) for path, value in seen.weights[0].items() if path.endswith("kernel")}
    if any(value == 0 for value in kernels.values()):  # AllZero: a tensor that is zero
        yield ("initial weights",)
    # PoorWeightInitialization: variances a factor of 10 apart, or gradients within 0.001; and no fall within 10 steps.
    apart = max(kernels.values()) > 10 * min(kernels.values())
    ranges = [float(np.ptp(np.nanpercentile(value, (5, 95)))) for value in seen.gradients[0].values()]
    if (apart or min(ranges) < 1e-3) and np.nanmin(seen.losses[5:10], initial=np.inf) >= np.nanmin(seen.losses[:5]):
        yield ("initial weights",)
    if _units(seen, ("relu",), lambda state: state <= 0) > 0.5:  # DeadRelu
        yield ("dead units",)
    if _units(seen, ("tanh", "sigmoid"), lambda state: np.abs(state) > np.tanh(9.4999)) > 0.5:  # SaturatedActivation
        yield ("saturated",)
    if seen.shares.size and seen.shares.max() > 10 * seen.shares.min():
        yield ("class imbalance",)
    ratios = seen.update_ratios[np.isfinite(seen.update_ratios)]
    if ratios.size and ratios.min() < 1e-8:  # WeightUpdateRatio: below 1e-8, above 10
        yield ("learning rate too low", "clipping too tight", "schedule ends early", "warm-up too long")
    if ratios.size and ratios.max() > 10:
        yield ("learning rate too high",)
    if seen.losses[-10:].mean() > 0.999 * seen.losses[:10].mean():  # LossNotDecreasing: 0.1 % over ten steps
        yield STUCK
    if seen.validations.size and seen.validations[-1] > 1.1 * seen.epochs[-1]:  # Overfit
        yield ("overfitting",)


def autotrainer_rules(seen):
    """As its ``determine``: gradients are looked at where the accuracy stays below 0.6 or never rises by 0.01."""
    if seen.broken or not all(map(_finite, (*seen.gradients, *seen.weights))):
        yield BLOWN
        return
    reached = [np.clip(1 - one / seen.naive, 0, 1) for one in (seen.epochs, seen.validations) if one.size]
    slow = all(np.diff(one).max(initial=0) < 0.01 for one in reached)
    if slow or any(one.max() < 0.6 for one in reached):
        words = {autotrainer(gradients) for gradients in seen.gradients}
        if max(np.mean([(one == 0).mean() for one in gradients.values()]) for gradients in seen.gradients) >= 0.7:
            yield ("dead units",)
        elif "exploding" in words:
            yield BLOWN
        elif "vanishing" in words:
            yield ("vanishing",)
        elif slow:
            yield ("learning rate too low",)
    elif _oscillates(reached[0]):
        yield OSCILLATES


def _oscillates(accuracy):
    """Peaks 0.03 above the valleys, a fifth as many as epochs."""
    middle, before, after = accuracy[1:-1], accuracy[:-2], accuracy[2:]
    peaks = middle[(middle >= before) & (middle >= after)]
    valleys = middle[(middle <= before) & (middle <= after)]
    count = min(len(peaks), len(valleys))
    return int((peaks[:count] - valleys[:count] >= 0.03).sum()) >= 0.2 * len(accuracy)


def umlaut_rules(seen):
    """In the order of its checks of an epoch."""
    if seen.inputs[0] < -1 or seen.inputs[1] > 1:
        yield ("inputs unscaled",)
    if seen.broken:
        yield BLOWN
    if seen.shares.size and not seen.head:  # no softmax before the loss
        yield ("output out of range",)
    if any(activation == "linear" for activation, _ in seen.activations.values()):  # missing activation functions
        yield ("exploding activation", "exploding")
    if seen.rate > 0.01:
        yield ("learning rate too high",)
    if seen.rate < 1e-7:
        yield ("learning rate too low",)
    if seen.dropout > 0.5:
        yield ("dropout too strong",)
    if len(seen.validations) > 1 and seen.validations[-1] > seen.validations[-2] and seen.epochs[-1] <= seen.epochs[-2]:
        yield ("overfitting",)
    if seen.accuracy is not None and seen.accuracy > 0.95:
        yield ("leaking feature",)


def deeplocalize_rules(seen):
    """In the order of its checks of a step: output of the layers, loss, weights, gradients; then whether it learns."""
    if not all(map(_finite, (*seen.states, *seen.weights, *seen.gradients))) or seen.broken:
        yield BLOWN
        return
    if any(not state.any() for states in seen.states for state in states.values()):
        yield ("dead units", "initial weights")
    if any(not gradient.any() for gradients in seen.gradients for gradient in gradients.values()):
        yield ("vanishing", "dead units", "initial weights")
    if seen.epochs[-1] >= seen.epochs[0] and len(seen.epochs) > 1:
        yield STUCK


RULES = {
    "SageMaker Debugger": sagemaker_rules,
    "AUTOTRAINER": autotrainer_rules,
    "UMLAUT": umlaut_rules,
    "DeepLocalize": deeplocalize_rules,
}
"""By name, what yields the words of each sign that is found, the first one first."""
