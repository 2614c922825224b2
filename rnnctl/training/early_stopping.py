"""Early stopping: the best validation loss, when to stop, and the weights to restore."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy.typing as npt

from rnnctl.results.training import Stopping
from rnnctl.schema.training import EarlyStopping


class BestWeights:
    """Monitors the validation loss, decides when to stop, and copies the best weights.

    Args:
        model: The model in training.
        stopping: The section ``training.early_stopping``; None never stops and copies no weights.
        names: Names of ``model.get_weights()``, for checkpoints; None numbers them.
    """

    def __init__(self, model: keras.Model, stopping: EarlyStopping | None, names: Sequence[str] = ()) -> None:
        self.loss: float | None = None
        self.epoch: int | None = None
        self._model = model
        self._stopping = stopping
        self._names = tuple(names)
        self._waited = 0
        self._weights: Mapping[str, npt.NDArray[Any]] | None = None

    def note(self, loss: float, epoch: int) -> bool:
        """Records a validation loss and returns whether it is the best so far."""
        margin = self._stopping.min_delta if self._stopping else 0.0
        # NaN is below nothing, and as the first loss it would never be beaten: it does not count as a best.
        better = math.isfinite(loss) and (self.loss is None or loss < self.loss - margin)
        if better:
            self.loss, self.epoch, self._waited = loss, epoch, 0
            if self._stopping and self._stopping.restore_best_weights:
                weights = self._model.get_weights()
                self._weights = dict(zip(self._names or map(str, range(len(weights))), weights, strict=True))
        else:
            self._waited += 1
        return better

    @property
    def state(self) -> Stopping:
        """The state for snapshots; its arrays are not copied, and never change."""
        return Stopping(self.loss, self.epoch, self._waited, self._weights)

    @state.setter
    def state(self, state: Stopping) -> None:
        self.loss, self.epoch, self._waited = state.loss, state.epoch, state.waited
        weights = state.weights
        # In the model's order, which a file does not preserve.
        self._weights = None if weights is None else {name: weights[name] for name in self._names or weights}

    @property
    def exhausted(self) -> bool:
        """Whether early stopping's patience is used up."""
        return self._stopping is not None and self._waited >= self._stopping.patience

    def restore(self) -> None:
        """Puts the best epoch's weights back, where they were kept."""
        if self._weights is not None:
            self._model.set_weights(list(self._weights.values()))
