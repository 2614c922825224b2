"""Several nets in one model: what is compiled for one of them serves all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import keras
import numpy.typing as npt

from rnnctl.model.weights import assign_weights

T = TypeVar("T")

Weights = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Nets that differ in their weights alone; the mean of what they predict is predicted.

    Attributes:
        model: The model; it has the first net's weights, but while another one's turn lasts.
        nets: The weights of each net, by path.
        chosen: Those of before the nets were trained on the validation rows too, where they were.
    """

    model: keras.Model
    nets: Sequence[Weights]
    chosen: Sequence[Weights] = ()

    def rest(self) -> None:
        """Gives the model the first net's weights."""
        assign_weights(self.model, self.nets[0], "ensemble")

    def each(self) -> Iterator[keras.Model]:
        """The model as each of the nets in turn."""
        try:
            for net in self.nets:
                assign_weights(self.model, net, "ensemble")
                yield self.model
        finally:
            self.rest()

    def side_by_side(self, runs: Sequence[Iterator[T]]) -> Iterator[list[T]]:
        """What each net's own iterator gives next, again and again: all of them, before any goes on.

        Args:
            runs: Of each net, equally long; each asks the model when it is asked itself.
        """
        while found := [part for run, _ in zip(runs, self.each(), strict=True) for part in islice(run, 1)]:
            yield found


def nets_of(model: Any) -> Iterator[keras.Model]:
    """The nets of an ensemble, in turn; of a single model, itself."""
    return model.each() if isinstance(model, Ensemble) else iter((model,))


def as_chosen(model: Any) -> Any:
    """A model, or an ensemble, as it was before it was trained on the validation rows too."""
    return Ensemble(model.model, model.chosen) if isinstance(model, Ensemble) and model.chosen else model


def plain_model(model: Any) -> Any:
    """The model of an ensemble; a single model itself."""
    return model.model if isinstance(model, Ensemble) else model
