"""A handmade examination, so that what shows one is tested without TensorFlow: a network whose gradient vanishes."""

from __future__ import annotations

from dataclasses import replace

from rnnctl.results import (
    Advice,
    ColumnFindings,
    DataFindings,
    Examination,
    GateFindings,
    LayerFindings,
    NoiseFindings,
    SelfCheck,
    Trial,
    VariableFindings,
    Verdict,
)

TIME_STEPS = 40


def series(decay, length=TIME_STEPS, last=0.5):
    """A norm that shrinks by ``decay`` per time step back, the last time step last."""
    return tuple(last * decay ** (length - 1 - step) for step in range(length))


def layer(path="recurrent_0", decay=0.61, **changes):
    """A layer of 32 tanh units under a loss at the last time step."""
    norms = series(decay)
    zeros = (0.0,) * (TIME_STEPS - 1)
    found = LayerFindings(
        path=path,
        cell="simple_rnn",
        units=32,
        activation="tanh",
        time_steps=TIME_STEPS,
        state_gradient_norms={"h": norms},
        immediate_norms=(*zeros, 0.5),
        returned_norms=(*norms[:-1], 0.0),
        decay_per_step=decay,
        decay_fit=0.9981,
        half_life=1.4023,
        reach_steps=10,
        singular_largest=tuple(0.62 + 0.002 * (step % 5) for step in range(TIME_STEPS)),
        singular_smallest=tuple(0.41 - 0.003 * (step % 7) for step in range(TIME_STEPS)),
        lyapunov=(-0.4943, -0.51, -0.56, -0.63),
        memory_steps=2.0231,
        spectral_radius=0.62,
        recurrent_norm=0.63,
        predicted_decay=0.615,
        saturation=0.0,
        mean_derivative=0.97,
        gates={},
        dead_units=0.0,
        effective_rank=11.7,
        loss_placement=(*zeros, 1.0),
        impulse_norms=norms,
        singular_at=tuple(range(1, TIME_STEPS + 1)),
        total_reach_steps=10,
    )
    return replace(found, **changes)


def lstm_layer(path="recurrent_1"):
    """An LSTM layer with gates and two states."""
    return layer(
        path,
        0.93,
        cell="lstm",
        state_gradient_norms={"h": series(0.93), "c": series(0.96)},
        gates={
            "input": GateFindings(0.51, 0.0, 0.0),
            "forget": GateFindings(0.73, 0.0, 0.125),
            "output": GateFindings(0.48, 0.01, 0.0),
        },
        reach_steps=40,
        total_reach_steps=40,
    )


def variable(path="recurrent_0/kernel", shape=(2, 32), **changes):
    """A weight whose gradient is clipped to half."""
    found = VariableFindings(
        path=path,
        shape=shape,
        norm=0.3412,
        clipped_norm=0.1706,
        clipped_share=0.25,
        update_ratio=1.1e-3,
        mean=1e-5,
        std=0.005,
        largest=0.02,
        zeros=0.0,
        signal_to_noise=0.8,
    )
    return replace(found, **changes)


VANISHING = Verdict(
    "vanishing",
    "recurrent_0",
    "the gradient reaches 10 of 40 time steps back",
    (
        "the recurrent kernel shrinks it by 0.61 a time step: spectral radius 0.62 predicts 0.615, measured 0.61 "
        "(fit R² 0.998)",
    ),
    ("saturation (mean φ′ 0.97)", "clipping (25 % of steps)", "data (finite, scaled)"),
    (
        Advice(
            {"model.layers.0.recurrent_initializer": {"kind": "orthogonal", "gain": 1.0}},
            "an orthogonal kernel keeps the gradient's norm",
        ),
        Advice({"model.layers.0.cell": "gru"}, "its update gate carries the state past the nonlinearity"),
    ),
)
HEALTHY = Verdict("healthy", "network", "the gradient reaches all 40 time steps back")
TRIALS = (
    Trial("as it is", {}, 0.61, 10, 0.25, 0.211, 0.41),
    Trial(
        "recurrent_initializer: orthogonal",
        {"model.layers.0.recurrent_initializer": "orthogonal"},
        0.998,
        40,
        0.26,
        0.083,
        0.41,
        best=True,
        reach_after=38,
    ),
    Trial("cell: gru", {"model.layers.0.cell": "gru"}, None, 31, 0.25, float("nan"), 0.92),
)


def examination(**changes):
    """A network whose gradient vanishes, examined after three steps."""
    found = Examination(
        name="vanishing-example",
        state="after 3 steps",
        model="SimpleRNN 32",
        loss=0.2113,
        gradient_norm=0.3833,
        clipped_norm=0.1917,
        verdict="vanishing",
        verdicts=(VANISHING,),
        layers=(layer(),),
        variables=(
            variable(),
            variable("recurrent_0/recurrent_kernel", (32, 32), norm=0.1, update_ratio=None),
            variable("head/bias", (1,), first_non_finite=3, norm=float("nan"), values="[0.4]"),
        ),
        data=DataFindings(
            64,
            (
                ColumnFindings("value", "feature", 0, constant=False, mean=0.5, std=0.29, largest=0.999),
                ColumnFindings("sum", "target", 2, constant=True, mean=1.0, std=0.0, largest=1.0),
            ),
            (-1.0, 1.0),
            0.5,
        ),
        noise=NoiseFindings(64, 210.4, 32),
        self_check=SelfCheck(412, 3.1e-9, "recurrent_0/kernel"),
        history={"recurrent_0/h": tuple(series(decay) for decay in (0.7, 0.66, 0.61))},
        seconds=1.25,
        sequences=64,
        time_steps=TIME_STEPS,
    )
    return replace(found, **changes)
