"""Early stopping: the best validation loss, when to stop, and the weights to restore."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import keras

from rnnctl.results.training import Stopping
from rnnctl.schema.training import EarlyStopping


@dataclass
class BestWeights:
    """Monitors the validation loss, decides when to stop, and copies the best weights.

    Attributes:
        model: The model in training.
        stopping: The section ``training.early_stopping``; None never stops and copies no weights.
        names: Names of ``model.get_weights()``.
        state: What is known so far; its arrays never change.
    """

    model: keras.Model
    stopping: EarlyStopping | None
    names: Sequence[str]
    state: Stopping = field(default_factory=Stopping)

    def note(self, loss: float, epoch: int) -> bool:
        """Records a validation loss and returns whether it is the best so far."""
        margin, best = self.stopping.min_delta if self.stopping else 0.0, self.state.loss
        # NaN is below nothing, and as the first loss it would never be beaten: it does not count as a best.
        better = math.isfinite(loss) and (best is None or loss < best - margin)
        if better:
            weights = None
            if self.stopping and self.stopping.restore_best_weights:
                weights = dict(zip(self.names, self.model.get_weights(), strict=True))
            self.state = Stopping(loss, epoch, 0, weights)
        else:
            self.state = replace(self.state, waited=self.state.waited + 1)
        return better

    @property
    def exhausted(self) -> bool:
        """Whether early stopping's patience is used up."""
        return self.stopping is not None and self.state.waited >= self.stopping.patience

    def restore(self) -> None:
        """Puts the best epoch's weights back, where they were kept."""
        if self.state.weights is not None:
            self.model.set_weights([self.state.weights[name] for name in self.names])
