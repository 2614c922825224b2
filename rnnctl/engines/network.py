"""A trained network, whatever computes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.data import Dataset, Sequences, Signature
from rnnctl.data.sequences import Ints
from rnnctl.prediction.autoregression import Predict
from rnnctl.runs.trained_run import TrainedRun
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.split_outputs import Mean, Outputs, SplitOutputs
from rnnctl.scoring.units import mean_outputs, spread_outputs

OfNets = Callable[[npt.NDArray[np.floating], Dataset, Ints], npt.NDArray[np.float64]]
"""What is taken of several nets' outputs; see `mean_outputs`."""


class Network(ABC):
    """The trained net of a run, or all of its nets, of which the mean is predicted."""

    @classmethod
    @abstractmethod
    def of(cls, run: TrainedRun, signature: Signature) -> Self:
        """The network of a run, for data that it was not trained on.

        Args:
            signature: Of the data, prepared like the run's.

        Raises:
            RunError: The weights do not fit the config.
        """

    @classmethod
    @abstractmethod
    def holding(cls, config: Config, signature: Signature, model: Any) -> Self:
        """The network of a ``keras.Model`` or an ``Ensemble``.

        Args:
            signature: Of the data that it was built for.
        """

    @abstractmethod
    def over(self, sequences: Sequences, mean: Mean) -> SplitOutputs:
        """Its outputs for a split.

        Args:
            mean: Of several nets' outputs.
        """

    @abstractmethod
    def each(self) -> Iterator[Predict]:
        """Each net in turn, as what it says after the last time step of sequences that grow."""

    @abstractmethod
    def as_chosen(self) -> Self:
        """The network as it was before it was trained on the validation rows too."""

    def said(self, dataset: Dataset, sequences: Sequences) -> npt.NDArray[np.floating] | Classified:
        """Its predictions for a split, in the form that scores are computed from.

        Returns:
            The outputs (``SplitOutputs.predict``), or of classes, of which there may be many, what scores need of them
            (``SplitOutputs.classify``).
        """
        if dataset.target_kind == "category":
            return self._averaged(dataset, sequences).classify()
        return self.outputs(dataset, sequences)

    def outputs(self, dataset: Dataset, sequences: Sequences) -> npt.NDArray[np.floating]:
        """The same, of classes too the outputs."""
        return self._averaged(dataset, sequences).predict()

    def spread(self, dataset: Dataset, sequences: Sequences) -> npt.NDArray[np.floating]:
        """The standard deviation of several nets' outputs, of numbers in the data's own units."""
        return self._averaged(dataset, sequences, spread_outputs).predict()

    def _averaged(self, dataset: Dataset, sequences: Sequences, of_nets: OfNets = mean_outputs) -> SplitOutputs:
        def mean(outputs: npt.NDArray[np.floating], part: Outputs) -> npt.NDArray[np.float64]:
            begin = sequences.starts[part.indices]
            rows = sequences.last_rows()[part.indices]
            if outputs.ndim == 4:  # at each time step; at padded ones what it is does not matter
                rows = np.minimum((begin + part.first)[:, None] + np.arange(outputs.shape[2]), rows[:, None])
            return of_nets(outputs, dataset, rows)

        return self.over(sequences, mean)
