"""Findings made by hand, healthy but for what a test changes."""

from __future__ import annotations

from dataclasses import replace

from rnnctl.config.schema import Config
from rnnctl.gradients.verdicts import Findings, judge
from rnnctl.results import ColumnFindings, DataFindings, GateFindings, LayerFindings, TrainingFindings, VariableFindings

GATES = {
    "simple_rnn": {},
    "gru": {"update": GateFindings(0.97, 0.0, 0.3), "reset": GateFindings(0.5, 0.0, 0.0)},
    "lstm": {
        "input": GateFindings(0.5, 0.0, 0.0),
        "forget": GateFindings(0.97, 0.0, 0.3),
        "output": GateFindings(0.5, 0.0, 0.0),
    },
}


IN_VAIN = TrainingFindings(400, complete=True, loss=1.0, error=0.1, naive_loss=1.0, moved=2.0)
"""A training to the end that learnt nothing."""


def layer(factor=1.0, time=50, *, path="recurrent_0", cell="simple_rnn", **changes):
    """A layer whose gradient changes by ``factor`` with every time step back from the last."""
    norms = tuple(factor ** (time - 1 - t) for t in range(time))
    below = [place for place, norm in enumerate(norms[::-1]) if not norm > 0.01 * max(norms[time - 1 - place :])]
    reached = below[0] if below else time
    made = LayerFindings(
        path=path,
        cell=cell,
        units=8,
        activation="tanh",
        time_steps=time,
        state_gradient_norms={"h": norms},
        immediate_norms=(0.0,) * (time - 1) + (1.0,),
        returned_norms=(*norms[:-1], 0.0),
        decay_per_step=factor if time > 2 else None,
        decay_fit=1.0 if time > 2 else None,
        half_life=None,
        reach_steps=reached,
        singular_largest=(factor,) * time,
        singular_smallest=(factor,) * time,
        lyapunov=(0.0,),
        memory_steps=None,
        spectral_radius=factor,
        recurrent_norm=factor,
        predicted_decay=factor if time > 2 else None,
        saturation=0.0,
        mean_derivative=0.97,
        gates=GATES[cell],
        dead_units=0.0,
        effective_rank=6.0,
        loss_placement=(0.0,) * (time - 1) + (1.0,),
        impulse_norms=norms,
        total_reach_steps=reached,
    )
    return replace(made, **changes)


def column(name="x", role="feature", **changes):
    """A scaled column."""
    return replace(ColumnFindings(name, role, 0, constant=False, mean=0.0, std=1.0, largest=3.0), **changes)


def variable(path="recurrent_0/kernel", **changes):
    """A weight with a gradient of norm 1."""
    return replace(VariableFindings(path, (8, 8), 1.0, 1.0, 0.0, 1e-3, 0.0, 0.1, 0.5, 0.0), **changes)


def config(cell="simple_rnn", layers=1, **sections):
    """A config of small layers."""
    one = sections.pop("layer", {})
    dummy = {"kind": "dummy", "sequences": 64, "length": 50, "features": 2, "outputs": 2}
    stack = [{"cell": cell, "units": 8, **one}] * layers
    return Config.model_validate({"data": dummy, "model": {"layers": stack}, **sections})


def judged(*layers, where=None, columns=None, noise=None, loss=1.0, variables=None, norm=1.0, **more):
    """The overall word and the verdicts of findings that are healthy but for what is given."""
    known = {name: more.pop(name, None) for name in ("range", "training")}
    made = columns if columns is not None else [column(), column("y", "target")]
    found = Findings(
        where or config(layers[0].cell if layers else "simple_rnn", len(layers) or 1),
        layers=layers or (layer(),),
        variables=tuple(variables or (variable(),)),
        data=DataFindings(64, tuple(made), **{"output_range": None, "targets_outside": 0.0, **more}),
        noise=noise,
        loss=loss,
        gradient_norm=norm,
        **known,
    )
    return judge(found)
