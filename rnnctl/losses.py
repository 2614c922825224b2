"""The table of losses: config keys, Keras' function and NumPy's, and the targets that each is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from rnnctl.schema.base import OneOf, PositiveFloat, Section, ShortForm
from rnnctl.util.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Doubles = npt.NDArray[np.float64]


class LossBase(Section):
    """What every loss has: its word in the table."""

    kind: str

    @property
    def levels(self) -> tuple[float, ...]:
        """Levels of the quantiles that are predicted of each target value, ascending; empty where one value is."""
        return ()


class PlainLoss(LossBase):
    """Mean squared or mean absolute error."""

    kind: Literal["mse", "mae"]


class HuberLoss(LossBase):
    """Squared near zero, absolute beyond ``delta`` (Huber 1964)."""

    kind: Literal["huber"]
    delta: PositiveFloat = 1.0
    """Error at which the loss turns from squared to absolute."""


def _ascend(levels: tuple[float, ...]) -> tuple[float, ...]:
    wrong = next((pair for pair in pairwise(levels) if pair[0] >= pair[1]), None)
    if wrong is not None:
        why = f"that holds {wrong[0]} twice" if wrong[0] == wrong[1] else f"that has {wrong[1]} after {wrong[0]}"
        raise ValueError(f"{why}; each level once, ascending: write {sorted(set(levels))}")
    return levels


Level = Annotated[float, Field(gt=0, lt=1)]
"""Level of a quantile: the share of values below it."""


class QuantileLoss(LossBase):
    """Pinball loss: quantiles of each target value are predicted, which never cross (Koenker & Bassett 1978)."""

    kind: Literal["quantile"]
    quantiles: Annotated[tuple[Level, ...], Field(strict=False, min_length=1), AfterValidator(_ascend)] = (
        0.05,
        0.5,
        0.95,
    )
    """Their levels, between 0 and 1, ascending; the one nearest to 0.5 is the point forecast."""

    @property
    def levels(self) -> tuple[float, ...]:
        """Levels of the quantiles."""
        return self.quantiles


class CrossEntropy(LossBase):
    """Binary cross-entropy for targets that are yes or no, categorical cross-entropy for tokens; in nats."""

    kind: Literal["binary_crossentropy", "categorical_crossentropy"]


@dataclass(frozen=True)
class Loss:
    """A loss.

    Attributes:
        section: Its keys in the config; but for ``kind`` they are arguments of ``keras``.
        keras: Where its function is, ``module:function``: from targets and predictions ``[batch, …, outputs]`` (of
            quantiles all values of one level after those of another) to the mean over the outputs, ``[batch, …]``.
        value: The same in float64 NumPy before that mean, ``[batch, …, outputs]``, from the section, predictions,
            targets and logits (the inputs of the head's softmax or sigmoid).
        targets: The kind of targets that it is for: ``number``, ``boolean`` or ``category``.
        degree: Power of the error that it grows with where errors are large.
    """

    word: str
    section: type[LossBase]
    keras: str
    value: Callable[[Any, Doubles, Doubles, Doubles], Doubles]
    targets: str = "number"
    degree: int = 1


def _squared(_: LossBase, predictions: Doubles, targets: Doubles, __: Doubles) -> Doubles:
    return (predictions - targets) ** 2


def _absolute(_: LossBase, predictions: Doubles, targets: Doubles, __: Doubles) -> Doubles:
    return abs(predictions - targets)


def _huber(section: HuberLoss, predictions: Doubles, targets: Doubles, _: Doubles) -> Doubles:
    import numpy as np

    errors = predictions - targets
    sizes = np.abs(errors)
    return np.where(sizes <= section.delta, 0.5 * errors**2, section.delta * (sizes - 0.5 * section.delta))


def pinball(truth: Doubles, quantile: Doubles, level: Doubles | float) -> Doubles:
    """The pinball loss max(q (y − ŷ), (q − 1) (y − ŷ)) of a quantile ŷ of level q where y came true, value by value."""
    import numpy as np

    error = truth - quantile
    return np.asarray(np.maximum(level * error, (level - 1) * error))


def _quantile(section: QuantileLoss, predictions: Doubles, targets: Doubles, _: Doubles) -> Doubles:
    """The mean of its levels' pinball losses."""
    import numpy as np

    levels = np.array(section.quantiles)[:, None]
    apart = predictions.reshape(*targets.shape[:-1], len(levels), targets.shape[-1])
    return np.asarray(pinball(targets[..., None, :], apart, levels).mean(axis=-2))


def _binary(_: CrossEntropy, __: Doubles, targets: Doubles, logits: Doubles) -> Doubles:
    """max(y, 0) − y k + ln(1 + exp(−|y|)) of the logit y and the class k, 0 or 1."""
    import numpy as np

    return np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))


def _categorical(_: CrossEntropy, __: Doubles, targets: Doubles, logits: Doubles) -> Doubles:
    """Ln Σ exp(y) − y_k of the logits y and the class k, ``[batch, …, 1]``."""
    import numpy as np

    largest = logits.max(axis=-1, keepdims=True)
    normal = largest + np.log(np.exp(logits - largest).sum(axis=-1, keepdims=True))
    return np.asarray(normal - np.take_along_axis(logits, targets.astype(np.int64), axis=-1))


LOSSES: Registry[Loss] = Registry(
    "loss",
    [
        Loss("mse", PlainLoss, "keras.losses:mean_squared_error", _squared, degree=2),
        Loss("mae", PlainLoss, "keras.losses:mean_absolute_error", _absolute),
        Loss("huber", HuberLoss, "keras.losses:huber", _huber),
        Loss("quantile", QuantileLoss, "rnnctl.model.losses:quantile", _quantile),
        Loss(
            "binary_crossentropy", CrossEntropy, "rnnctl.model.losses:binary_crossentropy", _binary, targets="boolean"
        ),
        Loss(
            "categorical_crossentropy",
            CrossEntropy,
            "rnnctl.model.losses:categorical_crossentropy",
            _categorical,
            targets="category",
        ),
    ],
)

AnyLoss = Annotated[LossBase, OneOf(LOSSES), ShortForm()]
"""A loss's section of the config, chosen by the word ``kind``."""


def losses_for(targets: str) -> list[str]:
    """Words of the losses for a kind of targets: ``number``, ``boolean`` or ``category``; the default first."""
    return [loss.word for loss in LOSSES.values() if loss.targets == targets]
