"""Trained networks as ``keras.Model``s, for much work. TensorFlow is imported when one is made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from rnnctl import backend
from rnnctl.config import Config
from rnnctl.data import Sequences, Signature
from rnnctl.engines.network import Network
from rnnctl.prediction.autoregression import Predict
from rnnctl.runs.trained_run import TrainedRun
from rnnctl.scoring.split_outputs import Mean, SplitOutputs

if TYPE_CHECKING:
    from rnnctl.model.ensemble import Ensemble
    from rnnctl.training.predictor import Predictor


class KerasNetwork(Network):
    """A ``keras.Model`` or an ensemble, its weights as they are at every call."""

    def __init__(self, config: Config, model: Any | Ensemble) -> None:
        self.model, self._config = model, config

    @classmethod
    def of(cls, run: TrainedRun, signature: Signature) -> Self:
        """See `Network.of`."""
        backend.start(deterministic=run.config.training.deterministic)
        from rnnctl.model.build import build_model
        from rnnctl.model.ensemble import Ensemble
        from rnnctl.model.weights import weight_arrays

        model = build_model(run.config, signature)

        def weights(net: TrainedRun) -> Any:
            restore_weights(model, net)
            return weight_arrays(model)

        chosen = [weights(net) for net in (run, *run.members)]
        if not run.members and not run.refits:
            return cls(run.config, model)
        nets = [weights(net) for net in run.refits]
        ensemble = Ensemble(model, nets, chosen) if nets else Ensemble(model, chosen)
        ensemble.rest()
        return cls(run.config, ensemble)

    @classmethod
    def holding(cls, config: Config, signature: Signature, model: Any) -> Self:
        """See `Network.holding`."""
        del signature
        return cls(config, model)

    def over(self, sequences: Sequences, mean: Mean) -> SplitOutputs:
        """See `Network.over`."""
        from rnnctl.model.losses import build_loss
        from rnnctl.training.evaluate import Evaluator

        return Evaluator(self.model, build_loss(self._config.loss), sequences, mean=mean)

    @cached_property
    def _predictor(self) -> Predictor:
        from rnnctl.model.ensemble import plain_model
        from rnnctl.training.predictor import Predictor

        return Predictor(plain_model(self.model))

    def each(self) -> Iterator[Predict]:
        """See `Network.each`."""
        from rnnctl.model.ensemble import nets_of

        return (self._predictor for _ in nets_of(self.model))

    def as_chosen(self) -> Self:
        """See `Network.as_chosen`."""
        from rnnctl.model.ensemble import as_chosen

        return type(self)(self._config, as_chosen(self.model))


def restore_weights(model: Any, run: TrainedRun) -> None:
    """Assigns a run's weights to a ``keras.Model`` of its config; other variables of a checkpoint are ignored.

    Raises:
        RunError: The weights do not fit the model.
    """
    from rnnctl.model.weights import assign_weights, weight_paths

    assign_weights(model, run.weights_of(weight_paths(model)), str(run.path))
