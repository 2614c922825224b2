"""Trained networks in NumPy, for little work: nothing is imported for seconds, and nothing compiled.

States are float64, as in all of `rnnctl.gradients.forward_numpy`: for little work that is fast enough, and it needs no
second set of equations. Outputs are rounded to float32, which is what TensorFlow gives; all that is made of them is
the same for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from rnnctl.cells import CELLS
from rnnctl.cells.activations import ACTIVATIONS, Doubles
from rnnctl.config import Config
from rnnctl.config.model import Model
from rnnctl.data import Sequences, Signature
from rnnctl.data.sequences import Floats, Ints
from rnnctl.engines.network import Network
from rnnctl.gradients.forward_numpy import in_doubles, predict_numpy
from rnnctl.model.shapes import differences, misfit, weight_shapes
from rnnctl.prediction.autoregression import Predict
from rnnctl.runs.trained_run import TrainedRun
from rnnctl.scoring.split_outputs import Mean, Outputs, SplitOutputs

CALL = 2**17
"""Multiply-adds that take as long as one block of a cell takes for a time step of a batch, however small that is."""

PRODUCT = 2**18
"""Multiply-adds of a matrix product from which on it may be split over threads, which a busy machine makes slow."""

ROWS = 16, 256
"""Fewest and most sequences in a batch."""

ELEMENTS = 2**22
"""Most numbers of one kind in a batch, unless it is a single sequence: states, or outputs."""

Weights = Mapping[str, Doubles]


class NumpyNetwork(Network):
    """Nets of one config.

    Args:
        nets: Their weights by path, float64.
        chosen: Those of before they were trained on the validation rows too, where they were.
    """

    def __init__(
        self, model: Model, signature: Signature, nets: Sequence[Weights], chosen: Sequence[Weights] = ()
    ) -> None:
        self._model, self._signature, self._nets, self._chosen = model, signature, nets, chosen

    @classmethod
    def of(cls, run: TrainedRun, signature: Signature) -> Self:
        """See `Network.of`."""
        shapes = weight_shapes(run.config.model, signature)
        expected = {path: ("float32", shape) for path, shape in shapes.items()}

        def weights(net: TrainedRun) -> Weights:
            arrays = net.weights_of(shapes)
            if faults := differences(expected, arrays):
                raise misfit(str(net.path), faults)
            return in_doubles(arrays)

        chosen, refits = [weights(net) for net in (run, *run.members)], [weights(net) for net in run.refits]
        return cls(run.config.model, signature, refits or chosen, chosen if refits else ())

    @classmethod
    def holding(cls, config: Config, signature: Signature, model: Any) -> Self:
        """See `Network.holding`; its weights are copied."""
        from rnnctl.model.ensemble import as_chosen, nets_of
        from rnnctl.model.weights import weight_arrays

        now, before = ([in_doubles(weight_arrays(net)) for net in nets_of(one)] for one in (model, as_chosen(model)))
        return cls(config.model, signature, now, before)

    def over(self, sequences: Sequences, mean: Mean) -> SplitOutputs:
        """See `Network.over`."""
        return _NumpyOutputs(self, sequences, mean if len(self._nets) > 1 else None)

    def each(self) -> Iterator[Predict]:
        """See `Network.each`."""
        return (self._predict(net) for net in self._nets)

    def as_chosen(self) -> Self:
        """See `Network.as_chosen`."""
        return type(self)(self._model, self._signature, self._chosen or self._nets)

    def _predict(self, net: Weights) -> Predict:
        def predict(inputs: Floats, lengths: Ints) -> npt.NDArray[np.floating]:
            mask = np.arange(inputs.shape[1]) < lengths[:, None] if self._signature.masked else None
            size = rows_of_a_batch(self._model, self._signature, inputs.shape[1])
            parts = [slice(at, at + size) for at in range(0, len(inputs), size)]
            found = [self._answer(net, inputs[part], None if mask is None else mask[part]) for part in parts]
            outputs = np.concatenate(found)
            return outputs[np.arange(len(outputs)), lengths - 1] if outputs.ndim == 3 else outputs

        return predict

    def _answer(self, net: Weights, inputs: Floats, mask: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.float32]:
        found = predict_numpy(self._model, net, inputs, mask, self._signature)
        with np.errstate(over="ignore", invalid="ignore"):
            return found.astype(np.float32)


class _NumpyOutputs(SplitOutputs):
    """A split, batch after batch of sequences of about one length, the longest first."""

    def __init__(self, network: NumpyNetwork, sequences: Sequences, mean: Mean | None) -> None:
        super().__init__(sequences, network._signature.outputs, mean, per_step=network._model.return_sequences)
        self._network = network

    def parts(self) -> Iterator[Outputs]:
        """See `SplitOutputs.parts`."""
        network, lengths = self._network, self.sequences.lengths
        order, done = np.argsort(-lengths, kind="stable"), 0
        while done < len(order):
            size = rows_of_a_batch(network._model, network._signature, int(lengths[order[done]]))
            indices = order[done : done + size]
            batch = self.sequences.gather(indices)
            each = [network._answer(net, batch.inputs, batch.mask) for net in network._nets]
            shape = batch.inputs.shape[:2] if network._model.return_sequences else len(indices)
            valid = batch.mask if network._model.return_sequences and batch.mask is not None else np.ones(shape, bool)
            yield Outputs(indices, 0, each[0] if self._mean is None else np.stack(each), valid)
            done += len(indices)


def rows_of_a_batch(model: Model, signature: Signature, time_steps: int) -> int:
    """Sequences of so many time steps that are run side by side."""
    widths = [signature.features, *(layer.width for layer in model.layers)]
    largest = max(max(before, layer.units) * layer.units for before, layer in zip(widths, model.layers, strict=False))
    outputs = signature.outputs * (time_steps if model.return_sequences else 1)
    most = ELEMENTS // max(time_steps * max(widths), outputs, 1)
    return max(1, min(most, int(np.clip(PRODUCT // largest, *ROWS))))


def multiply_adds(model: Model, signature: Signature, lengths: Ints) -> float:
    """The work of one net that NumPy runs over sequences of such lengths, in multiply-adds.

    What else takes time is counted as the multiply-adds that take as long: activations, and NumPy's own calls.
    """
    shapes = weight_shapes(model, signature)

    def elements(of: str) -> int:
        return sum(prod(shape) for path, shape in shapes.items() if path.startswith(of))

    each_step, calls = elements("recurrent_"), 0
    for layer in model.layers:
        blocks = CELLS[layer.cell].blocks
        named: Any = {layer.activation, getattr(layer, "recurrent_activation", layer.activation)}
        each_step += layer.width * blocks * max(ACTIVATIONS[name].cost for name in named)
        calls += layer.directions * blocks
    steps, rows = int(lengths.sum()), rows_of_a_batch(model, signature, int(lengths.max(initial=1)))
    longest = np.sort(lengths)[::-1][::rows].sum()  # time steps of all batches
    heads = steps if model.return_sequences else len(lengths)
    return float(steps * each_step + heads * elements("head/") + int(longest) * calls * CALL)
