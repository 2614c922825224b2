"""Small networks whose weights and data are set by hand, so that what holds of their gradients is known beforehand."""

from __future__ import annotations

import numpy as np

from rnnctl.config.schema import Config
from rnnctl.data import Batch
from rnnctl.training.build import build

UNITS = 12


class Network:
    """A config, its model and data, open to surgery.

    Args:
        seed: Of weights, data and surgery.
        time: Time steps.
        cell: Of every layer.
        layers: How many.
        layer: More keys of every layer.
        data: More keys of the data section.
        sections: More sections of the config.
    """

    def __init__(
        self,
        seed,
        time,
        cell="simple_rnn",
        *,
        layers=1,
        many=False,
        head="dense",
        layer=None,
        data=None,
        steps=0,
        batch_size=16,
        optimizer=None,
    ):
        outputs = 2 if head == "dense" else UNITS
        kind = {"kind": "dummy", "length": time, "features": 3, "outputs": outputs}
        chosen = {"sequences": 16} | (kind if "kind" not in (data or {}) else {}) | (data or {})
        stack = [{"cell": cell, "units": UNITS, **(layer or {})}] * layers
        self.config = Config.model_validate(
            {
                "seed": seed,
                "data": chosen,
                "model": {"layers": stack, "head": head, "return_sequences": many},
                "optimizer": optimizer or {"kind": "sgd", "learning_rate": 0.01},
                "training": {"batch_size": batch_size, "steps": 100},
            }
        )
        self.random = np.random.default_rng([seed, time])
        self.time, self.steps, self.sequences = time, steps, None
        self.batch: Batch | None = None
        self.built = build(self.config)

    @property
    def inputs(self):
        """The table of inputs, to be changed in place."""
        return self.built.dataset.train.values

    @property
    def targets(self):
        """The table of targets, to be changed in place."""
        return self.built.dataset.train.targets

    def edit(self, ending, change):
        """Replaces every weight whose path ends so by ``change(weight)``."""
        from rnnctl.model.weights import weight_paths

        hits = 0
        for path, variable in zip(weight_paths(self.built.model), self.built.model.trainable_variables, strict=True):
            if f"/{path}".endswith(f"/{ending}"):
                variable.assign(np.asarray(change(np.asarray(variable).copy()), np.float32))
                hits += 1
        assert hits, f"no weight is called {ending}"
        return self

    def quiet(self, factor=0.02):
        """Inputs so small that tanh is a straight line."""
        for number in range(len(self.config.model.layers)):
            bidirectional = self.config.model.layers[number].bidirectional
            for side in ("forward/", "backward/") if bidirectional else ("",):
                scale = factor if number == 0 else 0.5
                self.edit(f"recurrent_{number}/{side}kernel", lambda w, scale=scale: scale * w)
        return self

    def orthogonal(self, gain):
        """A recurrent kernel that changes every gradient's norm by exactly this factor."""
        return self.edit("recurrent_kernel", lambda w: gain * rotation(self.random, len(w)))

    def gaussian(self, radius):
        """A random recurrent kernel of this spectral radius, whose norm is larger."""

        def scaled(w):
            drawn = self.random.normal(size=w.shape)
            return radius * drawn / np.abs(np.linalg.eigvals(drawn)).max()

        return self.edit("recurrent_kernel", scaled)

    def gate(self, position, bias, *, detached=True):
        """Sets a gate's bias (Keras' order), and cuts the gate off from inputs and state."""

        def columns(w):
            w = w.copy()
            w[..., position * UNITS : (position + 1) * UNITS] = 0.0
            return w

        def biased(w):
            w = w.copy()
            rows = w if w.ndim == 1 else w[0]
            rows[position * UNITS : (position + 1) * UNITS] = bias
            return w

        if detached:
            self.edit("recurrent_0/kernel", columns)
            self.edit("recurrent_kernel", columns)
        return self.edit("recurrent_0/bias", biased)

    def orthogonal_gru(self, gain):
        """Each gate's recurrent kernel an orthogonal matrix times the gain."""
        return self.edit("recurrent_kernel", lambda w: gain * np.hstack([rotation(self.random, len(w)) for _ in "zrn"]))

    def orthogonal_if_simple(self):
        """An orthogonal kernel where there are no gates."""
        return self.orthogonal(1.0) if self.config.model.layers[0].cell == "simple_rnn" else self

    def growing_lstm(self):
        """Gates fixed open, and a candidate that feeds h back: c grows by 1 + 0.3 with every time step."""
        self.edit("recurrent_0/kernel", lambda w: 1e-3 * w)
        for position in (0, 1, 3):
            self.gate(position, 8.0)
        feedback = np.zeros((UNITS, 4 * UNITS))
        feedback[:, 2 * UNITS : 3 * UNITS] = 0.3 * np.eye(UNITS)
        return self.edit("recurrent_kernel", lambda w: feedback)

    def absolute_inputs(self):
        """Inputs above zero."""
        np.abs(self.inputs, out=self.inputs)
        return self

    def head(self, factor):
        """Scales the head, and every gradient with it."""
        return self.edit("head/kernel", lambda w: factor * w)

    def tails(self, shortest):
        """Masks the ends of the sequences: lengths from ``shortest`` to all time steps."""
        whole = self.built.dataset.train.gather(np.arange(16))
        lengths = np.linspace(shortest, self.time, 16).round().astype(int)
        mask = np.arange(self.time) < lengths[:, None]
        self.batch = Batch(whole.inputs * mask[..., None], whole.targets, mask)
        return self

    def examine(self):
        """The examination, without what only costs time."""
        from rnnctl.workflows.examine import examine

        return examine(
            self.built,
            batch=self.batch,
            steps=self.steps,
            sequences=self.sequences,
            self_check=False,
        )


def rotation(random, size):
    """A random orthogonal matrix."""
    return np.linalg.qr(random.normal(size=(size, size)))[0]
